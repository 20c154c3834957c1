"""Keep the sound between decoder and device: blocks of any length in, one slot at a time out.

PCM is 48 kHz, mono, signed 16-bit little-endian.
"""

from __future__ import annotations

import struct

from hamseda.media.modes import SAMPLE_BYTES, SAMPLE_RATE, SLOT_BYTES
from hamseda.media.playout import Stretch
from hamseda.media.stretch import lengthen, shorten

_SCALE = 32768
_STRETCHED_SLOTS = 3


class Player:
    """Queue the sound of one call. Ask the jitter buffer for more while `is_hungry`."""

    def __init__(self) -> None:
        """Begin empty."""
        self._pcm = bytearray()

    @property
    def pending(self) -> float:
        """Give the seconds of sound that wait."""
        return len(self._pcm) / (SAMPLE_RATE * SAMPLE_BYTES)

    @property
    def is_hungry(self) -> bool:
        """Tell whether less than one slot is left."""
        return len(self._pcm) < SLOT_BYTES

    def push(self, pcm: bytes, *, skip_slots: int = 0, stretch: Stretch = Stretch.NONE) -> None:
        """Take a decoded block, without its first `skip_slots` slots, and stretch the rest."""
        wanted = pcm[skip_slots * SLOT_BYTES :]
        self._pcm += wanted if stretch is Stretch.NONE else _stretched(wanted, stretch)

    def pull(self) -> bytes:
        """Give exactly one slot; zeros where there is no sound."""
        slot = bytes(self._pcm[:SLOT_BYTES])
        del self._pcm[:SLOT_BYTES]
        return slot.ljust(SLOT_BYTES, b"\0")


def _stretched(pcm: bytes, stretch: Stretch) -> bytes:
    """Stretch a block once in each 60 ms of it."""
    size = _STRETCHED_SLOTS * SLOT_BYTES
    change = shorten if stretch is Stretch.SHORTER else lengthen
    return b"".join(
        _to_pcm(change(_to_samples(pcm[start : start + size])))
        for start in range(0, len(pcm), size)
    )


def _to_samples(pcm: bytes) -> list[float]:
    count = len(pcm) // SAMPLE_BYTES
    whole = struct.unpack(f"<{count}h", pcm[: count * SAMPLE_BYTES])
    return [sample / _SCALE for sample in whole]


def _to_pcm(samples: list[float]) -> bytes:
    # A cross-fade lies between its two sides, so nothing can leave the scale.
    return struct.pack(f"<{len(samples)}h", *[round(sample * _SCALE) for sample in samples])
