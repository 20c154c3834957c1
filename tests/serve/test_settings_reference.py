"""The page of settings says what the settings are."""

from dataclasses import fields

from hamseda.serve.config import Settings
from tools.settings_reference import PAGE, page


def test_page_is_current() -> None:
    """An operator reads this, not the source; `python tools/settings_reference.py` writes it."""
    assert PAGE.read_text(encoding="utf-8") == page()


def test_every_setting_is_explained() -> None:
    """A setting without a sentence is one that nobody should touch."""
    for entry in fields(Settings):
        assert entry.metadata["doc"].endswith("."), entry.name
