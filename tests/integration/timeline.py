"""Make a sound that says when it was said, and read that off a recording.

The sound is a tone that rises steadily and starts again from below every few seconds: its pitch
tells the moment, to a few milliseconds, also after Opus.
"""

from __future__ import annotations

import wave
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tests.speech import PESQ_RATE, Sound, read_sound

PERIOD = 6.0
"""Seconds until the tone starts again: ages up to about five seconds can be told apart."""
_LOWEST_HZ = 400.0
_HZ_PER_SECOND = 400.0
_RATE = 48_000
_WINDOW = PESQ_RATE // 25
_HOP = PESQ_RATE // 50
_FFT = 8192
_CLEAR = 0.6
"""Share of a window's energy that must lie near its strongest pitch."""
_NEAR_HZ = 60.0


def write_timeline(path: Path, seconds: float) -> Path:
    """Write the sound into a 48 kHz WAV file and give its path."""
    t = np.arange(int(seconds * _RATE)) / _RATE
    within = t % PERIOD
    phase = 2 * np.pi * (_LOWEST_HZ * within + _HZ_PER_SECOND * within**2 / 2)
    pcm = (0.4 * 32_767 * np.sin(phase)).astype("<i2")
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(_RATE)
        file.writeframes(pcm.tobytes())
    return path


@dataclass(frozen=True, slots=True)
class Moment:
    """Be one 20 ms of a recording: where in it, and how old what is heard there was."""

    position: float
    """Seconds from the start of the recording."""
    age: float
    """Seconds from being said to being played."""


def moments(recording: Path, said_at: float, played_at: Callable[[float], float]) -> list[Moment]:
    """Tell the age of all that is clearly heard.

    `said_at` is when the sound began to be said; `played_at` gives when a position of the
    recording was played. Silence and concealed noise tell no time and are left out.
    """
    sound = read_sound(recording)
    found: list[Moment] = []
    for start in range(0, len(sound) - _WINDOW, _HOP):
        told = _told(sound[start : start + _WINDOW])
        if told is not None:
            position = (start + _WINDOW / 2) / PESQ_RATE
            age = played_at(position) - said_at - told
            found.append(Moment(position, (age + 1.0) % PERIOD - 1.0))
    return found


def _told(window: Sound) -> float | None:
    """Read the moment within its period off a piece of sound; None when it is not clear."""
    power = np.abs(np.fft.rfft(window * np.hanning(len(window)), _FFT)) ** 2
    hz = np.fft.rfftfreq(_FFT, 1 / PESQ_RATE)
    total = float(power.sum())
    if total < 1.0:
        return None
    pitch = float(hz[int(np.argmax(power))])
    near = float(power[np.abs(hz - pitch) <= _NEAR_HZ].sum())
    highest = _LOWEST_HZ + _HZ_PER_SECOND * PERIOD
    if near < _CLEAR * total or not _LOWEST_HZ <= pitch <= highest:
        return None
    return (pitch - _LOWEST_HZ) / _HZ_PER_SECOND
