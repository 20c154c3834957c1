"""Let two people call each other by the page that a home serves.

Each opens the page when they want to call: what was loaded while nothing was blocked is closed, and
what the browser kept of it (its service worker) is kept.
"""

import contextlib
import time
from collections.abc import Callable, Mapping
from typing import Any, Final

from playwright.sync_api import Error as PageError
from playwright.sync_api import Page, expect

from hamseda_lab.errors import LabError
from hamseda_lab.place import Place
from hamseda_lab.speech import speech
from hamseda_lab.systems.browser import Browsers
from hamseda_lab.systems.frames import longest_gap, share_of_the_last, share_on_time, talked
from hamseda_lab.systems.home import FRONTS, TROUBLES, Servers
from hamseda_lab.systems.system import PATIENCE, Outcome, System
from hamseda_lab.weather import Trouble, cries

_MS: Final = 1000
_KNOWS: Final = 30.0
"""Seconds that coming to know each other may take while nothing is blocked."""
_LOOKS: Final = 0.1

# Its worker tells the page what happens; this listens beside the page.
_LISTEN: Final = """
const Own = Worker;
window.told = { call: null, reason: null, quality: null, silent: 0 };
window.Worker = class extends Own {
  constructor(...given) {
    super(...given);
    this.addEventListener("message", ({ data }) => {
      if (data.kind === "quality") told.quality = data.quality;
      if (data.kind !== "view") return;
      const call = data.view.call;
      told.call = call && call.kind;
      if (call && call.kind === "ended") told.reason = call.reason;
      if (call && call.kind === "talking") told.silent = Math.max(told.silent, call.silentMs ?? 0);
    });
  }
};"""
_TOLD: Final = "() => told"


class HamsedaWeb(System):
    """Be two people with a browser, a home with a name, and fronts that it has admitted."""

    name = "hamseda-web"
    is_page = True
    troubles = System.troubles | TROUBLES

    def __init__(self, place: Place) -> None:
        super().__init__(place)
        self._servers = Servers(place, FRONTS)
        self._address = self._servers.link.partition("#")[0]
        self._browsers = Browsers(place)
        voice = speech(place.folder)
        flags = (
            "--use-fake-device-for-media-stream",
            "--use-fake-ui-for-media-stream",
            f"--use-file-for-fake-audio-capture={voice}",
        )
        self._caller, self._callee = (
            self._browsers.open(host, *flags) for host in ("caller", "callee")
        )
        for page in (self._caller, self._callee):
            page.set_default_timeout(_KNOWS * _MS)
            page.add_init_script(_LISTEN)
        try:
            self._befriend()
        except (PageError, AssertionError) as error:
            raise LabError(f"the page does not make two people contacts: {error}") from error

    def call(self, seconds: float, on_connected: Callable[[], None]) -> Outcome:
        """Open the pages, call, answer, talk for some seconds, hang up."""
        began = time.monotonic()
        connected: float | None = None
        qualities: list[list[Mapping[str, Any]]] = [[], []]
        pages = (self._caller, self._callee)
        with contextlib.suppress(PageError, AssertionError):
            self._open_and_call(began + PATIENCE)
            connected = self._wait_until_both_talk(began + PATIENCE)
        if connected is not None:
            on_connected()
            while time.monotonic() < connected + seconds:
                self._caller.wait_for_timeout(_MS)
                for page, quality in zip(pages, qualities, strict=True):
                    quality.extend(_frames(page.evaluate(_TOLD)))
        told = [_told(page) for page in pages]
        is_talking = connected is not None and told[0]["call"] == "talking"
        said = words_of_trouble(self._shown(), is_talking=is_talking)
        self._hang_up()
        gap = max(
            *(round(each["silent"] / _MS, 2) for each in told),
            *(longest_gap(each) for each in qualities),
        )
        return Outcome(
            connected=all(talked(each) for each in qualities),
            setup_s=None if connected is None else round(connected - began, 2),
            on_time=round(min(share_on_time(each) for each in qualities), 4),
            last_on_time=round(min(share_of_the_last(each) for each in qualities), 4),
            longest_gap_s=None if connected is None else gap,
            path="line" if connected is not None else None,
            ended_reason=str(told[0]["reason"] or ("hangup" if connected else "none")),
            said=said,
        )

    def begin(self, trouble: Trouble) -> None:
        """Let an everyday trouble begin."""
        if not self._servers.begin(trouble):
            super().begin(trouble)

    def close(self) -> None:
        """End browsers, home and fronts."""
        self._browsers.close()
        self._servers.close()

    def _befriend(self) -> None:
        caller, callee = self._caller, self._callee
        callee.goto(self._address)
        _press(callee, "Invite someone")
        callee.get_by_label("What do you call this person?").fill("caller")
        _press(callee, "Make the link")
        caller.goto(callee.locator("p.link").inner_text().strip())
        caller.get_by_label("Who sent you this link?").fill("callee")
        _press(caller, "Accept invitation")
        for page, other in ((caller, "callee"), (callee, "caller")):
            button = page.get_by_role("button", name=f"Call {other}", exact=True).first
            expect(button).to_be_visible(timeout=_KNOWS * _MS)

    def _open_and_call(self, until: float) -> None:
        """Open both pages, call, and answer; raise what Playwright raises."""
        for page in (self._callee, self._caller):
            page.goto("about:blank")
            page.goto(self._address, timeout=_left(until))
        button = self._caller.get_by_role("button", name="Call callee", exact=True).first
        button.click(timeout=_left(until))
        _press(self._callee, "Answer", _left(until))

    def _wait_until_both_talk(self, until: float) -> float | None:
        while time.monotonic() < until:
            told = [_told(page) for page in (self._caller, self._callee)]
            if all(each["call"] == "talking" for each in told):
                return time.monotonic()
            if told[0]["call"] == "ended":
                return None
            self._caller.wait_for_timeout(_LOOKS * _MS)
        return None

    def _shown(self) -> str:
        """Give the words on the caller's screen."""
        try:
            return " ".join(self._caller.locator("body").inner_text(timeout=_MS).split())
        except PageError:
            return ""

    def _hang_up(self) -> None:
        for page in (self._caller, self._callee):
            button = page.get_by_role("button", name="End call", exact=True)
            # A call that ends at this moment takes its button with it.
            with contextlib.suppress(PageError):
                if button.is_visible():
                    button.click(timeout=_MS)
            page.goto("about:blank")


def words_of_trouble(screen: str, *, is_talking: bool) -> tuple[str, ...]:
    """Give a screen's words where they tell of trouble: beside a good call, those of a censor."""
    return () if is_talking and not cries((screen,)) else (screen,)


def _press(page: Page, name: str, timeout: float | None = None) -> None:
    page.get_by_role("button", name=name, exact=True).click(timeout=timeout)


def _left(until: float) -> float:
    """Give the milliseconds that are left; Playwright takes 0 for ever."""
    return max(1.0, (until - time.monotonic()) * _MS)


def _told(page: Page) -> Mapping[str, Any]:
    """Give what the page's worker said; nothing, where there is no page."""
    nothing = {"call": None, "reason": None, "quality": None, "silent": 0}
    told: Mapping[str, Any] | None = page.evaluate("() => window.told ?? null")
    return told or nothing


def _frames(told: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    quality = told["quality"]
    if quality is None:
        return []
    expected, on_time = quality["framesExpected"], quality["framesOnTime"]
    return [{"frames_expected": expected, "frames_on_time": on_time}]
