"""Be a person who has a keyboard and no mouse, and a screen reader that says where they are."""

from __future__ import annotations

from typing import Final

from playwright.sync_api import Locator, expect

from tests.browser.person import PagePerson
from tests.browser.window import PATIENCE_MS
from tests.browser.words import Words

_KEYS_MOST: Final = 30
"""Nobody should press Tab more often to get anywhere."""


class Typist:
    """Be one person at one page, in one language."""

    def __init__(self, person: PagePerson, words: Words) -> None:
        self.person = person
        self.words = words
        self.page = person.page

    def choose_language(self) -> None:
        """Find the language by its own name, as who cannot read the page must."""
        if self.words.language == "fa":
            self.press("فارسی")
            expect(self.person.button("English")).to_be_focused()
        expect(self.page.locator("html")).to_have_attribute("lang", self.words.language)

    def hears(self, *lines: str) -> None:
        """Insist that the screen begins at its heading, and on what a screen reader finds there."""
        expect(self.page.locator("h1")).to_be_focused(timeout=PATIENCE_MS)
        self.finds(*lines)

    def finds(self, *lines: str) -> None:
        """Insist on what a screen reader finds, in this order."""
        tree = "\n".join(f"- '{line}'" if line.endswith('"') else f"- {line}" for line in lines)
        expect(self.page.locator("main")).to_match_aria_snapshot(tree, timeout=PATIENCE_MS)

    def press(self, name: str) -> None:
        """Go to a button with Tab, and press it with Enter."""
        self.reach(self.person.button(name).first)
        self.page.keyboard.press("Enter")

    def write(self, text: str) -> None:
        """Go to the field with Tab, and write."""
        self.reach(self.page.get_by_role("textbox"))
        self.page.keyboard.type(text)

    def leave(self) -> None:
        """Press Esc."""
        self.page.keyboard.press("Escape")

    def reach(self, wanted: Locator) -> None:
        """Press Tab until it has the focus."""
        wanted.wait_for(timeout=PATIENCE_MS)
        for _ in range(_KEYS_MOST):
            if wanted.evaluate("element => element === document.activeElement"):
                return
            self.page.keyboard.press("Tab")
        raise AssertionError(f"{_KEYS_MOST} times Tab do not lead to {wanted}")
