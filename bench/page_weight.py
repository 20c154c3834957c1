"""Measure what our page asks of the network: bytes, requests, and TLS connections of Chromium.

A home on loopback with TLS; the counts come from the browser's own log. Sides, in turn:
  first   a browser that was never here opens the page and invites somebody
  again   the same browser, started anew, opens the page; then it calls a terminal
"Ready" is when the page says so. Then it is left alone until it has settled; so is the call.
Goal: at most two connections open once settled.

Usage: bench/page_weight.py [--rounds 3] [--short]
"""

import time
from collections.abc import Callable, Mapping
from pathlib import Path

from _browsers import DIST, chromium_version, trusting
from _netlog import NetLog, log_to
from _processes import connected_ports, quiet_world
from _question import answer, options
from _record import interleave
from playwright.sync_api import BrowserType, sync_playwright

from tests.browser.person import PagePerson
from tests.browser.sound import silence
from tests.browser.window import Window
from tests.integration.world import Home, Person, World
from tests.speech import voice

SETTLES = 17.0
"""Seconds that the page is left alone once it is ready: a home closes what is idle after 15."""
BEGINS = 2.0
"""Seconds of a call after which what it loads has come."""
TAP = "/tap.js"
"""What the harness asks for beside the page."""
FRIEND = "Maryam"
NAME = "Reza"


class Visits:
    """Visit the page in pairs of visits: the first one makes the browser, the next one takes it."""

    def __init__(self, chromium: BrowserType, world: World, home: Home) -> None:
        self._chromium = chromium
        self._world = world
        self._microphone = silence(world.folder / "silence.wav")
        self._address = home.link.partition("#")[0]
        self._port = home.port
        self._trust = trusting(home.port)
        self._visitors = 0
        self._friend: Person | None = None
        self._log = Path()
        self._visitor: PagePerson | None = None
        self.version = ""

    def first(self) -> dict[str, float]:
        """Open the page in a new browser, invite somebody, and let them accept."""
        self._visitors += 1
        folder = self._world.folder / f"visitor-{self._visitors}"
        self._log = folder.with_suffix(".json")
        window = Window(
            self._chromium, folder, self._microphone, more=(self._trust, log_to(self._log))
        )
        self._visitor = person = PagePerson(NAME, window, self._address, None)
        begin = _now()
        person.open()
        person.button("Invite someone").wait_for()
        shown = _now()
        link = person.make_invitation(FRIEND)
        person.wait_until_ready()
        ready, busy = _now(), connected_ports(self._port)
        self._friend = self._world.person(FRIEND)
        self._friend.accept(link, NAME)
        person.wait_until_can_call(FRIEND)
        self.version = chromium_version(window.page)
        window.close()
        log = NetLog.read(self._log, without=TAP)
        return {
            "shown_ms": shown - begin,
            **_named("shown", log.between(begin, shown)),
            **_named("ready", log.between(begin, ready)),
            "ready_open": log.among(busy),
        }

    def again(self) -> dict[str, float]:
        """Open the page in the same browser, wait for calls, and place one."""
        person, friend = self._visitor, self._friend
        assert person is not None
        assert friend is not None
        window = person.window
        window.reopen()
        begin = _now()
        person.open()
        person.wait_until_ready()
        ready, busy = _now(), connected_ports(self._port)
        time.sleep(SETTLES)
        settled, quiet = _now(), connected_ports(self._port)
        waiting = friend.start_answer("--once", play=voice("jfk"))
        person.call(FRIEND)
        person.wait_until_talking()
        time.sleep(BEGINS)
        begun, loading = _now(), connected_ports(self._port)
        time.sleep(SETTLES - BEGINS)
        talking = connected_ports(self._port)
        person.hang_up()
        waiting.ended()
        window.close()
        log = NetLog.read(self._log, without=TAP)
        return {
            "ready_ms": ready - begin,
            **_named("ready", log.between(begin, ready)),
            "ready_open": log.among(busy),
            "settled_open": log.among(quiet),
            "call_requests": log.between(settled, begun)["requests"],
            "call_begun_open": log.among(loading),
            "call_open": log.among(talking),
        }


def built() -> dict[str, float]:
    """Weigh the built page as its files lie there, in KiB."""
    sizes = [path.stat().st_size for path in DIST.rglob("*") if path.is_file()]
    return {"files": len(sizes), "unpacked_kib": round(sum(sizes) / 1024, 1)}


def _named(phase: str, counts: Mapping[str, float]) -> dict[str, float]:
    return {f"{phase}_{name}": count for name, count in counts.items()}


def _now() -> float:
    return 1000 * time.time()


def main() -> None:
    """Ask, print the answer, keep the samples."""
    given = options(__doc__, rounds=3).parse_args()
    if given.short:
        given.rounds = 1
    with quiet_world() as world, sync_playwright() as running:
        visits = Visits(running.chromium, world, world.home(page=DIST, creations_per_hour=1000))
        sides: dict[str, Callable[[], dict[str, float]]] = {
            "first": visits.first,
            "again": visits.again,
        }
        samples = interleave(sides, given.rounds)
    parameters = {
        **built(),
        "settles_s": SETTLES,
        "chromium": visits.version,
        "rounds": given.rounds,
    }
    answer("page_weight", parameters, {"samples": samples}, is_short=given.short)


if __name__ == "__main__":
    main()
