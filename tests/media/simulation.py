"""Play frames through a jitter buffer on a made-up network, with a made-up clock.

The player is only a number of seconds here: a stretch takes `STRETCH` of each 60 ms, or adds it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from random import Random

from hamseda.media.jitter_buffer import JitterBuffer
from hamseda.media.playout import Conceal, Play, Playout, Silence, Stretch

FRAME = 0.020
SAMPLES = 960
STRETCH = 0.008
UINT32 = 1 << 32
_PACKET_BYTES = 9
_PAUSE_SLOTS = 12


@dataclass(frozen=True, slots=True)
class Arrival:
    """Say when one copy of the frame that begins with slot `index` arrives."""

    at: float
    index: int
    slots: int = 1

    @property
    def packet(self) -> bytes:
        """Give what stands for the sound: which slot it is, and how many follow it."""
        return self.index.to_bytes(8, "big", signed=True) + bytes([self.slots])


@dataclass(frozen=True, slots=True)
class Heard:
    """Say what was handed to the player, and when its first sample is heard."""

    at: float
    playout: Playout
    index: int | None = None
    """The first slot of speech in it, where it is speech."""
    slots: int = 1

    @property
    def age(self) -> float:
        """Give the seconds between speaking and playing."""
        assert self.index is not None
        return self.at - self.index * FRAME

    @property
    def stretch(self) -> Stretch:
        """Say how it is stretched: a pause comes once a second, and takes what is for pauses."""
        if not isinstance(self.playout, Play) or self.index is None:
            return Stretch.NONE
        is_pause = self.index % 50 < _PAUSE_SLOTS
        wanted = self.playout.stretch
        return Stretch.NONE if wanted.is_for_pauses and not is_pause else wanted

    @property
    def is_stretched(self) -> bool:
        """Tell whether it is longer or shorter than it was said."""
        return self.stretch is not Stretch.NONE


def spoken(index: int, *, first_t: int = 0) -> int:
    """Give the timestamp of slot number `index`."""
    return (first_t + index * SAMPLES) % UINT32


def listen(
    buffer: JitterBuffer,
    arrivals: Iterable[Arrival],
    *,
    until: float,
    first_t: int = 0,
    start: float = 0.0,
    pauses: tuple[tuple[float, float], ...] = (),
    stretches: bool = True,
) -> list[Heard]:
    """Run playout from `start` to `until`; in `pauses` the reader is stopped altogether."""
    queue = sorted(arrivals, key=lambda arrival: arrival.at)
    heard: list[Heard] = []
    position = 0
    pending = 0.0
    for turn in range(round((until - start) / FRAME)):
        # A little beside the speaker's grid, as a real playout is.
        now = start + turn * FRAME + 0.007
        if any(begin <= now < end for begin, end in pauses):
            continue
        while position < len(queue) and queue[position].at <= now:
            arrival = queue[position]
            seen = max(arrival.at, *(end for begin, end in pauses if begin <= now), 0.0)
            t = spoken(arrival.index, first_t=first_t)
            buffer.put(t, arrival.packet, arrival.slots, seen)
            position += 1
        while pending < FRAME - 1e-9:
            taken = _heard(buffer.take(now, pending), now + pending)
            heard.append(taken)
            pending += taken.slots * FRAME
            if taken.is_stretched and stretches:
                change = STRETCH * math.ceil(taken.slots / 3)
                pending += -change if taken.stretch.is_shorter else change
        pending -= FRAME
    return heard


def _heard(playout: Playout, at: float) -> Heard:
    match playout:
        case Play(opus=packet, skip_slots=skipped) if len(packet) == _PACKET_BYTES:
            index = int.from_bytes(packet[:8], "big", signed=True)
            return Heard(at, playout, index + skipped, packet[8] - skipped)
        case Play() | Conceal() | Silence():
            return Heard(at, playout)


def frames(heard: Iterable[Heard]) -> list[int]:
    """Give the numbers of the slots that were played, in order."""
    return [
        slot
        for block in heard
        if block.index is not None
        for slot in range(block.index, block.index + block.slots)
    ]


def over_tcp(
    random: Random, count: int, *, loss: float, slots: int = 1, rtt: float = 0.100
) -> list[float]:
    """Give the delay of each frame of one TCP connection that loses segments at random.

    What is lost is sent again when three later segments were acknowledged, or after 300 ms
    (doubled each time it is lost again); all that was said meanwhile waits for it. Thin streams
    get no better than that.
    """
    delays: list[float] = []
    delivered = 0.0
    for index in range(count):
        said = (index + 1) * slots * FRAME
        arrives = said + rtt / 2
        if random.random() < loss:
            timeout = 0.300
            # The third later segment tells, unless the second copy is lost as well.
            arrives += min(rtt + 3 * slots * FRAME, timeout)
            while random.random() < loss:
                arrives += timeout
                timeout *= 2
        delivered = max(delivered, arrives)
        delays.append(delivered - said)
    return delays
