"""Learn from arrival times how long to wait for a frame, and when to start over.

A transit is arrival time minus the media time at which the frame **ended**, in seconds: a frame
leaves when its last sample was captured, so that frames of every length compare. Its zero is
unknown, because the two clocks are not the same; only differences are used (spec/media.md §4).
"""

from __future__ import annotations

from collections import deque

MIN_JITTER = 0.015
"""Seconds to wait on the best of paths: two unhurried clocks of 20 ms meet in it."""

MAX_JITTER = 0.200
"""Seconds to wait for late frames at most: beyond it people interrupt each other."""

STALL = 0.300
"""Seconds behind the fastest path that are no jitter: what stood still is not a distance."""

_SETTLES = 1.0
_WINDOW_SLOTS = 500
_RECOUNT_EVERY = 10

_STREAK_HALF = 1.0
_STEADY = 0.100


class TransitWindow:
    """Hold the transits of the last ten seconds, the earliest of them and how far they spread.

    A window, not all of the past: clocks drift apart, and a path may become longer for good. The
    latest of it counts, not a share: a delay that comes and goes is heard more than one that stays.
    """

    def __init__(self) -> None:
        """Begin empty."""
        self._transits: deque[float] = deque(maxlen=_WINDOW_SLOTS)
        self._seen = 0
        self._backlog_until: float | None = None
        self.earliest = 0.0
        self.jitter = MIN_JITTER
        """Seconds by which the latest frame came after the earliest, within the bounds."""

    def __bool__(self) -> bool:
        return self._seen > 0

    def add(self, transit: float, slots: int, now: float) -> None:
        """Take one arrival in, once for each slot that it fills."""
        if self._is_backlog(transit, now):
            return
        self._transits.extend([transit] * slots)
        before = self._seen
        self._seen += slots
        is_new = before == 0 or not 0.0 <= transit - self.earliest <= self.jitter
        if is_new or before // _RECOUNT_EVERY != self._seen // _RECOUNT_EVERY:
            self._recount()

    def _is_backlog(self, transit: float, now: float) -> bool:
        """Tell what was held up by a stall: it says how long that was, not how the path is."""
        behind = transit - self.earliest
        if self._seen == 0 or behind <= self.jitter:
            self._backlog_until = None
        elif behind > STALL:
            self._backlog_until = now + _SETTLES
        return self._backlog_until is not None and now <= self._backlog_until

    def _recount(self) -> None:
        self.earliest = min(self._transits)
        spread = max(self._transits) - self.earliest
        self.jitter = min(MAX_JITTER, max(MIN_JITTER, spread))


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
