"""Make something to say that sounds like speech to a codec."""

import math
import struct
import wave
from pathlib import Path
from typing import Final

RATE: Final = 48_000
SECONDS: Final = 12
_SYLLABLES: Final = 4.0
"""A second, as people speak."""


def speech(folder: Path) -> Path:
    """Write a voice-like sound into a WAV file, once a folder, and give its path.

    A buzz at the pitch of a voice, in syllables. Calls of the lab are judged by their frames, not
    by their sound, so that nothing needs to be installed or recorded.
    """
    path = folder / "speech.wav"
    if path.exists():
        return path
    samples = bytearray()
    for number in range(RATE * SECONDS):
        at = number / RATE
        pitch = 120 + 20 * math.sin(2 * math.pi * 0.5 * at)
        loudness = max(0.0, math.sin(math.pi * _SYLLABLES * at)) ** 0.5
        phase = at * pitch % 1.0
        samples += struct.pack("<h", int(9000 * loudness * (2 * phase - 1)))
    with wave.open(str(path), "wb") as writing:
        writing.setnchannels(1)
        writing.setsampwidth(2)
        writing.setframerate(RATE)
        writing.writeframes(bytes(samples))
    return path
