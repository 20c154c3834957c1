"""Test that the jitter buffer still does what the page's own is held to."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tools.jitter_transcripts import replay

DATA = Path(__file__).resolve().parent.parent / "data" / "jitter_buffer.json"
TRANSCRIPTS = json.loads(DATA.read_text(encoding="utf-8"))


@pytest.mark.parametrize("transcript", TRANSCRIPTS, ids=lambda t: t["what"])
def test_a_path_sounds_the_same_in_both_languages(transcript: dict[str, Any]) -> None:
    """Two people on one bad network must not hear different things because one uses the page."""
    assert replay(transcript["steps"]) == transcript["out"]
