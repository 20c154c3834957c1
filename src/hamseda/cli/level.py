"""Say in words how loud a piece of sound is."""

from __future__ import annotations

import math
from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

Word: TypeAlias = Literal["silent", "quiet", "good", "clipping"]

SILENT_PEAK = 0.002
"""-54 dB: an open microphone in a quiet room peaks above it, a muted one does not."""
QUIET_LOUDNESS = 0.008
"""-42 dB in the louder parts: speech below it drowns in the other side's room."""
CLIPPED_PEAK = 0.998
CLIPPED_SHARE = 0.001

_FULL = 32_768
_LOUDER_PARTS = 0.1


@dataclass(frozen=True, slots=True)
class Level:
    """Measure one piece of sound; 1.0 is as loud as can be."""

    peak: float
    loudness: float
    """Root mean square."""
    clipped: float
    """The share of samples at the stop."""

    @property
    def word(self) -> Word:
        """Say how that sounds to somebody who is called."""
        if self.clipped > CLIPPED_SHARE:
            return "clipping"
        if self.peak < SILENT_PEAK:
            return "silent"
        return "quiet" if self.loudness < QUIET_LOUDNESS else "good"


def measure(pcm: bytes) -> Level:
    """Measure 16-bit PCM of this machine's byte order."""
    samples = array("h", pcm)
    if not samples:
        return Level(0.0, 0.0, 0.0)
    loudest = max(samples)
    peak = max(loudest, -min(samples)) / _FULL
    clipped = 0
    if peak >= CLIPPED_PEAK:
        stop = CLIPPED_PEAK * _FULL
        clipped = sum(1 for sample in samples if abs(sample) >= stop)
    power = sum(sample * sample for sample in samples) / len(samples)
    return Level(peak, math.sqrt(power) / _FULL, clipped / len(samples))


def overall(levels: Sequence[Level]) -> Level:
    """Judge many frames by their louder parts: people pause between words."""
    if not levels:
        return Level(0.0, 0.0, 0.0)
    by_loudness = sorted(level.loudness for level in levels)
    return Level(
        peak=max(level.peak for level in levels),
        loudness=by_loudness[-1 - int(len(levels) * _LOUDER_PARTS)],
        clipped=sum(level.clipped for level in levels) / len(levels),
    )


def decibels(amplitude: float) -> float:
    """Give an amplitude in dB of the loudest possible, at least -96."""
    return round(max(-96.0, 20 * math.log10(max(amplitude, 1e-6))), 1)


def bar(level: Level, width: int = 20) -> str:
    """Draw a level for a terminal: from -60 dB to 0."""
    filled = round(width * min(1.0, max(0.0, 1 + decibels(level.peak) / 60)))
    return "▮" * filled + "▯" * (width - filled)
