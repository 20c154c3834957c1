"""Time is caught up without a voice that squeaks, clicks or stutters."""

from __future__ import annotations

import math
import wave
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hamseda.media.modes import SLOT_BYTES
from hamseda.media.player import Player
from hamseda.media.playout import Stretch
from hamseda.media.stretch import MAX_LAG, MIN_LAG, find_lag, lengthen, shorten
from tests.speech import pesq_wb, voice

RATE = 48_000
GOOD_SPEECH = 3.3
"""PESQ wide-band; measured: 3.8 with a stretch each 100 ms, 3.7 with one each 40 ms."""


def hum(pitch: float, count: int = 960) -> list[float]:
    """Make a voice of one pitch with overtones up to 2 kHz."""
    tones = range(1, int(2000 / pitch) + 1)
    return [
        sum(0.2 / n * math.sin(2 * math.pi * pitch * n * i / RATE) for n in tones)
        for i in range(count)
    ]


def pitch_of(samples: list[float]) -> float:
    """Find the strongest tone below 400 Hz."""
    spectrum = np.abs(np.fft.rfft(np.array(samples) * np.hanning(len(samples)), 1 << 17))
    below = int(400 * (1 << 17) / RATE)
    return float(np.argmax(spectrum[:below])) * RATE / (1 << 17)


def steepest(samples: list[float]) -> float:
    """Give the largest jump from one sample to the next."""
    return max(abs(after - before) for before, after in pairwise(samples))


@pytest.mark.parametrize("pitch", [110.0, 140.0, 180.0, 230.0, 310.0])
def test_pitch_is_kept(pitch: float) -> None:
    """Faster speech must not sound like a smaller person's."""
    block = hum(pitch, 24_000)
    parts = [block[start : start + 960] for start in range(0, 24_000, 960)]
    for change in (shorten, lengthen):
        stretched = [sample for part in parts for sample in change(part)]
        assert abs(len(stretched) - len(block)) > 0.1 * len(block)
        assert pitch_of(stretched) == pytest.approx(pitch, rel=0.02)


@pytest.mark.parametrize("pitch", [110.0, 140.0, 180.0, 230.0, 310.0])
def test_no_seam_clicks(pitch: float) -> None:
    """A jump that the voice itself does not make is heard as a click."""
    block = hum(pitch)
    for changed in (shorten(block), lengthen(block)):
        assert len(changed) != len(block)
        assert (changed[0], changed[-1]) == (block[0], block[-1])
        assert steepest(changed) <= 1.2 * steepest(block)


def test_energy_goes_on() -> None:
    """A cross-fade of what does not fit together leaves a hole."""
    block = hum(140.0)
    loud = math.sqrt(sum(sample * sample for sample in block) / len(block))
    for changed in (shorten(block), lengthen(block)):
        for start in range(0, len(changed) - 240, 120):
            piece = changed[start : start + 480]
            level = math.sqrt(sum(sample * sample for sample in piece) / len(piece))
            assert 0.6 * loud <= level <= 1.5 * loud


def test_what_does_not_repeat_itself_is_left_alone() -> None:
    """A bang is said once: neither left out nor said twice."""
    bang = [0.0] * 500 + [0.9 * math.exp(-i / 90) * math.cos(i / 25) for i in range(460)]
    assert find_lag(bang) is None
    assert shorten(bang) == lengthen(bang) == bang


def test_silence_can_always_be_cut() -> None:
    """The best moment to catch up is one in which nobody speaks."""
    assert len(shorten([0.0] * 960)) == len([0.0] * 960) // 2


@given(
    st.lists(st.floats(-1.0, 1.0, width=32), max_size=40).map(
        lambda few: [sample for sample in few for _ in range(50)]
    )
)
def test_whatever_is_said_stays_within_its_scale(samples: list[float]) -> None:
    """No decoder's output may break playout, or come out louder than it went in."""
    for changed in (shorten(samples), lengthen(samples)):
        assert abs(len(changed) - len(samples)) in {0, *range(MIN_LAG, MAX_LAG + 1)}
        loudest = max(map(abs, samples), default=0.0)
        assert all(abs(sample) <= loudest + 1e-9 for sample in changed)


def _there_and_back(path: Path, out: Path, every: int) -> float:
    """Shorten and lengthen in turns, so that words stay where they were; score the result."""
    with wave.open(str(path)) as recording:
        pcm = recording.readframes(recording.getnframes())
    player, played, ahead = Player(), bytearray(), 0.0
    for number, start in enumerate(range(0, len(pcm) - SLOT_BYTES, SLOT_BYTES)):
        stretch = Stretch.NONE
        if number % every == 0:
            stretch = Stretch.LONGER if ahead < 0 else Stretch.SHORTER
        before = player.pending
        player.push(pcm[start : start + SLOT_BYTES], stretch=stretch)
        ahead += player.pending - before - 0.020
        while not player.is_hungry:
            played += player.pull()
    with wave.open(str(out), "wb") as recording:
        recording.setparams((1, 2, RATE, 0, "NONE", "not compressed"))
        recording.writeframes(bytes(played))
    return pesq_wb(path, out)


def test_real_speech_stays_good(tmp_path: Path) -> None:
    """A real voice that is stretched all the time still sounds good."""
    assert _there_and_back(voice("jfk"), tmp_path / "out.wav", 5) >= GOOD_SPEECH
