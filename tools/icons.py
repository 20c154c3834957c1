"""Draw the icons of the installed page from its mark: `python tools/icons.py`.

They are committed; this is how to make them again after the mark has changed.
"""

import re
from pathlib import Path
from typing import Final

from playwright.sync_api import sync_playwright

from tests.browser.window import chromium_path

PUBLIC: Final = Path(__file__).parent.parent / "web" / "public"
MASKED: Final = 0.8
"""A launcher may cut away all but the inner circle: the mark stays within so much of the side."""


def main() -> None:
    """Write a square of 192 and one of 512 pixels, and one that fills its whole square."""
    mark = (PUBLIC / "icon.svg").read_text("utf-8")
    inner = re.sub(r' rx="\d+"', "", mark).replace("scale(.75)", f"scale({0.75 * MASKED})")
    shift = (28 - 28 * 0.75 * MASKED) / 2
    whole = re.sub(r"translate\([^)]*\)", f"translate({shift} {shift})", inner)
    with sync_playwright() as running:
        browser = running.chromium.launch(executable_path=chromium_path())
        for name, picture, size in (
            ("icon-192", mark, 192), ("icon-512", mark, 512), ("icon-maskable-512", whole, 512)
        ):  # fmt: skip
            page = browser.new_page(viewport={"width": size, "height": size})
            page.set_content(f"<style>body{{margin:0}}svg{{display:block}}</style>{picture}")
            page.screenshot(path=PUBLIC / f"{name}.png", omit_background=True)
        browser.close()


if __name__ == "__main__":
    main()
