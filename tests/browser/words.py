"""Say what the page says: its own tables of words, read from its sources."""

from __future__ import annotations

import re
from typing import Final, Literal

from tests.browser.gallery import WEB

Language = Literal["en", "fa"]

_ENTRY: Final = re.compile(r'^\s*"(?P<key>[a-z.]+)":\s*"(?P<text>.*)",$', re.MULTILINE)


class Words:
    """Be one language of the page."""

    def __init__(self, language: Language) -> None:
        source = (WEB / "src" / "ui" / "strings" / f"{language}.ts").read_text("utf-8")
        self.language = language
        self._table = {each["key"]: each["text"] for each in _ENTRY.finditer(source)}

    def __call__(self, key: str, **values: str) -> str:
        """Give a sentence with its names in place."""
        return self._table[key].format(**values)
