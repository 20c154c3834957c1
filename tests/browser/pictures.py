"""Compare pictures of screens with those that somebody looked at and accepted.

Letters look different under another font or another Chromium: a baseline is worth something only
where both are those that it was made with, which `made_with` writes down.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from playwright.sync_api import Page

from tests.browser.gallery import Look, show

BASELINE: Final = Path(__file__).parent / "baseline"
LOOKS: Final = (Look("en", 360, 640, "light"), Look("fa", 360, 640, "dark"))
ACCEPT: Final = "if they are meant, accept them by `make pictures`"

_MADE_WITH: Final = BASELINE / "made-with.json"
_FONTS: Final = ("system-ui", "emoji", "monospace")
_UNLIKE: Final = 24
"""By so much of 255 a colour may be off: less is the grey at the edge of a letter."""
_PIXELS_MOST: Final = 20
"""A dot of the ring has more."""

Pixels = NDArray[np.int16]


@dataclass(frozen=True, slots=True)
class Change:
    """Be how a screen differs from its accepted picture."""

    pixels: int
    """How many look different; all of them, where the sizes differ."""
    picture: Image.Image
    """Before, now, and in red what changed."""


def take(page: Page, address: str, scene: str, look: Look) -> bytes:
    """Photograph one screen as PNG, in a window so high that nothing scrolls."""
    show(page, address, scene, look)
    height = page.evaluate("document.documentElement.scrollHeight")
    if height > look.height:
        page.set_viewport_size({"width": look.width, "height": height})
    return shoot(page)


def shoot(page: Page) -> bytes:
    """Photograph what the tab shows."""
    return page.screenshot(animations="disabled", caret="hide")


def path_of(scene: str, look: Look) -> Path:
    """Give the place of an accepted picture."""
    return BASELINE / f"{scene}-{look}.webp"


def accept(shots: Mapping[Path, bytes], page: Page, *, are_all: bool) -> None:
    """Add these pictures, which were taken in this tab, to the baseline, or replace all by them."""
    if are_all:
        shutil.rmtree(BASELINE, ignore_errors=True)
    BASELINE.mkdir(exist_ok=True)
    for path, shot in shots.items():
        _opened(shot).save(path, lossless=True, method=6)
    made_with = json.dumps(machine(page), indent=2)
    _MADE_WITH.write_text(f"{made_with}\n", "utf-8")


def machine(page: Page) -> dict[str, str]:
    """Say on what the look of letters depends here: fonts, and the browser's major version."""
    version = page.evaluate(r"/Chrome\/(\d+)/.exec(navigator.userAgent)[1]")
    return {"chromium": version, **{name: _font(name) for name in _FONTS}}


def made_with() -> dict[str, str]:
    """Say on what the look of letters depended where the baseline was made."""
    return dict(json.loads(_MADE_WITH.read_text("utf-8")))


def change(before: Path, shot: bytes) -> Change | None:
    """Tell how a picture differs from the accepted one; None where nobody would see it."""
    now = _opened(shot)
    if not before.is_file():
        return Change(now.width * now.height, now)
    with Image.open(before) as file:
        then = file.convert("RGB")
    unlike = _unlike(then, now)
    count = int(unlike.sum())
    if then.size == now.size and count <= _PIXELS_MOST:
        return None
    return Change(count, _side_by_side(then, now, unlike))


def _font(name: str) -> str:
    program = shutil.which("fc-match")
    if program is None:
        return "unknown"
    command = [program, "--format=%{family} %{fontversion}", name]
    return subprocess.run(command, capture_output=True, check=True, text=True).stdout


def _opened(shot: bytes) -> Image.Image:
    return Image.open(BytesIO(shot)).convert("RGB")


def _unlike(one: Image.Image, other: Image.Image) -> NDArray[np.bool_]:
    size = (max(one.width, other.width), max(one.height, other.height))
    first, second = _pixels(one, size), _pixels(other, size)
    return np.abs(first - second).max(axis=2) > _UNLIKE


def _pixels(picture: Image.Image, size: tuple[int, int]) -> Pixels:
    room = Image.new("RGB", size, "magenta")
    room.paste(picture)
    return np.asarray(room, dtype=np.int16)


def _side_by_side(then: Image.Image, now: Image.Image, unlike: NDArray[np.bool_]) -> Image.Image:
    height, width = unlike.shape
    sheet = Image.new("RGB", (3 * width, height), "magenta")
    sheet.paste(then)
    sheet.paste(now, (width, 0))
    faded = Image.blend(now, Image.new("RGB", now.size, "white"), 0.7)
    sheet.paste(faded, (2 * width, 0))
    mask = Image.fromarray(unlike)
    sheet.paste(Image.new("RGB", (width, height), "red"), (2 * width, 0), mask)
    return sheet
