"""Play frames through a jitter buffer on a made-up network, with a made-up clock."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from hamseda.media.jitter_buffer import JitterBuffer, Play, Playout

FRAME = 0.020
SAMPLES = 960
UINT32 = 1 << 32


@dataclass(frozen=True, slots=True)
class Arrival:
    """Say when one copy of frame number `index`, spoken at `index * FRAME`, arrives."""

    at: float
    index: int


@dataclass(frozen=True, slots=True)
class Heard:
    """Say what one turn of the playout played, and when."""

    at: float
    playout: Playout
    index: int | None
    """The number of the frame, where it was one."""

    @property
    def age(self) -> float:
        """Give the seconds between speaking and playing."""
        assert self.index is not None
        return self.at - self.index * FRAME


def spoken(index: int, *, first_t: int = 0) -> int:
    """Give the timestamp of frame number `index`."""
    return (first_t + index * SAMPLES) % UINT32


def listen(
    buffer: JitterBuffer,
    arrivals: Iterable[Arrival],
    *,
    until: float,
    first_t: int = 0,
    start: float = 0.0,
    pauses: tuple[tuple[float, float], ...] = (),
) -> list[Heard]:
    """Run playout from `start` to `until`; in `pauses` the reader is stopped altogether."""
    queue = sorted(arrivals, key=lambda arrival: arrival.at)
    heard: list[Heard] = []
    position = 0
    for turn in range(round((until - start) / FRAME)):
        # A little beside the speaker's grid, as a real playout is.
        now = start + turn * FRAME + 0.007
        if any(begin <= now < end for begin, end in pauses):
            continue
        while position < len(queue) and queue[position].at <= now:
            index = queue[position].index
            seen = max(queue[position].at, *(end for begin, end in pauses if begin <= now), 0.0)
            buffer.put(spoken(index, first_t=first_t), index.to_bytes(8, "big", signed=True), seen)
            position += 1
        playout = buffer.take(now)
        index = None
        if isinstance(playout, Play):
            index = int.from_bytes(playout.opus, "big", signed=True)
        heard.append(Heard(now, playout, index))
    return heard


def frames(heard: Iterable[Heard]) -> list[int]:
    """Give the numbers of the frames that were played, in order."""
    return [turn.index for turn in heard if turn.index is not None]
