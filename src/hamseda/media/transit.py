"""Learn from arrival times how long to wait for a frame, and when to start over.

A transit is arrival time minus the media time at which the frame **ended**, in seconds: a frame
leaves when its last sample was captured, so that frames of every length compare. Its zero is
unknown, because the two clocks are not the same; only differences are used (spec/media.md §4).
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass

MIN_JITTER = 0.015
"""Seconds to wait on the best of paths: two unhurried clocks of 20 ms meet in it."""

MAX_JITTER = 0.200
"""Seconds to wait for late frames: beyond it people interrupt each other."""

MAX_ROUGH_JITTER = 0.320
"""The same where frames come late again and again: it is worse not to hear each other."""

STALL = 0.300
"""Seconds behind the fastest path that are no jitter: what stood still is not a distance."""

ROUGH_STALL = 0.420
"""The same where frames come late again and again."""

_SETTLES = 1.0
_PART_SLOTS = 50
_PARTS = 30
_CALM_PARTS = 10
_FIRST_PARTS = 2
_FIRST_COUNT_FOR = 3
"""Parts after which the first ones are forgotten: the set-up of the call held them up. A rough path
remembers them, since it begins so."""

_UNSTEADY = 0.060
_ROUGH = 0.120
_TIMES = 2
"""Seconds of spread that make a path unsteady or rough, if it happened so often."""

_STREAK_HALF = 1.0
_STEADY = 0.100


@dataclass(slots=True)
class _Part:
    """Keep the extremes of one second of sound."""

    number: int
    slots: int = 0
    earliest: float = math.inf
    latest: float = -math.inf
    latest_of_all: float = -math.inf
    """With what a stall held up."""
    behind: float = 0.0
    """Most seconds behind what was the fastest then."""
    behind_roughly: float = 0.0
    """The same, with what is no stall on a rough path."""


class TransitWindow:
    """Hold the earliest of late transits, and how far the others lie behind.

    A window, not all of the past: clocks drift apart, and a path may become longer for good. It is
    of ten seconds; of thirty where the path is unsteady. The latest of it counts, not a share:
    a delay that comes and goes is heard more than one that stays.
    """

    def __init__(self) -> None:
        """Begin empty."""
        self._parts: deque[_Part] = deque(maxlen=_PARTS)
        self._stall = _Stall(STALL)
        self._rough_stall = _Stall(ROUGH_STALL)
        self.earliest = 0.0
        self.jitter = MIN_JITTER
        """Seconds to wait for the latest frame after the earliest, within the bounds."""

    def __bool__(self) -> bool:
        return bool(self._parts)

    def add(self, transit: float, slots: int, now: float) -> None:
        """Take in one arrival that fills so many slots."""
        behind = transit - self.earliest if self._parts else 0.0
        is_near = behind <= self.jitter
        is_stall = self._stall.holds(behind, now, is_over=is_near)
        if self._rough_stall.holds(behind, now, is_over=is_near):
            return
        part = self._part()
        part.slots += slots
        part.earliest = min(part.earliest, transit)
        part.latest_of_all = max(part.latest_of_all, transit)
        part.behind_roughly = max(part.behind_roughly, behind)
        if not is_stall:
            part.latest = max(part.latest, transit)
            part.behind = max(part.behind, behind)
        if part.slots == slots or not is_near or behind < 0.0:
            self._recount()

    def _part(self) -> _Part:
        if not self._parts:
            self._parts.append(_Part(0))
        elif self._parts[-1].slots >= _PART_SLOTS:
            self._parts.append(_Part(self._parts[-1].number + 1))
        return self._parts[-1]

    def _recount(self) -> None:
        parts = list(self._parts)
        if parts[-1].number >= _FIRST_COUNT_FOR:
            parts = [part for part in parts if part.number >= _FIRST_PARTS]
        calm = parts[-_CALM_PARTS:]
        self.earliest = min(part.earliest for part in calm)
        late = min(MAX_JITTER, max(part.latest for part in calm) - self.earliest)
        if _is_repeated(self._parts, _ROUGH):
            rough = max(part.behind_roughly for part in self._parts)
            late = max(late, min(MAX_ROUGH_JITTER, rough))
        elif _is_repeated(parts, _UNSTEADY):
            late = max(late, min(MAX_JITTER, max(part.behind for part in parts)))
        self.jitter = max(MIN_JITTER, late)


def _is_repeated(parts: Iterable[_Part], spread: float) -> bool:
    """Tell whether so much happened often; what lies in two neighbours happened once."""
    last = -_PARTS
    times = 0
    for part in parts:
        if part.latest_of_all - part.earliest > spread and part.number > last + 1:
            last = part.number
            times += 1
    return times >= _TIMES


class _Stall:
    """Tell what was held up by a stall: it says how long that was, not how the path is."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._until: float | None = None

    def holds(self, behind: float, now: float, *, is_over: bool) -> bool:
        """Take in how far behind the fastest path a frame came; tell whether a stall held it."""
        if is_over:
            self._until = None
        elif behind > self._seconds:
            self._until = now + _SETTLES
        return self._until is not None and now <= self._until


class TooLateStreak:
    """Tell a path that became longer for good from a backlog that is being worked off.

    Both look like frames that all come after their turn. On a longer path the smallest transit
    stays; in a backlog it shrinks, because the frames come faster than they were spoken.
    """

    def __init__(self) -> None:
        self._start: float | None = None
        self._first: float = 0.0
        self._second: float | None = None

    def clear(self) -> None:
        """End the streak: a frame came in time."""
        self._start = None

    def add(self, transit: float, now: float) -> bool:
        """Take in one frame that came too late; tell whether the path is longer for good."""
        if self._start is None:
            self._start, self._first, self._second = now, transit, None
        elif now - self._start < _STREAK_HALF:
            self._first = min(self._first, transit)
        elif now - self._start < 2 * _STREAK_HALF:
            self._second = transit if self._second is None else min(self._second, transit)
        else:
            self._start = None
            return self._second is not None and abs(self._first - self._second) < _STEADY
        return False
