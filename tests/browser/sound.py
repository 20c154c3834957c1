"""Make what a browser's microphone hears, and keep what its speaker plays."""

from __future__ import annotations

import secrets
import wave
from pathlib import Path

import numpy as np
from scipy import signal

from tests.speech import PESQ_RATE, Sound, read_sound, speak

RATE = 48_000
PAUSE_SECONDS = 1.0


def new_sentence(path: Path) -> Path:
    """Speak a sentence that nobody spoke before: no recording of an earlier run can pass for it."""
    said = secrets.randbelow(10**4)
    print(f"espeak-ng says {said}")
    return speak(f"The number of today is {said}.", path)


def seconds(path: Path) -> float:
    """Tell how long a recording is."""
    return len(read_sound(path)) / PESQ_RATE


def as_microphone(spoken: Path, path: Path) -> Path:
    """Write a WAV file for a microphone that hears a speech and a pause, again and again.

    What plays for twice the length of both holds the whole speech once.
    """
    pause = np.zeros(int(PAUSE_SECONDS * PESQ_RATE))
    return _write(path, np.concatenate([read_sound(spoken), pause]))


def silence(path: Path) -> Path:
    """Write a WAV file for a microphone that hears nothing."""
    return _write(path, np.zeros(PESQ_RATE))


def write_pcm(path: Path, pcm: bytes) -> Path:
    """Write 16-bit samples at 48 kHz, mono."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(pcm)
    return path


def _write(path: Path, sound: Sound) -> Path:
    fine = signal.resample_poly(sound, RATE // PESQ_RATE, 1)
    return write_pcm(
        path, np.clip(np.round(fine * 32_767), -32_768, 32_767).astype("<i2").tobytes()
    )
