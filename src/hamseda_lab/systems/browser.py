"""Open Chromium on hosts of a place."""

import shutil
from types import TracebackType
from typing import Final, Self

from playwright.sync_api import Browser, Page, Playwright, sync_playwright

from hamseda_lab.errors import LabError
from hamseda_lab.place import Place

_FLAGS: Final = (
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--autoplay-policy=no-user-gesture-required",
    # The lab's addresses are private ones; those of a real home are not.
    "--disable-features=LocalNetworkAccessChecks",
)
"""Nothing that a person's browser would not send, and nothing of its maker's own business."""


class Browsers:
    """Be the browsers of a place. All calls come from one thread. Raise `LabError`."""

    def __init__(self, place: Place) -> None:
        found = shutil.which("chromium")
        if found is None:
            raise LabError("chromium is missing: apt-get install chromium")
        self._program: Final = found
        self._place = place
        self._opened: list[Browser] = []
        self._playwright: Playwright | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def open(self, host: str, *flags: str) -> Page:
        """Open a browser on a host, with an empty tab; it asks the place's resolver for names.

        It takes certificates of the place's own authority as those of any other.
        """
        if self._playwright is None:
            self._playwright = sync_playwright().start()
        home = self._place.authority.trusting_home(host)
        browser = self._playwright.chromium.launch(
            executable_path=self._place.script(host, self._program, home=home),
            headless=True,
            args=[*_FLAGS, *flags],
        )
        self._opened.append(browser)
        return browser.new_page()

    def close(self) -> None:
        """Close them all."""
        for browser in self._opened:
            browser.close()
        self._opened.clear()
        if self._playwright is not None:
            self._playwright.stop()
            self._playwright = None
