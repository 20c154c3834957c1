"""Every screen in every state: what a screen reader, a small window and a dark one meet."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, Playwright

from tests.browser.conftest import MakePerson
from tests.browser.gallery import WEB, Look, built_gallery, scenes, show, sideways, violations
from tests.browser.window import Window
from tests.integration.world import Home

pytestmark = pytest.mark.browser

LOOKS = [Look("en", 360, 640, "light"), Look("fa", 1280, 800, "dark")]
SMALLEST = Look("fa", 320, 560, "light")


@pytest.fixture(scope="module")
def gallery(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Give the address of the gallery."""
    with built_gallery(tmp_path_factory.mktemp("gallery")) as address:
        yield address


@pytest.fixture(scope="module")
def page(playwright: Playwright, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    """Give a tab."""
    with Window(playwright.chromium, tmp_path_factory.mktemp("browser"), None) as window:
        yield window.page


@pytest.mark.timeout(300)
@pytest.mark.parametrize("look", LOOKS, ids=str)
def test_axe_finds_nothing(gallery: str, page: Page, look: Look) -> None:
    """Who cannot see the page, or cannot use a mouse, must be able to call as well."""
    found: dict[str, list[str]] = {}
    names = scenes(page, gallery)
    assert len(names) > 30
    for scene in names:
        show(page, gallery, scene, look)
        if wrong := violations(page):
            found[scene] = wrong
    assert found == {}


def test_nothing_scrolls_sideways(gallery: str, page: Page) -> None:
    """On the smallest telephone that people use, everything is in reach of a thumb."""
    wide: dict[str, int] = {}
    for scene in scenes(page, gallery):
        show(page, gallery, scene, SMALLEST)
        if by := sideways(page):
            wide[scene] = by
    assert wide == {}


def test_axe_would_find_something(gallery: str, page: Page) -> None:
    """A check that is green on a page without names for its buttons would prove nothing."""
    show(page, gallery, "people", LOOKS[0])
    page.evaluate("document.body.append(document.createElement('button'))")
    assert any(each.startswith("button-name") for each in violations(page))


def test_the_licences_come_with_the_page(home: Home, person: MakePerson) -> None:
    """Who gets the code gets the terms under which its authors gave it away."""
    reza = person("Reza")
    reza.open()
    reza.open_settings()
    with reza.window.context.expect_page() as opened:
        reza.page.get_by_role("link", name="Licences of what this page is made of").click()
    text = opened.value.locator("body").inner_text()
    package = json.loads((WEB / "package.json").read_text("utf-8"))
    for name in ("hamseda", "lucide", "mlkem", "Vazirmatn", *package["dependencies"]):
        assert re.search(rf"^{re.escape(name)}( [0-9.]+)?$", text, re.MULTILINE), name


def test_the_gallery_is_not_in_the_page(page_folder: Path) -> None:
    """Nobody needs made-up people in a page that costs a round trip a file."""
    assert not list(page_folder.rglob("*gallery*"))
