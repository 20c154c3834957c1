"""Put frames back into time: wait as long as the path asks for, and no longer.

Feed arrivals to `put` and call `take` once per frame of playout. Time is an argument, in seconds
of any one clock; frames go by slots, one slot per frame duration (spec/media.md §4).

Every slot from the first played one on is counted once, as on time, late or lost, so that
`frames_on_time + frames_late + frames_lost == frames_expected` always holds.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from hamseda.media.modes import SAMPLE_RATE
from hamseda.media.transit import TooLateStreak, TransitWindow

MAX_AGE = 0.500
"""Seconds behind the fastest path after which a frame is never played."""

MAX_JUMP = 2.0
"""Seconds by which a timestamp may run ahead before the peer's clock is taken as new."""

MAX_STORED = 50
"""Frames that are kept at most; beyond it the oldest is dropped and counted late."""

MAX_CONCEALED = 0.200
"""Seconds of concealment in a row before silence: a longer guess is a buzz."""

_REMEMBERED_SLOTS = 250
_ADJUST_EVERY = 5
_UINT32_HALF = 1 << 31
_UINT32_MASK = (1 << 32) - 1


@dataclass(frozen=True, slots=True)
class Play:
    """Decode and play this packet."""

    t: int
    opus: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Conceal:
    """Let the decoder invent one frame."""


@dataclass(frozen=True, slots=True)
class Silence:
    """Play one frame of zeros."""


Playout = Play | Conceal | Silence


@dataclass(frozen=True, slots=True)
class ReceptionStats:
    """Count what became of every slot since the first played one, over the whole call."""

    frames_expected: int
    """Slots whose turn has come."""
    frames_on_time: int
    """Frames that were there at their turn (a few of them are left out to catch up)."""
    frames_late: int
    """Frames that came after their turn, or too old to be played."""
    frames_lost: int
    """Slots without a frame so far; one that comes within five seconds is late instead."""
    buffer_ms: int
    """How far playout runs behind the fastest path, now."""


class JitterBuffer:
    """Reorder, wait, conceal and skip, for one remote voice.

    Delay grows by holding the playout for one concealed frame, and shrinks by leaving one out.
    Whatever a peer claims in its timestamps, memory is bounded and sound comes back.
    """

    def __init__(self, frame_samples: int = 960) -> None:
        """Begin empty; `frame_samples` is the duration of every frame at 48 kHz."""
        self._samples = frame_samples
        self._frame = frame_samples / SAMPLE_RATE
        self._window = TransitWindow(self._frame)
        self._streak = TooLateStreak()
        self._stored: dict[int, Play] = {}
        # Slots that were counted lost; a dict, because it keeps its order.
        self._missing: dict[int, None] = {}
        self._cursor: int | None = None
        self._first_t: int | None = None
        self._newest_t = 0
        self._now = -math.inf
        self._concealed = 0
        self._adjusted = 0
        self._delay = 0.0
        self._expected = self._on_time = self._late = 0

    def put(self, t: int, opus: bytes, now: float) -> None:
        """Take in one authenticated frame that starts at media time `t` and arrived at `now`."""
        now = self._clock(now)
        slot = self._slot(t)
        transit = now - slot * self._frame
        if self._window and transit < self._window.earliest - MAX_JUMP:
            self._resynchronise()
        if slot in self._stored:
            return
        if self._cursor is not None and slot < self._cursor:
            if self._count_late(slot):
                self._learn(transit)
            if not self._streak.add(transit, now):
                return
            self._resynchronise()
        self._streak.clear()
        self._learn(transit)
        self._stored[slot] = Play(t, opus)
        if len(self._stored) > MAX_STORED:
            self._drop_oldest()

    def take(self, now: float) -> Playout:
        """Say what to play for the next frame; `now` is the moment at which that frame is due.

        Call it once per frame duration. After a stall of the caller's own go on from the
        present: the turns that passed meanwhile are skipped and counted here.
        """
        now = self._clock(now)
        cursor = self._start(now)
        if cursor is None:
            return Silence()
        self._delay = now - self._window.earliest - cursor * self._frame
        if self._delay > MAX_AGE:
            self._skip_to_schedule(cursor)
        self._adjusted += 1
        if self._should_hold():
            self._adjusted = 0
            return self._fill()
        if self._should_leave_out():
            self._adjusted = 0
            self._next()
            self._delay -= self._frame
        return self._next() or self._fill()

    def stats(self) -> ReceptionStats:
        """Give the counts so far."""
        lost = self._expected - self._on_time - self._late
        buffer_ms = max(0, round(self._delay * 1000))
        return ReceptionStats(self._expected, self._on_time, self._late, lost, buffer_ms)

    def __len__(self) -> int:
        return len(self._stored)

    def _clock(self, now: float) -> float:
        self._now = max(self._now, now)
        return self._now

    def _slot(self, t: int) -> int:
        """Unwrap `t` beside the previous one and round it to a slot."""
        if self._first_t is None:
            self._first_t = self._newest_t = t
        self._newest_t += ((t - self._newest_t + _UINT32_HALF) & _UINT32_MASK) - _UINT32_HALF
        return (self._newest_t - self._first_t + self._samples // 2) // self._samples

    def _learn(self, transit: float) -> None:
        # A backlog says how long the stall was, not how long the path is.
        if not self._window or transit - self._window.earliest <= MAX_AGE:
            self._window.add(transit)

    def _resynchronise(self) -> None:
        """Forget where the peer's time was; the counts go on."""
        self._window = TransitWindow(self._frame)
        self._streak.clear()
        self._stored.clear()
        self._missing.clear()
        self._cursor = None

    def _start(self, now: float) -> int | None:
        """Give the slot whose turn it is, or None as long as playout has not begun."""
        if self._cursor is not None or not self._stored:
            return self._cursor
        first = min(self._stored)
        delay = now - self._window.earliest - first * self._frame
        if delay < self._window.target:
            return None
        # What is behind the schedule from the beginning was never expected to be heard.
        self._cursor = first + int((delay - self._window.target) / self._frame)
        for slot in [slot for slot in self._stored if slot < self._cursor]:
            del self._stored[slot]
        return self._cursor

    def _skip_to_schedule(self, cursor: int) -> None:
        behind = math.ceil((self._delay - self._window.target) / self._frame)
        self._skip_to(cursor, cursor + behind)
        self._delay -= behind * self._frame

    def _skip_to(self, cursor: int, target: int) -> None:
        """Leave out the slots from `cursor` up to `target`: what is there came too late."""
        passed = [slot for slot in self._stored if slot < target]
        for slot in passed:
            del self._stored[slot]
        self._expected += target - cursor
        self._late += len(passed)
        for slot in range(max(cursor, target - _REMEMBERED_SLOTS), target):
            self._remember_missing(slot)
        for slot in passed:
            self._missing.pop(slot, None)
        self._cursor = target

    def _drop_oldest(self) -> None:
        oldest = min(self._stored)
        if self._cursor is None:
            del self._stored[oldest]
        else:
            self._skip_to(self._cursor, oldest + 1)

    def _should_hold(self) -> bool:
        """Tell whether to grow: at once when nothing is there, else not in every frame."""
        if self._delay >= self._window.target - self._frame:
            return False
        return not self._stored or self._adjusted >= _ADJUST_EVERY

    def _should_leave_out(self) -> bool:
        """Tell whether to shrink: several frames too many, and one to go on with."""
        if self._delay <= self._window.target + 2 * self._frame:
            return False
        return self._adjusted >= _ADJUST_EVERY and self._cursor_plus(1) in self._stored

    def _cursor_plus(self, slots: int) -> int:
        return (self._cursor or 0) + slots

    def _next(self) -> Play | None:
        """Count the slot whose turn it is, and give its frame if it is there."""
        slot = self._cursor_plus(0)
        self._cursor = slot + 1
        self._expected += 1
        play = self._stored.pop(slot, None)
        if play is None:
            self._remember_missing(slot)
            return None
        self._on_time += 1
        self._concealed = 0
        return play

    def _fill(self) -> Conceal | Silence:
        self._concealed += 1
        return Conceal() if self._concealed * self._frame <= MAX_CONCEALED else Silence()

    def _count_late(self, slot: int) -> bool:
        """Count a missing slot late; a duplicate, or what is long forgotten, is no news."""
        if slot not in self._missing:
            return False
        del self._missing[slot]
        self._late += 1
        return True

    def _remember_missing(self, slot: int) -> None:
        self._missing[slot] = None
        if len(self._missing) > _REMEMBERED_SLOTS:
            del self._missing[next(iter(self._missing))]
