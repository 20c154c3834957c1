"""Measure how our page paints and answers on a slow device with a slow network.

Chromium slows itself down: its main thread by a factor of six, its network to what its developer
tools call "Slow 3G". Sides, in turn:
  usual, weak          somebody who was never here opens the page, in English, and presses "Invite"
  weak_persian         the same in Persian, which brings a font
  call, weak_call      ten seconds of a call: what the main thread does to draw it, 4 times a second

Usage: bench/page_on_weak_devices.py [--rounds 3] [--short]
"""

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from _browsers import DIST, PAGE, chromium_version, trusting
from _processes import quiet_world
from _question import answer, options
from _record import interleave
from playwright.sync_api import BrowserType, CDPSession, sync_playwright

from tests.browser.person import PagePerson
from tests.browser.sound import silence
from tests.browser.window import Window
from tests.integration.world import Home, World
from tests.speech import voice

SLOWER: Final = 6
SLOW_3G: Final = {
    "offline": False,
    "latency": 2000,
    "downloadThroughput": 50_000,
    "uploadThroughput": 50_000,
}
"""Milliseconds, and bytes a second: "Slow 3G" of Chromium's developer tools."""
SETTLES: Final = 2.0
DRAWN_SECONDS: Final = 10.0
DRAWN_A_SECOND: Final = 4
PERSIAN: Final = "Object.defineProperty(navigator, 'languages', { get: () => ['fa'] })"
FRIEND: Final = "Maryam"
NAME: Final = "Reza"
PATIENCE_MS: Final = 60_000


class Visits:
    """Open the page again and again, each time in a browser that was never here."""

    def __init__(self, chromium: BrowserType, world: World, home: Home) -> None:
        self._chromium = chromium
        self._world = world
        self._microphone = silence(world.folder / "silence.wav")
        self._address = home.link.partition("#")[0]
        self._trust = trusting(home.port)
        self._visits = 0
        self.version = ""

    def usual(self) -> dict[str, float]:
        """Open the page as it is."""
        return self._first_visit(is_weak=False)

    def weak(self) -> dict[str, float]:
        """Open the page on a weak device."""
        return self._first_visit(is_weak=True)

    def weak_persian(self) -> dict[str, float]:
        """Open the page on a weak device, in Persian."""
        return self._first_visit(is_weak=True, script=PERSIAN)

    def call(self) -> dict[str, float]:
        """Talk, as it is."""
        return self._talk(is_weak=False)

    def weak_call(self) -> dict[str, float]:
        """Talk on a weak device."""
        return self._talk(is_weak=True)

    def _first_visit(self, *, is_weak: bool, script: str = "") -> dict[str, float]:
        with self._window() as window:
            page, tools = window.page, _tools(window)
            window.context.add_init_script(path=PAGE / "paint.js")
            window.context.add_init_script(script=script or "undefined")
            if is_weak:
                _slow_down(tools)
                _send(tools, "Network.emulateNetworkConditions", SLOW_3G)
            page.goto(self._address, timeout=PATIENCE_MS)
            page.wait_for_function("() => painted.kept.usable !== null", timeout=PATIENCE_MS)
            page.wait_for_timeout(1000 * SETTLES)
            first, usable = page.evaluate("() => [painted.first(), painted.kept.usable]")
            page.locator("main button.primary").click()
            page.locator("main form").wait_for()
            page.wait_for_timeout(1000 * SETTLES)
            kept = page.evaluate("() => painted.kept")
            self.version = chromium_version(page)
        return {
            "first_paint_ms": round(first, 1),
            "usable_ms": round(usable, 1),
            "press_ms": max(kept["inputs"], default=0),
            "shift": round(kept["shift"], 4),
        }

    def _talk(self, *, is_weak: bool) -> dict[str, float]:
        with self._window() as window:
            person = PagePerson(NAME, window, self._address, None)
            person.open()
            link = person.make_invitation(FRIEND)
            friend = self._world.person(FRIEND)
            friend.accept(link, NAME)
            person.wait_until_can_call(FRIEND)
            waiting = friend.start_answer("--once", play=voice("jfk"))
            person.go_to_people()
            person.call(FRIEND)
            person.wait_until_talking()
            tools = _tools(window)
            _send(tools, "Performance.enable")
            if is_weak:
                _slow_down(tools)
            time.sleep(SETTLES)
            before = _busy(tools)
            time.sleep(DRAWN_SECONDS)
            spent = {name: seconds - before[name] for name, seconds in _busy(tools).items()}
            _send(tools, "Emulation.setCPUThrottlingRate", {"rate": 1})
            person.hang_up()
            waiting.ended()
        drawn = spent["Timestamp"] * DRAWN_A_SECOND
        return {
            "main_share": round(spent["TaskDuration"] / spent["Timestamp"], 4),
            "redraw_ms": round(1000 * spent["TaskDuration"] / drawn, 2),
            "script_ms": round(1000 * spent["ScriptDuration"] / drawn, 2),
            "layout_ms": round(
                1000 * (spent["LayoutDuration"] + spent["RecalcStyleDuration"]) / drawn, 2
            ),
        }

    def _window(self) -> Window:
        self._visits += 1
        folder: Path = self._world.folder / f"visit-{self._visits}"
        return Window(self._chromium, folder, self._microphone, more=(self._trust,))


def _tools(window: Window) -> CDPSession:
    return window.context.new_cdp_session(window.page)


def _send(tools: CDPSession, method: str, given: Mapping[str, Any] | None = None) -> Any:
    return tools.send(method, dict(given or {}))  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]


def _slow_down(tools: CDPSession) -> None:
    _send(tools, "Emulation.setCPUThrottlingRate", {"rate": SLOWER})


def _busy(tools: CDPSession) -> dict[str, float]:
    """Read what the main thread did so far, in seconds by kind, and the clock."""
    found = _send(tools, "Performance.getMetrics")["metrics"]
    return {str(each["name"]): float(each["value"]) for each in found}


def main() -> None:
    """Ask, print the answer, keep the samples."""
    given = options(__doc__, rounds=3).parse_args()
    if given.short:
        given.rounds = 1
    with quiet_world() as world, sync_playwright() as running:
        visits = Visits(running.chromium, world, world.home(page=DIST, creations_per_hour=1000))
        sides: dict[str, Callable[[], dict[str, float]]] = {
            "usual": visits.usual,
            "weak": visits.weak,
            "weak_persian": visits.weak_persian,
            "call": visits.call,
            "weak_call": visits.weak_call,
        }
        samples = interleave(sides, given.rounds)
    parameters = {
        "main_thread_slower": SLOWER,
        "network": "Slow 3G: 2000 ms, 400 kbit/s",
        "chromium": visits.version,
        "rounds": given.rounds,
    }
    answer("page_on_weak_devices", parameters, {"samples": samples}, is_short=given.short)


if __name__ == "__main__":
    main()
