"""Show each screen of the page in each state, without a call: web/src/ui/gallery."""

from __future__ import annotations

import subprocess
import threading
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Literal

from playwright.sync_api import Page

ROOT = Path(__file__).parents[2]
WEB = ROOT / "web"
LOOK = Path(__file__).parent / "look.js"
AXE = WEB / "node_modules" / "axe-core" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@dataclass(frozen=True, slots=True)
class Look:
    """Be one way to look at the screens."""

    language: Literal["en", "fa"]
    width: int
    height: int
    scheme: Literal["light", "dark"]

    def __str__(self) -> str:
        """Name it in file names."""
        return f"{self.language}-{self.width}-{self.scheme}"


@contextmanager
def built_gallery(folder: Path) -> Generator[str]:
    """Build the gallery and serve it on a port of this machine; give its address."""
    command = [ROOT / "tools" / "with-node", "node", "test/ui/buildGallery.mjs", folder]
    subprocess.run(command, cwd=WEB, check=True)
    handler = partial(_Quiet, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://localhost:{server.server_port}/gallery.html"
        server.shutdown()


def scenes(page: Page, address: str) -> list[str]:
    """List the names of all screens and states."""
    page.goto(address)
    page.locator("ul[lang=en] a").first.wait_for()
    found: list[str] = page.locator("ul[lang=en] a").evaluate_all(
        "links => links.map((link) => new URL(link.href).searchParams.get('scene'))"
    )
    return found


def show(page: Page, address: str, scene: str, look: Look) -> None:
    """Show one screen."""
    page.emulate_media(color_scheme=look.scheme, reduced_motion="reduce")
    page.set_viewport_size({"width": look.width, "height": look.height})
    page.goto(f"{address}?scene={scene}&lang={look.language}")
    page.locator("h1").first.wait_for()
    page.evaluate("document.fonts.ready.then(() => true)")


def prepare(page: Page) -> None:
    """Put what asks about a screen, and axe, into each page that this tab will show."""
    page.add_init_script(path=AXE)
    page.add_init_script(path=LOOK)


def violations(page: Page) -> list[str]:
    """Say what axe finds wrong on the screen, one line a rule."""
    return list(page.evaluate("rules => look.axe(rules)", RULES))


class TextSize:
    """Be the size of text that a person chose in the settings of their browser, in pixels."""

    def __init__(self, page: Page) -> None:
        self._browser = page.context.new_cdp_session(page)

    def set(self, pixels: int) -> None:
        """Choose another one."""
        sizes = {"standard": pixels, "fixed": pixels}
        self._browser.send("Page.setFontSizes", {"fontSizes": sizes})  # pyright: ignore[reportUnknownMemberType]


class _Quiet(SimpleHTTPRequestHandler):
    """Serve files without a word on standard error."""

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- its parent's name
        """Say nothing."""
