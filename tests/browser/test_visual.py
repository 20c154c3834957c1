"""Every screen looks as somebody accepted it: what changed is shown, not hidden."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, Playwright

from tests.browser.gallery import built_gallery, scenes
from tests.browser.pictures import (
    ACCEPT,
    BASELINE,
    LOOKS,
    change,
    machine,
    made_with,
    path_of,
    shoot,
    take,
)
from tests.browser.window import Window

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def gallery(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Give the address of the gallery."""
    with built_gallery(tmp_path_factory.mktemp("gallery")) as address:
        yield address


@pytest.fixture(scope="module")
def page(playwright: Playwright, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    """Give a tab of the browser that the baseline was made with; skip where it is another one."""
    with Window(playwright.chromium, tmp_path_factory.mktemp("browser"), None) as window:
        here, there = machine(window.page), made_with()
        if here != there:
            pytest.skip(f"the pictures were made with {there}, here are {here}")
        yield window.page


def test_every_screen_looks_as_it_was_accepted(gallery: str, page: Page, tmp_path: Path) -> None:
    """A rule for one screen often changes another that nobody thought of."""
    changed: dict[str, int] = {}
    for scene in scenes(page, gallery):
        for look in LOOKS:
            before = path_of(scene, look)
            found = change(before, take(page, gallery, scene, look))
            if found is not None:
                changed[before.stem] = found.pixels
                found.picture.save(tmp_path / f"{before.stem}.png")
    assert changed == {}, f"pixels that changed, shown in {tmp_path}; {ACCEPT}"


def test_no_picture_is_left_of_a_screen_that_went(gallery: str, page: Page) -> None:
    """What no test compares would grow in the repository for ever."""
    wanted = {path_of(scene, look) for scene in scenes(page, gallery) for look in LOOKS}
    assert set(BASELINE.glob("*.webp")) <= wanted


@pytest.mark.parametrize(
    "rule", [".ring .theirs line:first-child { display: none }", ":root { --good: #0b4a6b }"]
)
def test_a_small_change_is_seen(gallery: str, page: Page, rule: str) -> None:
    """A comparison that overlooks one tick, or a wrong colour, overlooks a broken screen."""
    look = LOOKS[0]
    take(page, gallery, "in-call", look)
    page.add_style_tag(content=rule)
    found = change(path_of("in-call", look), shoot(page))
    assert found is not None
