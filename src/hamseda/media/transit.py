"""Learn from arrival times how long to wait for a frame, and when to start over.

A transit is arrival time minus media time, in seconds. Its zero is unknown, because the two
clocks are not the same; only differences are used (spec/media.md §4).
"""

from __future__ import annotations

from collections import deque

INITIAL_TARGET = 0.060
MIN_TARGET = 0.040
MAX_TARGET = 0.400

_WINDOW_FRAMES = 500
_LEARNED_FRAMES = 100
_QUANTILE = 0.97
_RECOUNT_EVERY = 10

_STREAK_HALF = 1.0
_STEADY = 0.100


class TransitWindow:
    """Hold the last ten seconds of transits, the earliest of them and the delay they ask for.

    A window, not all of the past: clocks drift apart, and a path may become longer for good.
    """

    def __init__(self, frame: float) -> None:
        """Begin empty; `frame` is the duration of one frame in seconds."""
        self._frame = frame
        self._transits: deque[float] = deque(maxlen=_WINDOW_FRAMES)
        self._seen = 0
        self.earliest = 0.0
        self.target = INITIAL_TARGET

    def __bool__(self) -> bool:
        return self._seen > 0

    def add(self, transit: float) -> None:
        """Take one arrival in."""
        self._transits.append(transit)
        self._seen += 1
        if transit < self.earliest or self._seen == 1 or self._seen % _RECOUNT_EVERY == 0:
            self._recount()

    def _recount(self) -> None:
        ordered = sorted(self._transits)
        self.earliest = ordered[0]
        spread = ordered[int(_QUANTILE * (len(ordered) - 1))] - ordered[0]
        # Few frames say little: no shorter than the initial delay until there are enough.
        floor = INITIAL_TARGET if self._seen < _LEARNED_FRAMES else MIN_TARGET
        self.target = min(MAX_TARGET, max(floor, spread + self._frame))


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
