"""Write transcripts of the jitter buffer, which the page's own must repeat (tests/data).

Each line of sound is a list of steps: `put` [t, now] or `take` [now] with what came of it. Python
makes them, tests in both languages replay them: tests/media/test_transcripts.py and
web/test/media/jitterBuffer.test.ts.

Usage: tools/jitter_transcripts.py [--check]
"""

from __future__ import annotations

import json
import random
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hamseda.media.jitter_buffer import Conceal, JitterBuffer, Play

TARGET = Path(__file__).resolve().parent.parent / "tests" / "data" / "jitter_buffer.json"
FRAMES = 400
FRAME = 0.020

Delay = Callable[[random.Random, int], float | None]


def replay(steps: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Run steps through a fresh buffer and give what each `take` and the end brought."""
    buffer = JitterBuffer()
    out: list[dict[str, Any]] = []
    for step in steps:
        if "put" in step:
            t, now = step["put"]
            buffer.put(t, b"", now)
            continue
        playout = buffer.take(step["take"])
        match playout:
            case Play(t=t):
                out.append({"play": t})
            case Conceal():
                out.append({"conceal": True})
            case _:
                out.append({"silence": True})
    stats = buffer.stats()
    out.append(
        {
            "expected": stats.frames_expected,
            "on_time": stats.frames_on_time,
            "late": stats.frames_late,
            "lost": stats.frames_lost,
        }
    )
    return out


def steps(delay: Delay, first_t: int, seed: int) -> list[dict[str, Any]]:
    """Send frames through a path and take one each 20 ms, in the order of time."""
    rng = random.Random(seed)  # noqa: S311 - repeatable on purpose
    events: list[tuple[float, dict[str, Any]]] = []
    for number in range(FRAMES):
        took = delay(rng, number)
        if took is not None:
            now = round(5 + number * FRAME + took, 6)
            t = (first_t + number * 960) % 2**32
            events.append((now, {"put": [t, now]}))
        due = round(5.0131 + number * FRAME, 6)
        events.append((due, {"take": due}))
    return [event for _, event in sorted(events, key=lambda pair: pair[0])]


PATHS: dict[str, tuple[Delay, int]] = {
    "a steady path": (lambda _rng, _n: 0.03, 0),
    "a path that jitters, and time that wraps": (
        lambda rng, _n: 0.03 + rng.random() * 0.12,
        2**32 - 100 * 960,
    ),
    "a path that loses one frame in ten": (
        lambda rng, _n: None if rng.random() < 0.1 else 0.03 + rng.random() * 0.02,
        7,
    ),
    "a stall of three seconds, then the backlog at once": (
        lambda _rng, n: 0.03 if n < 100 or n >= 250 else (250 - n) * FRAME + 0.03,
        0,
    ),
    "a path that becomes longer for good": (lambda _rng, n: 0.03 if n < 150 else 0.83, 0),
    "a route that becomes shorter": (lambda _rng, n: 0.4 if n < 150 else 0.03, 0),
}


def main() -> None:
    """Write the file, or compare with `--check`."""
    transcripts: list[dict[str, Any]] = []
    for seed, (what, (delay, first_t)) in enumerate(PATHS.items()):
        made = steps(delay, first_t, seed)
        transcripts.append({"what": what, "steps": made, "out": replay(made)})
    text = json.dumps(transcripts, separators=(",", ":")).replace('{"what"', '\n{"what"') + "\n"
    if "--check" in sys.argv[1:]:
        sys.exit(0 if TARGET.read_text(encoding="utf-8") == text else f"{TARGET.name} is stale")
    TARGET.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
