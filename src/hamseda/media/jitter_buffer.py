"""Put frames back into time: wait as long as the path asks for, and no longer.

Feed arrivals to `put`; call `take` whenever the player has less than one slot of sound left. Time
is an argument, in seconds of any one clock (spec/media.md §4).

Delay is the time from the capture of a sample to its playout, beyond the fastest path seen. A
frame that lasts n slots is n slots old when it leaves, so the wanted delay is that and the jitter.

Every slot from the first played one on is counted once, as on time, late or lost, so that
`frames_on_time + frames_late + frames_lost == frames_expected` always holds.
"""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass, field

from hamseda.media.modes import MAX_SLOTS, SLOT_SAMPLES, SLOT_SECONDS
from hamseda.media.playout import Conceal, Play, Playout, ReceptionStats, Silence, Stretch
from hamseda.media.transit import TooLateStreak, TransitWindow

MAX_BEHIND = 0.160
"""Seconds behind the wanted delay that are caught up by stretching; more is left out at once."""

OLDEST = 0.500
"""Seconds of delay at most: nothing older is played, however long frames last."""

MAX_JUMP = 2.0
"""Seconds by which a timestamp may run ahead before the peer's clock is taken as new."""

MAX_STORED = 50
"""Frames that are kept at most; beyond it the oldest is dropped and counted late."""

MAX_CONCEALED = 0.200
"""Seconds of concealment in a row before silence: a longer guess is a buzz."""

_REMEMBERED_SLOTS = 250
_FAR_OFF = 0.040
"""Seconds off the wanted delay beyond which speech is stretched too, not pauses alone."""

_UNHURRIED_SLOTS = 10
"""Slots between two stretches of speech."""

_RECENT_SLOTS = 10
_UINT32_HALF = 1 << 31
_UINT32_MASK = (1 << 32) - 1


@dataclass(frozen=True, slots=True)
class _Stored:
    t: int
    opus: bytes = field(repr=False)
    start: int
    end: int
    """The slot after the last one that this packet fills."""
    arrived: float


@dataclass(frozen=True, slots=True)
class _Turn:
    """Keep, of a slot since the last adjustment, what the next one goes by; in seconds."""

    age: float
    delay: float
    waited: float
    """From the arrival of its packet."""


class JitterBuffer:
    """Reorder, wait, conceal, stretch and skip, for one remote voice.

    Where nothing is there to be played, playout waits: the turn is concealed, and what comes
    a moment later is still heard. Stretching takes the time back. Whatever a peer claims in its
    timestamps, memory is bounded and sound comes back.
    """

    def __init__(self) -> None:
        """Begin empty."""
        self._window = TransitWindow()
        self._streak = TooLateStreak()
        self._stored: dict[int, _Stored] = {}
        # Slots whose turn was concealed; a dict, because it keeps its order.
        self._missing: dict[int, None] = {}
        # The slot to be played next.
        self._cursor: int | None = None
        # The slot after the last one that had its turn: beyond the cursor while playout waits.
        self._counted = 0
        # The slots of the newest packet.
        self._span = 1
        self._first_t: int | None = None
        self._newest_t = 0
        self._now = -math.inf
        self._concealed = 0
        self._recent: deque[_Turn] = deque(maxlen=_RECENT_SLOTS)
        self._steady_slots = 0
        self._delay = 0.0
        self._expected = self._on_time = self._late = 0

    def put(self, t: int, opus: bytes, slots: int, now: float) -> None:
        """Take in one authenticated frame that starts at media time `t` and arrived at `now`."""
        now = self._clock(now)
        slots = min(max(slots, 1), MAX_SLOTS)
        start = self._slot(t)
        end = start + slots
        transit = now - end * SLOT_SECONDS
        if self._window and transit < self._window.earliest - MAX_JUMP:
            self._resynchronise()
        if start in self._stored:
            return
        was_missing = self._count_arrived(start, end, transit)
        if self._cursor is not None and end <= self._cursor:
            if was_missing:
                self._window.add(transit, slots, now)
            if not self._streak.add(transit, now):
                return
            self._resynchronise()
        self._streak.clear()
        self._window.add(transit, slots, now)
        self._span = slots
        self._stored[start] = _Stored(t, opus, start, end, now)
        if len(self._stored) > MAX_STORED:
            self._drop_oldest()

    def take(self, now: float, pending: float) -> Playout:
        """Say what to play next; `pending` is the seconds of sound that still wait in the player.

        Call it at the moment `now` at which the player has less than one slot left. After a stall
        of the caller's own go on from the present: the turns that passed meanwhile are skipped
        and counted here.
        """
        now = self._clock(now)
        cursor = self._begin(now)
        if cursor is None:
            return Silence()
        passed = self._too_late_slots(cursor, self._age(cursor, now) + pending - self._target)
        if passed > 0:
            self._skip_to(cursor, cursor + passed)
            self._note_adjusted()
        cursor = self._pass_missing()
        age = self._age(cursor, now)
        self._delay = age + pending
        stored = self._find(cursor)
        if stored is None:
            return self._wait()
        self._advance(cursor, stored.end)
        turn = _Turn(age, self._delay, now - stored.arrived)
        self._recent.extend([turn] * (stored.end - cursor))
        return Play(stored.t, stored.opus, cursor - stored.start, self._choose_stretch())

    def stats(self) -> ReceptionStats:
        """Give the counts so far; a slot that playout waits for has no fate yet."""
        cursor = self._cursor
        waiting = 0 if cursor is None else sum(slot >= cursor for slot in self._missing)
        expected = self._expected - waiting
        lost = expected - self._on_time - self._late
        waited = self._delay - self._span * SLOT_SECONDS
        return ReceptionStats(
            expected, self._on_time, self._late, lost, max(0, math.floor(waited * 1000 + 0.5))
        )

    def __len__(self) -> int:
        return len(self._stored)

    @property
    def _target(self) -> float:
        """Give the wanted delay: what a packet lasts, and what the latest came later."""
        return self._span * SLOT_SECONDS + self._window.jitter

    def _age(self, slot: int, now: float) -> float:
        """Give the seconds since a slot would have left on the fastest path."""
        return now - self._window.earliest - slot * SLOT_SECONDS

    def _clock(self, now: float) -> float:
        self._now = max(self._now, now)
        return self._now

    def _slot(self, t: int) -> int:
        """Unwrap `t` beside the previous one and round it to a slot."""
        if self._first_t is None:
            self._first_t = self._newest_t = t
        self._newest_t += ((t - self._newest_t + _UINT32_HALF) & _UINT32_MASK) - _UINT32_HALF
        return (self._newest_t - self._first_t + SLOT_SAMPLES // 2) // SLOT_SAMPLES

    def _resynchronise(self) -> None:
        """Forget where the peer's time was; the counts go on."""
        self._window = TransitWindow()
        self._streak.clear()
        self._stored.clear()
        self._missing.clear()
        self._cursor = None
        self._note_adjusted()

    def _begin(self, now: float) -> int | None:
        """Give the slot whose turn it is, or None as long as playout has not begun."""
        if self._cursor is not None or not self._stored:
            return self._cursor
        first = min(self._stored)
        beyond = self._age(first, now) - self._target
        if beyond < 0.0:
            return None
        # What is behind the schedule from the beginning was never expected to be heard.
        self._cursor = self._counted = first + math.floor(beyond / SLOT_SECONDS)
        self._forget_before(self._cursor)
        return self._cursor

    def _too_late_slots(self, cursor: int, behind: float) -> int:
        """Count the slots to be left out when playout is `behind` the wanted delay.

        Where the voice has been gone for so long that silence was played, nothing is gained by
        saying the last of what was missed: it begins again in the present.
        """
        passed = math.ceil((behind - min(MAX_BEHIND, OLDEST - self._target)) / SLOT_SECONDS)
        if self._stored and self._concealed * SLOT_SECONDS > MAX_CONCEALED:
            newest = max(self._stored) - cursor
            return max(passed, min(math.floor(behind / SLOT_SECONDS), newest))
        return passed

    def _find(self, cursor: int) -> _Stored | None:
        """Give the packet that fills the slot, its first slots perhaps passed."""
        for start in range(cursor, cursor - MAX_SLOTS, -1):
            stored = self._stored.get(start)
            if stored is not None and stored.end > cursor:
                return stored
        return None

    def _pass_missing(self) -> int:
        """Go on to the next packet over slots that were concealed already; give the cursor."""
        cursor = self._cursor or 0
        if self._counted > cursor and self._stored and self._find(cursor) is None:
            cursor = min(self._counted, *self._stored)
            self._cursor = cursor
        return cursor

    def _advance(self, cursor: int, end: int) -> None:
        """Count the slots from `cursor` up to `end` as played."""
        fresh = max(0, end - self._counted)
        self._expected += fresh
        self._on_time += fresh
        self._steady_slots += end - cursor
        self._concealed = 0
        self._go_to(end)

    def _skip_to(self, cursor: int, target: int) -> None:
        """Leave out the slots from `cursor` up to `target`: what is there came too late."""
        begin = max(cursor, self._counted)
        passed = {
            slot
            for stored in self._stored.values()
            for slot in range(max(stored.start, begin), min(stored.end, target))
        }
        self._expected += max(0, target - begin)
        self._late += len(passed)
        for slot in range(max(begin, target - _REMEMBERED_SLOTS), target):
            if slot not in passed:
                self._remember_missing(slot)
        self._go_to(target)

    def _go_to(self, slot: int) -> None:
        self._cursor = slot
        self._counted = max(self._counted, slot)
        self._forget_before(slot)

    def _forget_before(self, slot: int) -> None:
        for stored in [stored for stored in self._stored.values() if stored.end <= slot]:
            del self._stored[stored.start]

    def _drop_oldest(self) -> None:
        oldest = self._stored[min(self._stored)]
        if self._cursor is None:
            del self._stored[oldest.start]
        else:
            self._skip_to(self._cursor, oldest.end)

    def _wait(self) -> Conceal | Silence:
        """Let a turn pass; what it was meant for is still played if it comes soon."""
        self._expected += 1
        self._remember_missing(self._counted)
        self._counted += 1
        self._note_adjusted()
        self._concealed += 1
        return Conceal() if self._concealed * SLOT_SECONDS <= MAX_CONCEALED else Silence()

    def _note_adjusted(self) -> None:
        self._recent.clear()
        self._steady_slots = 0

    def _choose_stretch(self) -> Stretch:
        """Tell whether playout should gain or lose time; the least of the last slots decides.

        In pauses it may be done at once; in speech one stretch is not heard, many are.

        A device may ask for two slots at once and then for none: the second of them is as old as
        its packet must be.
        """
        excess = min(turn.delay for turn in self._recent) - self._target
        shortage = self._target - min(turn.age for turn in self._recent)
        off = max(excess, shortage)
        if off <= SLOT_SECONDS:
            return Stretch.NONE
        # What comes at the last moment leaves no time to be gained, whatever is wanted.
        if excess > shortage and min(turn.waited for turn in self._recent) < SLOT_SECONDS:
            return Stretch.NONE
        if off <= _FAR_OFF or self._steady_slots < _UNHURRIED_SLOTS:
            return Stretch.SHORTER_IN_PAUSE if excess > shortage else Stretch.LONGER_IN_PAUSE
        self._note_adjusted()
        return Stretch.SHORTER if excess > shortage else Stretch.LONGER

    def _count_arrived(self, start: int, end: int, transit: float) -> bool:
        """Count the missing slots that a packet brings; a duplicate is no news."""
        brought = [slot for slot in range(start, end) if slot in self._missing]
        for slot in brought:
            del self._missing[slot]
        # The first packet of a mode with longer frames is no later than it can be.
        is_early = transit - self._window.earliest <= self._window.jitter
        if is_early and end - start > self._span:
            self._on_time += len(brought)
        else:
            self._late += len(brought)
        return bool(brought)

    def _remember_missing(self, slot: int) -> None:
        self._missing[slot] = None
        if len(self._missing) > _REMEMBERED_SLOTS:
            del self._missing[next(iter(self._missing))]
