"""Give tests a voice to speak with, and a number for how it arrived.

The number is PESQ wide-band (ITU-T P.862.2): 1.0 is bad, about 4.6 is no difference.
"""

from __future__ import annotations

import shutil
import subprocess
import wave
from math import gcd
from pathlib import Path
from typing import Protocol, cast

import numpy as np
import pesq
from numpy.typing import NDArray
from scipy import signal

Sound = NDArray[np.float64]

PESQ_RATE = 16_000
WORST = 1.0
"""What a recording without speech scores."""


class _Pesq(Protocol):
    """Say what is used of the library, which has no types."""

    def __call__(self, fs: int, ref: Sound, deg: Sound, mode: str, *, on_error: int) -> float: ...


_RETURN_VALUES = 1
"""The library's way of giving a negative number instead of an exception."""

_VOICES = Path(__file__).parent / "data"
_MARGIN = PESQ_RATE // 4


def voice(name: str) -> Path:
    """Give the path of a recorded voice: "jfk", 11 s, 48 kHz (tests/data/README.md)."""
    path = _VOICES / f"{name}-48k.wav"
    assert path.exists(), f"there is no voice called {name}"
    return path


def speak(text: str, path: Path) -> Path:
    """Let espeak-ng speak a text into a WAV file (22,050 Hz, mono), and give its path.

    The variant f3 because codecs like its pitch: alone they cost it 0.3, the default voice 1.0.
    A missing espeak-ng is an error of the machine, never a reason to skip a test.
    """
    program = shutil.which("espeak-ng")
    if program is None:
        raise RuntimeError("espeak-ng is missing: apt-get install espeak-ng")
    subprocess.run([program, "-v", "en+f3", "-s", "150", "-w", str(path), text], check=True)
    return path


def pesq_wb(reference: Path, recording: Path) -> float:
    """Score a recording against what was spoken; 1.0 where nothing of it is heard.

    The recording may start earlier or later, end earlier or later, and be longer or shorter.
    What is missing of the reference counts against it, because it is compared with silence.
    """
    spoken, heard = read_sound(reference), read_sound(recording)
    if not _has_sound(spoken):
        raise ValueError(f"{reference.name} holds no speech to compare with")
    if not _has_sound(heard):
        return WORST
    return _score(spoken, _cut(heard, offset(spoken, heard), len(spoken)))


def offset(spoken: Sound, heard: Sound) -> int:
    """Give the sample of `heard` at which `spoken` begins; negative if its start is missing."""
    match = np.abs(signal.correlate(heard, spoken, mode="full", method="fft"))
    return int(np.argmax(match)) - (len(spoken) - 1)


def read_sound(path: Path) -> Sound:
    """Read a 16-bit mono WAV file at the rate of PESQ, between -1 and 1."""
    with wave.open(str(path)) as file:
        assert (file.getnchannels(), file.getsampwidth()) == (1, 2), "a 16-bit mono file"
        rate = file.getframerate()
        pcm = file.readframes(file.getnframes())
    sound = np.frombuffer(pcm, "<i2").astype(np.float64) / 32_768
    if rate == PESQ_RATE or len(sound) == 0:
        return sound
    common = gcd(rate, PESQ_RATE)
    return signal.resample_poly(sound, PESQ_RATE // common, rate // common)


def _has_sound(sound: Sound) -> bool:
    return len(sound) >= _MARGIN and float(np.max(np.abs(sound))) > 0.001


def _cut(sound: Sound, start: int, length: int) -> Sound:
    """Cut a piece out, with silence where there is none."""
    piece = np.zeros(length)
    begin, end = max(start, 0), min(start + length, len(sound))
    if end > begin:
        piece[begin - start : end - start] = sound[begin:end]
    return piece


def _score(spoken: Sound, heard: Sound) -> float:
    if not _has_sound(heard):
        return WORST
    # The library's C code wants speech away from the edges, and gives up without any.
    padded = [np.pad(sound, _MARGIN) for sound in (spoken, heard)]
    score = cast("_Pesq", vars(pesq)["pesq"])
    spoken, heard = padded
    return max(WORST, score(PESQ_RATE, spoken, heard, "wb", on_error=_RETURN_VALUES))
