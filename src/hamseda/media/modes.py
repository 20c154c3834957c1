"""List the audio modes: constant bitrate, one packet size each (spec/media.md §2, §6).

Measured on two voices (PESQ wide-band): framing matters more than bitrate, and below 9 kbit/s
nothing is won.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

SAMPLE_RATE = 48_000
"""Samples a second of everything between capture and playout."""

SAMPLE_BYTES = 2
"""Signed 16-bit, little-endian, one channel."""

SLOT_MS = 20
"""The grain of capture, playout and counting; each frame lasts a whole number of slots."""

SLOT_SECONDS = SLOT_MS / 1000
SLOT_SAMPLES = SAMPLE_RATE * SLOT_MS // 1000
SLOT_BYTES = SLOT_SAMPLES * SAMPLE_BYTES

MAX_SLOTS = 6
"""The slots of the longest frame."""

_OVERHEAD_BYTES = 82
"""What a packet costs beyond its payload: SFrame, message, WebSocket, TLS, TCP and IP."""


@dataclass(frozen=True, slots=True)
class Mode:
    """Fix what an encoder does, and with it the size of every packet."""

    code: int
    name: str
    bitrate: int
    """Bits per second of Opus payload, constant."""
    frame_ms: int
    packets_a_message: int = 1
    """Sealed packets that share one media message."""

    @property
    def slots(self) -> int:
        """Count the slots of 20 ms that one frame fills."""
        return self.frame_ms // SLOT_MS

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

    @property
    def wire_kbit_s(self) -> float:
        """Give the rate on the wire, one way, with every layer and without redundancy."""
        message_bytes = self.packets_a_message * self.opus_bytes + _OVERHEAD_BYTES
        return 8 * message_bytes / (self.packets_a_message * self.frame_ms)


STANDARD = Mode(1, "standard", 24_000, 20)
STANDARD_40 = Mode(2, "standard-40", 24_000, 40)
SAVER = Mode(3, "saver", 16_000, 60)
SURVIVAL = Mode(4, "survival", 12_000, 120)
LAST_RESORT = Mode(5, "last-resort", 9_000, 120, packets_a_message=2)

LADDER: tuple[Mode, ...] = (STANDARD, STANDARD_40, SAVER, SURVIVAL, LAST_RESORT)
"""Every mode, from the one that needs most to the one that needs least."""

MODES: Mapping[int, Mode] = MappingProxyType({mode.code: mode for mode in LADDER})
"""Every mode by its code."""
