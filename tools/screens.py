"""Take a picture of every screen in every state: `PYTHONPATH=. python tools/screens.py FOLDER`.

For looking at them by eye: both languages, 360 and 1280 pixels wide, light and dark.
"""

from __future__ import annotations

import sys
import tempfile
from itertools import product
from pathlib import Path

from playwright.sync_api import sync_playwright

from tests.browser.gallery import Look, built_gallery, scenes, show
from tests.browser.window import Window

SIZES = ((360, 640), (1280, 800))


def main(folder: Path) -> None:
    """Write `FOLDER/<screen>-<language>-<width>-<scheme>.png` for all of them."""
    folder.mkdir(parents=True, exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as temporary,
        built_gallery(Path(temporary) / "gallery") as address,
        sync_playwright() as running,
        Window(running.chromium, Path(temporary) / "browser", None) as window,
    ):
        for scene in scenes(window.page, address):
            for language, size, scheme in product(("en", "fa"), SIZES, ("light", "dark")):
                look = Look(language, *size, scheme)
                show(window.page, address, scene, look)
                window.page.screenshot(path=folder / f"{scene}-{look}.png")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python tools/screens.py FOLDER")
    main(Path(sys.argv[1]))
