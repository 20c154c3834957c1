"""Take pictures of every screen in every state, from the gallery.

`python tools/screens.py tour`      for the eye: both languages, 360 and 1280 pixels wide, light
                                    and dark, and docs/reference/screens.md, which shows them
`python tools/screens.py baseline`  accept how the screens look now (tests/browser/pictures.py)

Names of scenes behind either take only those anew.

Run it in the root of the repository with `PYTHONPATH=.`.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from io import BytesIO
from itertools import product
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, sync_playwright

from tests.browser.gallery import Look, built_gallery, scenes
from tests.browser.pictures import LOOKS, accept, path_of, take
from tests.browser.window import Window

ROOT = Path(__file__).parents[1]
TOUR = ROOT / "docs" / "img" / "tour"
PAGE = ROOT / "docs" / "reference" / "screens.md"
LOOKS_OF_TOUR = tuple(
    Look(language, *size, scheme)
    for language, size, scheme in product(
        ("en", "fa"), ((360, 640), (1280, 800)), ("light", "dark")
    )
)
COLOURS = 24
COLOURS_WITH_EMOJI = 64
ROUNDS = 3
"""Of looking for better colours: the first guess makes saffron red."""

_HEAD = """\
# Every screen in every state

<!-- Written by tools/screens.py from the gallery. Do not edit. -->

From the gallery of the page, with made-up people: `web/gallery.html`. Each screen in English and
Persian, light and dark, 360 and 1280 pixels wide; the names are those of the gallery's scenes.

| screen | English, light | Persian, dark | more |
|---|---|---|---|
"""


def main(arguments: list[str]) -> int:
    """Do what was asked; 2 for what nobody can ask."""
    match arguments:
        case ["tour", *chosen]:
            tour(chosen)
        case ["baseline", *chosen]:
            baseline(chosen)
        case _:
            print(__doc__, file=sys.stderr)
            return 2
    return 0


def tour(chosen: list[str]) -> None:
    """Take pictures of these screens, of all if none is named, and write the page with all."""
    with gallery() as (page, address):
        names = scenes(page, address)
        if unknown := set(chosen) - set(names):
            sys.exit(f"no such scenes: {unknown}")
        if not chosen:
            shutil.rmtree(TOUR, ignore_errors=True)
        TOUR.mkdir(parents=True, exist_ok=True)
        for scene, look in product(chosen or names, LOOKS_OF_TOUR):
            colours = COLOURS_WITH_EMOJI if scene.startswith("verify") else COLOURS
            with Image.open(BytesIO(take(page, address, scene, look))) as shot:
                few = shot.convert("RGB").quantize(
                    colours, Image.Quantize.MAXCOVERAGE, ROUNDS, dither=Image.Dither.NONE
                )
                few.convert("RGB").save(_path(scene, look), lossless=True, method=6)
    PAGE.write_text(_HEAD + "".join(_row(scene) for scene in names), "utf-8")


def _path(scene: str, look: Look) -> Path:
    return TOUR / f"{scene}-{look}.webp"


def _row(scene: str) -> str:
    shown = ((LOOKS[0], "English, light"), (LOOKS[1], "Persian, dark"))
    pictures = " | ".join(
        f'<img src="../img/tour/{scene}-{look}.webp" width="180" alt="{scene}: {words}">'
        for look, words in shown
    )
    rest = [look for look in LOOKS_OF_TOUR if look not in LOOKS]
    links = "<br>".join(f"[{look}](../img/tour/{scene}-{look}.webp)" for look in rest)
    return f"| {scene} | {pictures} | {links} |\n"


def baseline(chosen: list[str]) -> None:
    """Replace the pictures that the tests compare with, all if none is named."""
    with gallery() as (page, address):
        names = chosen or scenes(page, address)
        shots = {
            path_of(scene, look): take(page, address, scene, look)
            for scene in names
            for look in LOOKS
        }
        accept(shots, page, are_all=not chosen)


@contextmanager
def gallery() -> Generator[tuple[Page, str]]:
    """Give a tab and the address of the gallery."""
    with (
        tempfile.TemporaryDirectory() as temporary,
        built_gallery(Path(temporary) / "gallery") as address,
        sync_playwright() as running,
        Window(running.chromium, Path(temporary) / "browser", None) as window,
    ):
        yield window.page, address


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
