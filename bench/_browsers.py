"""Let two browsers call each other, by our page or by nothing but their own WebRTC.

Each person has a browser of their own, with a file for a microphone. `bench/page/stamp.js` keeps
what goes in and comes out, in both kinds of call alike.
"""

import os
import shutil
import ssl
import subprocess
import sys
from base64 import b64encode
from collections.abc import Generator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final, Protocol

from _sounds import Stamped
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509 import load_pem_x509_certificate
from playwright.sync_api import BrowserType, Page, expect

from tests.browser.person import PagePerson, befriend
from tests.browser.window import TAP, Window
from tests.integration.world import World

HERE: Final = Path(__file__).parent
DIST: Final = HERE.parent / "web" / "dist"
PAGE: Final = HERE / "page"
STAMP: Final = PAGE / "stamp.js"
STAY_HERE: Final = "--allow-loopback-in-peer-connection"
"""WebRTC finds a way also where there is no network."""
NAMES: Final = ("Reza", "Nadia")


class Pair(Protocol):
    """Be two people who can call each other."""

    @property
    def caller(self) -> Page:
        """Give the tab of who calls."""
        ...

    @property
    def callee(self) -> Page:
        """Give the tab of who answers."""
        ...

    def connect(self) -> None:
        """Call, let it ring, and press "Answer"; return when both sides hear each other."""

    def hang_up(self) -> None:
        """End the call and be ready for the next."""


@dataclass(frozen=True, slots=True)
class End:
    """Be what one side of a call kept."""

    clicked: float
    """The last click, in milliseconds of the wall clock."""
    mouth: Stamped
    ear: Stamped


class OurPair:
    """Call by the page that a home serves."""

    def __init__(self, people: Sequence[PagePerson]) -> None:
        self._caller, self._callee = people
        befriend(self._caller, self._callee)
        for person in people:
            person.wait_until_ready()
        self.caller, self.callee = self._caller.page, self._callee.page

    def connect(self) -> None:
        """Call, let it ring, and press "Answer"; return when both sides hear each other."""
        self._caller.call(self._callee.name)
        self._callee.wait_until_rings(self._caller.name)
        _let_ring(self.callee)
        self._callee.answer(self._caller.name)
        _wait_for_sound(self.caller, self.callee)

    def hang_up(self) -> None:
        """End the call and be ready for the next."""
        self._caller.hang_up()
        for person in (self._caller, self._callee):
            person.reason()
            person.wait_until_ready()
            assert person.window.problems == [], person.window.problems


class BarePair:
    """Call by WebRTC and nothing else."""

    def __init__(self, windows: Sequence[Window], address: str) -> None:
        self.caller, self.callee = (window.page for window in windows)
        for page in (self.caller, self.callee):
            page.goto(address)
            page.wait_for_function("() => line.readyState === WebSocket.OPEN")

    def connect(self) -> None:
        """Call, let it ring, and press "Answer"; return when both sides hear each other."""
        self.caller.click("#call")
        expect(self.callee.locator("#answer")).to_be_enabled()
        _let_ring(self.callee)
        self.callee.click("#answer")
        _wait_for_sound(self.caller, self.callee)

    def hang_up(self) -> None:
        """End the call and be ready for the next."""
        self.caller.click("#end")
        for page in (self.caller, self.callee):
            page.wait_for_function("() => peer === null")


def ends(pair: Pair) -> dict[str, End]:
    """Take what both sides kept of the newest call; nothing more is kept of it."""
    return {"caller": _end(pair.caller), "callee": _end(pair.callee)}


@contextmanager
def pairs(
    chromium: BrowserType, world: World, microphones: Sequence[Path]
) -> Generator[dict[str, Pair]]:
    """Give the two sides of the comparison, each with browsers of its own."""
    with ExitStack() as stack:

        def windows(side: str, *more: str) -> list[Window]:
            return [
                stack.enter_context(
                    _stamping(Window(chromium, world.folder / f"{side}-{n}", path, more=more))
                )
                for n, path in enumerate(microphones)
            ]

        home = world.home(page=measured_page(world.folder))
        address = home.link.partition("#")[0]
        ours = [
            PagePerson(name, window, address, None)
            for name, window in zip(NAMES, windows("page", trusting(home.port)), strict=True)
        ]
        port = stack.enter_context(_signalling())
        bare = windows("webrtc", STAY_HERE)
        yield {
            "page": OurPair(ours),
            "webrtc": BarePair(bare, f"http://localhost:{port}/bare/bare.html"),
        }


def chromium_version(page: Page) -> str:
    """Tell the version of the browser that shows a page."""
    browser = page.context.browser
    said = browser.version if browser else str(page.evaluate("navigator.userAgent"))
    return said.rpartition("Chrome/")[2].partition(" ")[0]


def priority() -> str:
    """Tell whether the browsers go before whatever else runs here: `chrt -r 1` makes them do so."""
    return "ordinary" if os.sched_getscheduler(0) == os.SCHED_OTHER else "real time"


def trusting(port: int) -> str:
    """Give the option of a browser that trusts what a port shows as its certificate.

    Without trust Chromium opens each first connection twice and keeps nothing in its cache.
    """
    shown = ssl.get_server_certificate(("127.0.0.1", port))
    key = load_pem_x509_certificate(shown.encode()).public_key()
    digest = sha256(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).digest()
    return f"--ignore-certificate-errors-spki-list={b64encode(digest).decode()}"


def measured_page(folder: Path) -> Path:
    """Copy the built page, and put beside it what listens to it."""
    assert (DIST / "index.html").is_file(), "the page is not built: run `make dev`"
    copy = folder / "dist"
    shutil.copytree(DIST, copy)
    for script in (TAP, PAGE / "stamp.worklet.js"):
        shutil.copy(script, copy)
    return copy


def _stamping(window: Window) -> Window:
    window.context.add_init_script(path=STAMP)
    return window


@contextmanager
def _signalling() -> Generator[int]:
    command = [sys.executable, str(HERE / "_signal.py")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield int(process.stdout.readline())
        finally:
            process.kill()


def _let_ring(callee: Page) -> None:
    """Wait as long as a quick person does: the answer finds lines, and addresses, ready."""
    callee.wait_for_timeout(1000)


def _wait_for_sound(*pages: Page) -> None:
    for page in pages:
        page.wait_for_function("() => stamped.isHeard()")


def _end(page: Page) -> End:
    return End(
        clicked=float(page.evaluate("stamped.clicked")),
        mouth=Stamped.read(page.evaluate("stamped.take('mouth')")),
        ear=Stamped.read(page.evaluate("stamped.take('ear')")),
    )
