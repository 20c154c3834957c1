"""Write transcripts of how endpoints are tried, which the page's own ladder must repeat.

Python makes them, tests in both languages replay them: tests/protocol/test_ladder.py and
web/test/protocol/ladder.test.ts. A case: `rungs` ([endpoint, host, TLS name, port, by proxy]),
`worked` and `demoted` (indices), `careful`, `steps`, and in `out` one entry a step and a last one:
  choose now urgency in_use      → [rung, wait, answer, rest]
  hello rung now                 → null
  failed rung now failure        → null
  opened rung took               → null
  ended rung now lived is_mute   → null
  pause urgency dice             → seconds
  (the end)                      → [worked, demoted, failures]

Usage: tools/ladder_transcripts.py [--check]
"""

from __future__ import annotations

import json
import random
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hamseda.protocol.ladder import Failure, Hellos, Ladder, Rung, Urgency

TARGET = Path(__file__).resolve().parent.parent / "tests" / "data" / "ladder_transcripts.json"

Step = list[Any]
Network = Callable[[Rung, float], str]

HOME = (0, "home.example", "", 443, False)
PORT = (1, "home.example", "", 8443, False)
FRONT = (2, "front.example", "", 443, False)
BARE = (3, "203.0.113.5", "", 443, False)
MASKED = (4, "203.0.113.6", "www.example.org", 443, False)
SIX = (5, "2001:db8::7", "", 443, False)
PROXIED = (0, "home.example", "", 443, True)
ALL = (HOME, PORT, FRONT, BARE, MASKED, SIX)


def replay(case: dict[str, Any]) -> list[Any]:
    """Give what comes of the steps of a case."""
    rungs = [Rung(*rung) for rung in case["rungs"]]
    ladder = Ladder(rungs, Hellos(), case["worked"], case["demoted"])
    ladder.is_careful = case["careful"]
    out = [_take(ladder, step) for step in case["steps"]]
    failures = [failure and failure.value for failure in ladder.failures]
    out.append([list(ladder.worked), list(ladder.demoted), failures])
    return out


def _take(ladder: Ladder, step: Step) -> Any:
    match step:
        case ["choose", now, urgency, in_use]:
            attempt = ladder.choose(now, Urgency(urgency), in_use)
            seconds = (attempt.wait, attempt.answer, attempt.rest)
            return [attempt.rung, *(round(each, 6) for each in seconds)]
        case ["hello", rung, now]:
            ladder.said_hello(rung, now)
        case ["failed", rung, now, failure]:
            ladder.failed(rung, now, Failure(failure))
        case ["opened", rung, took]:
            ladder.opened(rung, took)
        case ["ended", rung, now, lived, is_mute]:
            ladder.ended(rung, now, lived, is_mute=is_mute)
        case ["pause", urgency, dice]:
            return round(ladder.pause(Urgency(urgency), dice), 6)
        case _:
            raise ValueError(step)
    return None


def story(  # noqa: PLR0913 - a story has many turns
    what: str,
    rungs: tuple[tuple[Any, ...], ...],
    network: Network,
    *,
    urgency: str = "somebody",
    known: tuple[tuple[int, ...], tuple[int, ...]] = ((), ()),
    attempts: int = 12,
    in_use: tuple[int, ...] = (),
    lives: float = 300.0,
    is_careful: bool = False,
) -> dict[str, Any]:
    """Live through some attempts on a network that answers each with a word.

    The words: a failure's name, `open` (the line lives `lives` seconds and ends) or `mute`.
    `known`: what worked and what is demoted.
    """
    worked, demoted = known
    steps: list[Step] = []
    case: dict[str, Any] = {
        "what": what,
        "rungs": [list(rung) for rung in rungs],
        "worked": list(worked),
        "demoted": list(demoted),
        "careful": is_careful,
        "steps": steps,
    }
    ladder = Ladder([Rung(*rung) for rung in rungs], Hellos(), worked, demoted)
    ladder.is_careful = is_careful
    rng = random.Random(what)  # noqa: S311 - repeatable on purpose
    now = 1000.0

    def step(*entries: Any) -> Any:
        steps.append(list(entries))
        return _take(ladder, list(entries))

    for _ in range(attempts):
        steps.append(["choose", now, urgency, list(in_use)])
        attempt = ladder.choose(now, Urgency(urgency), in_use)
        rung = attempt.rung
        now = round(now + attempt.wait, 3)
        word = network(ladder.rungs[rung], now)
        silent = attempt.answer / 4 + attempt.rest
        took = {"unanswered": attempt.answer, "silent": silent, "refused": 0.1}.get(word, 0.4)
        now = round(now + took, 3)
        if word != "unanswered":
            step("hello", rung, now)
        if word in ("open", "mute"):
            step("opened", rung, took)
            now = round(now + lives, 3)
            step("ended", rung, now, lives, word == "mute")
        else:
            step("failed", rung, now, word)
        now = round(now + step("pause", urgency, round(rng.random(), 3)), 3)
    case["out"] = replay(case)
    return case


def _names(*hosts: str) -> Network:
    return lambda rung, _now: "silent" if rung.host in hosts else "open"


def cases() -> list[dict[str, Any]]:
    """Tell of networks that block in different ways, and of none."""
    rng = random.Random(7)  # noqa: S311 - repeatable on purpose
    words = ["unanswered", "silent", "refused", "open", "mute"]

    def anything(_rung: Rung, _now: float) -> str:
        return rng.choice(words)

    def always(word: str) -> Network:
        return lambda _rung, _now: word

    def no_way_but_the_proxy(rung: Rung, _now: float) -> str:
        return "open" if rung.by_proxy else "unanswered"

    return [
        story("nothing is blocked", ALL, always("open")),
        story("nothing answers", ALL, always("unanswered"), attempts=30),
        story("nothing answers, in a call", ALL, always("unanswered"), urgency="call"),
        story(
            "one endpoint, nothing answers, in a call",
            (HOME,),
            always("unanswered"),
            urgency="call",
            attempts=45,
        ),
        story(
            "one endpoint, handshakes in vain, in a call",
            (HOME,),
            always("silent"),
            urgency="call",
            attempts=20,
        ),
        story("somebody waits for long", (HOME,), always("refused"), attempts=16),
        story("nobody waits", ALL, always("refused"), urgency="nobody", attempts=40),
        story(
            "the name of the home is reset",
            ALL,
            lambda rung, _now: "refused" if rung.shown_name == "home.example" else "open",
        ),
        story("two names fall silent", ALL, _names("home.example", "front.example")),
        story("only the odd one works", ALL, lambda rung, _now: "open" if rung.name else "silent"),
        story("what worked here last", ALL, always("open"), known=((3, 2), ())),
        story(
            "what worked here last works no more", ALL, _names("203.0.113.5"), known=((3, 2), ())
        ),
        story("careful", ALL, always("refused"), known=((3, 1), (0,)), is_careful=True),
        story("demoted ones are last", ALL, always("refused"), known=((), (0, 2)), attempts=7),
        story("a spare line goes elsewhere", ALL, always("open"), in_use=(0,)),
        story(
            "a spare line where nothing else works",
            (HOME, FRONT),
            _names("front.example"),
            urgency="call",
            in_use=(0,),
        ),
        story(
            "young lines fall mute",
            (HOME, FRONT),
            lambda rung, _now: "mute" if rung.host == "home.example" else "open",
            lives=8.0,
            attempts=16,
        ),
        story("lines end at once", (HOME, FRONT), always("open"), lives=1.0),
        story("only the proxy works", (HOME, FRONT, PROXIED), no_way_but_the_proxy),
        story(
            "the proxy worked here last", (HOME, FRONT, PROXIED), always("open"), known=((2,), ())
        ),
        *(
            story(
                f"anything, {urgency}",
                (*ALL, PROXIED),
                anything,
                urgency=urgency,
                attempts=60,
                lives=20.0,
            )
            for urgency in ("nobody", "somebody", "call")
        ),
    ]


def main() -> None:
    """Write the file, or compare with `--check`."""
    text = json.dumps(cases(), separators=(",", ":")).replace('{"what"', '\n{"what"') + "\n"
    if "--check" in sys.argv[1:]:
        sys.exit(0 if TARGET.read_text(encoding="utf-8") == text else f"{TARGET.name} is stale")
    TARGET.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
