"""List the audio modes: constant bitrate, one packet size each (spec/media.md §2).

Measured on two voices (PESQ wide-band): framing matters more than bitrate, and below 9 kbit/s
nothing is won. Only `STANDARD` is spoken today; the others hold their numbers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

SAMPLE_RATE = 48_000
"""Samples a second of everything between capture and playout."""

SAMPLE_BYTES = 2
"""Signed 16-bit, little-endian, one channel."""


@dataclass(frozen=True, slots=True)
class Mode:
    """Fix what an encoder does, and with it the size of every packet."""

    code: int
    name: str
    bitrate: int
    """Bits per second of Opus payload, constant."""
    frame_ms: int

    @property
    def frame_samples(self) -> int:
        """Count the 48 kHz samples of one frame."""
        return SAMPLE_RATE * self.frame_ms // 1000

    @property
    def frame_bytes(self) -> int:
        """Count the PCM bytes of one frame."""
        return self.frame_samples * SAMPLE_BYTES

    @property
    def opus_bytes(self) -> int:
        """Give the exact size of every Opus packet of this mode."""
        return self.bitrate * self.frame_ms // 8000


STANDARD = Mode(1, "standard", 24_000, 20)

MODES: Mapping[int, Mode] = MappingProxyType(
    {
        mode.code: mode
        for mode in (
            STANDARD,
            Mode(2, "standard-40", 24_000, 40),
            Mode(3, "saver", 16_000, 60),
            Mode(4, "survival", 12_000, 120),
            Mode(5, "last-resort", 9_000, 120),
        )
    }
)
"""Every registered mode by its code."""
