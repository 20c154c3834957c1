"""Open a home's page in a real Chromium, with a voice at its microphone and an ear at its speaker.

Each window is a browser of its own: own processes, own storage, own microphone.
"""

from __future__ import annotations

import base64
import shutil
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from playwright.sync_api import BrowserContext, BrowserType, ConsoleMessage, Page

from tests.browser.sound import write_pcm

HERE = Path(__file__).parent
TAP = HERE / "tap.js"
PATIENCE_MS = 20_000
"""For what takes one second: the machine that runs the tests may be busy."""

FAR_NAME = "home.test"
"""A name of this machine that a browser takes for another one."""


def resolver_rules(*first: str) -> str:
    """Give the flag by which whatever does not go to this machine goes nowhere."""
    rules = (*first, f"MAP {FAR_NAME} 127.0.0.1", "MAP localhost 127.0.0.1", "MAP * ~NOTFOUND")
    return f"--host-resolver-rules={', '.join(rules)}"


_FLAGS = (
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    resolver_rules(),
)


def chromium_path() -> str:
    """Find the browser; a machine without one fails the tests instead of skipping them."""
    for name in ("chromium", "chromium-browser", "google-chrome"):
        found = shutil.which(name)
        if found is not None:
            return found
    raise RuntimeError("chromium is missing: apt-get install chromium")


class Window:
    """Be one browser, with one tab to begin with.

    `microphone` is a WAV file that it hears again and again; without one it refuses to ask.
    `more` are flags of the browser; `program` starts it, where it is not the machine's own.
    """

    def __init__(
        self,
        chromium: BrowserType,
        folder: Path,
        microphone: Path | None,
        *,
        width: int = 360,
        height: int = 640,
        more: Sequence[str] = (),
        program: Path | None = None,
    ) -> None:
        self.folder = folder
        self.problems: list[str] = []
        """What the console called an error, and exceptions that nobody caught."""
        self._chromium = chromium
        self._program = str(program or chromium_path())
        self._size = (width, height)
        self._flags = [*_FLAGS, *_microphone_flags(microphone), *more]
        self._recordings = 0
        self._context: BrowserContext | None = None
        self._open()

    def _open(self) -> None:
        width, height = self._size
        self._context = self._chromium.launch_persistent_context(
            self.folder,
            executable_path=self._program,
            headless=True,
            args=self._flags,
            ignore_https_errors=True,
            locale="en-GB",
            timezone_id="UTC",
            viewport={"width": width, "height": height},
        )
        self._context.set_default_timeout(PATIENCE_MS)
        self._context.add_init_script(path=HERE / "listen.js")
        self._context.on("page", self._watch)
        self.page = self._context.pages[0]
        self._watch(self.page)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def context(self) -> BrowserContext:
        """Give the running browser."""
        assert self._context is not None, "this window is closed"
        return self._context

    def close(self) -> None:
        """End the browser; what the page stored stays in its folder."""
        if self._context is not None:
            self._context.close()
            self._context = None

    def reopen(self) -> None:
        """Start the browser anew with what it stored, as after a restart of the machine."""
        self.close()
        self._open()

    def heard_seconds(self) -> float:
        """Tell how much of the newest call was played out so far, in seconds."""
        return float(self.page.evaluate("heard.seconds()"))

    def wait_until_heard(self, seconds: float) -> None:
        """Wait until so much of the newest call was played out."""
        self.page.wait_for_function(
            "seconds => heard.seconds() >= seconds",
            arg=seconds,
            timeout=PATIENCE_MS + 1000 * seconds,
        )

    def save_heard(self) -> Path:
        """Write what the newest call played out into a WAV file, and give its path."""
        self._recordings += 1
        path = self.folder.with_name(f"{self.folder.name}-heard-{self._recordings}.wav")
        return write_pcm(path, base64.b64decode(self.page.evaluate("heard.sound()")))

    def _watch(self, page: Page) -> None:
        page.on("pageerror", lambda error: self.problems.append(str(error)))
        page.on("console", self._hear)

    def _hear(self, said: ConsoleMessage) -> None:
        # The browser says by itself that it keeps no page of a home with such a certificate.
        if said.type == "error" and "SSL certificate error" not in said.text:
            self.problems.append(f"{said.text} ({said.location.get('url')})")


def _microphone_flags(sound: Path | None) -> Sequence[str]:
    fake = "--use-fake-device-for-media-stream"
    if sound is None:
        return [fake, "--deny-permission-prompts"]
    return [
        fake,
        "--use-fake-ui-for-media-stream",
        f"--use-file-for-fake-audio-capture={sound}",
    ]
