"""Keep the sound between decoder and device: blocks of any length in, one slot at a time out.

PCM is 48 kHz, mono, signed 16-bit little-endian.
"""

from __future__ import annotations

import struct
from operator import mul

from hamseda.media.modes import SAMPLE_BYTES, SAMPLE_RATE, SLOT_BYTES
from hamseda.media.playout import Stretch
from hamseda.media.stretch import lengthen, shorten

_SCALE = 32768
_STRETCHED_SLOTS = 3
_PAUSE = 0.003
"""The power of a pause beside that of the loudest of late: -25 dB."""

_FADES = 0.995
_LISTENS_TO_EACH = 4


class Player:
    """Queue the sound of one call. Ask the jitter buffer for more while `is_hungry`."""

    def __init__(self) -> None:
        """Begin empty."""
        self._pcm = bytearray()
        self._loudest = 0.0

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
        self._loudest = max(_power(wanted), _FADES * self._loudest)
        if stretch is Stretch.NONE:
            self._pcm += wanted
            return
        size = _STRETCHED_SLOTS * SLOT_BYTES
        for start in range(0, len(wanted), size):
            part = wanted[start : start + size]
            is_pause = _power(part) <= _PAUSE * self._loudest
            left_alone = stretch.is_for_pauses and not is_pause
            self._pcm += part if left_alone else _stretched(part, stretch)

    def pull(self) -> bytes:
        """Give exactly one slot; zeros where there is no sound."""
        slot = bytes(self._pcm[:SLOT_BYTES])
        del self._pcm[:SLOT_BYTES]
        return slot.ljust(SLOT_BYTES, b"\0")


def _power(pcm: bytes) -> float:
    """Give the mean square of a block, on the scale of 0 to 1; some of its samples tell."""
    heard = _unpacked(pcm)[::_LISTENS_TO_EACH]
    return sum(map(mul, heard, heard)) / (_SCALE * _SCALE * max(1, len(heard)))


def _stretched(pcm: bytes, stretch: Stretch) -> bytes:
    change = shorten if stretch.is_shorter else lengthen
    return _to_pcm(change([sample / _SCALE for sample in _unpacked(pcm)]))


def _unpacked(pcm: bytes) -> tuple[int, ...]:
    count = len(pcm) // SAMPLE_BYTES
    return struct.unpack(f"<{count}h", pcm[: count * SAMPLE_BYTES])


def _to_pcm(samples: list[float]) -> bytes:
    # A cross-fade lies between its two sides, so nothing can leave the scale.
    return struct.pack(f"<{len(samples)}h", *[round(sample * _SCALE) for sample in samples])
