"""A level is a word: nobody should have to read a meter."""

from __future__ import annotations

import math
from array import array

import pytest

from hamseda.cli.level import bar, decibels, measure, overall
from hamseda.transport.wav import WavSource
from tests.speech import voice


def tone(amplitude: float) -> bytes:
    """Make 20 ms of a tone; above 1 it is cut at the stops."""
    full = (round(32_767 * amplitude * math.sin(n / 10)) for n in range(960))
    return array("h", (max(-32_768, min(32_767, sample)) for sample in full)).tobytes()


@pytest.mark.parametrize(
    ("amplitude", "word"),
    [
        (0.0, "silent"),
        (0.001, "silent"),
        (0.008, "quiet"),
        (0.1, "good"),
        (0.9, "good"),
        (1.5, "clipping"),
    ],
)
def test_loudness_has_a_word(amplitude: float, word: str) -> None:
    """From a muted microphone to one that distorts."""
    assert measure(tone(amplitude)).word == word


def test_a_person_who_pauses_is_not_quiet() -> None:
    """Speech is half silence; what counts is how loud the rest is."""
    levels = [measure(tone(0.2))] * 30 + [measure(tone(0.0))] * 70
    assert overall(levels).word == "good"


def test_one_crack_is_no_clipping() -> None:
    """Who taps the microphone once has a good microphone."""
    levels = [measure(tone(0.1))] * 149 + [measure(tone(1.02))]
    assert overall(levels).word == "good"


def test_recorded_speech_is_good() -> None:
    """The judgement holds for a real voice."""
    source = WavSource(voice("jfk"))
    assert overall([measure(source.read_frame()) for _ in range(150)]).word == "good"
    source.close()


def test_nothing_is_silent() -> None:
    """No frames at all are judged too."""
    assert overall([]).word == measure(b"").word == "silent"


def test_the_bar_grows_with_the_sound() -> None:
    """From empty to full, always of one width."""
    bars = [bar(measure(tone(amplitude))) for amplitude in (0.0, 0.01, 0.1, 1.0)]
    filled = [shown.count("▮") for shown in bars]
    assert filled == sorted(set(filled))
    assert {len(shown) for shown in bars} == {20}
    assert decibels(1.0) == 0.0
    assert decibels(0.0) == -96.0
