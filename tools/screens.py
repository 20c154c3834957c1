"""Take pictures of every screen in every state, from the gallery.

`python tools/screens.py tour FOLDER`  for looking at them by eye: both languages, 360 and 1280
                                       pixels wide, light and dark
`python tools/screens.py baseline`     accept how the screens look now (tests/browser/pictures.py)

Run it in the root of the repository with `PYTHONPATH=.`.
"""

from __future__ import annotations

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

SIZES = ((360, 640), (1280, 800))
QUALITY = 60
"""Of WebP, 0 to 100."""


def main(arguments: list[str]) -> int:
    """Do what was asked; 2 for what nobody can ask."""
    match arguments:
        case ["tour", folder]:
            tour(Path(folder))
        case ["baseline"]:
            baseline()
        case _:
            print(__doc__, file=sys.stderr)
            return 2
    return 0


def tour(folder: Path) -> None:
    """Write `FOLDER/<screen>-<language>-<width>-<scheme>.webp` for all of them."""
    folder.mkdir(parents=True, exist_ok=True)
    with gallery() as (page, address):
        for scene in scenes(page, address):
            for language, size, scheme in product(("en", "fa"), SIZES, ("light", "dark")):
                look = Look(language, *size, scheme)
                with Image.open(BytesIO(take(page, address, scene, look))) as shot:
                    shot.save(folder / f"{scene}-{look}.webp", quality=QUALITY, method=6)


def baseline() -> None:
    """Replace the pictures that the tests compare with."""
    with gallery() as (page, address):
        names = scenes(page, address)
        shots = {
            path_of(scene, look): take(page, address, scene, look)
            for scene in names
            for look in LOOKS
        }
        accept(shots, page)


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
