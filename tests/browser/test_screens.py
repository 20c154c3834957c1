"""What comes with the page, and what must not."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import MakePerson
from tests.browser.gallery import WEB
from tests.browser.words import Words
from tests.integration.world import Home

pytestmark = pytest.mark.browser

EN = Words("en")


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


@pytest.mark.parametrize(("speaks", "verdict"), [(True, "test.done"), (False, "test.silent")])
def test_who_tests_the_sound_learns_whether_it_works(
    person: MakePerson, sentences: tuple[Path, Path], *, speaks: bool, verdict: str
) -> None:
    """Before a call that matters, one wants to know that the other will hear something."""
    someone = person("Reza", sentences[0] if speaks else None)
    someone.open()
    someone.open_settings()
    someone.button(EN("set.test")).click()
    expect(someone.page.get_by_text("Speak now.").first).to_be_visible(timeout=10_000)
    expect(someone.page.get_by_text(EN(verdict)).first).to_be_visible(timeout=15_000)


def test_the_gallery_is_not_in_the_page(page_folder: Path) -> None:
    """Nobody needs made-up people in a page that costs a round trip a file."""
    assert not list(page_folder.rglob("*gallery*"))
