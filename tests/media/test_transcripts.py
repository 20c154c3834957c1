"""Test that what decides about sound still does what the page's own is held to."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tools.media_transcripts import replay_adaptation, replay_buffer, replay_stretch

DATA = Path(__file__).resolve().parent.parent / "data" / "media_transcripts.json"
TRANSCRIPTS = json.loads(DATA.read_text(encoding="utf-8"))


@pytest.mark.parametrize("transcript", TRANSCRIPTS["buffer"], ids=lambda t: t["what"])
def test_a_path_sounds_the_same_in_both_languages(transcript: dict[str, Any]) -> None:
    """Two people on one bad network must not hear different things because one uses the page."""
    assert replay_buffer(transcript["steps"]) == transcript["out"]


@pytest.mark.parametrize("transcript", TRANSCRIPTS["stretch"], ids=lambda t: t["what"])
def test_speech_is_stretched_the_same_in_both_languages(transcript: dict[str, Any]) -> None:
    """What was measured as good speech in one client is good speech in the other."""
    changed = replay_stretch(transcript["samples"])
    for name, expected in transcript["out"].items():
        assert changed[name] == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize("transcript", TRANSCRIPTS["adaptation"], ids=lambda t: t["what"])
def test_both_languages_decide_the_same(transcript: dict[str, Any]) -> None:
    """A page and a terminal that hear the same reports send the same."""
    assert replay_adaptation(transcript["steps"]) == transcript["out"]
