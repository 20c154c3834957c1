"""Decide what this side sends: the mode, and whether each frame goes on two lines.

Nothing is agreed with the other side: it goes by what is heard here and what is reported
(spec/media.md §6, ADR 0014). Time is an argument, in seconds of any one clock.
"""

from __future__ import annotations

import math
from collections import deque

from hamseda.media.modes import LADDER, STANDARD, Mode
from hamseda.media.playout import ReceptionStats

SETTLING = 2.0
"""Seconds from the first frame on: what comes late meanwhile, the set-up of the call held up."""

LOOK = 0.25
"""Seconds between two looks at what was dropped here, and at what stands in for reports."""

_UNREPORTED = 1.4
"""Seconds without a report after which what is heard here stands in for it."""

_HEARD_SECONDS = 1.0

_LATE_SLOTS = 2
_LATE_SECONDS = 2.0
_SAMPLE_SECONDS = 0.25

_GOOD = 0.98
_BAD_WHILE_DOUBLED = 0.85
_BAD = 0.60
_DROPPED = 0.10
_FITS = 0.85

_CONFIRMED_AFTER = 0.7
_DROPPED_FOR = 0.95
_FORGOTTEN_AFTER = 3.0
"""Seconds between two bad signs that tell a path too narrow from one that stood still once."""

_DOUBLED_TAKES = 2.0
_SINGLE_WHEN_NARROW = 12.0
"""Seconds without doubling after a step down: what waits in a narrow path has to get through, and
the handshakes of a spare line are as much as seconds of speech."""
_SINGLE_AFTER = 30.0
_SINGLE_AFTER_MOST = 600.0
_RELAPSE = 30.0

_UP_AFTER = 1.0
_UP_AFTER_FAILURE = 10.0
_UP_AFTER_MOST = 60.0
_TRIAL = 3.0
"""Seconds after a step up in which one bad sign takes it back."""

_SETTLES = 2.0
"""Seconds after a step down, or after a cut, in which reports tell of the time before it."""
_SETTLES_UP = 0.9

_JUST_NOW = 0.1
_ONE_SILENCE = 0.5
"""Seconds between two tellings of silence that belong to two silences."""
_CUT = 1.0
"""Seconds of told silence from which on it is a cut, into which the smallest mode is spoken; less
is what a narrow path does too."""
_LONG_CUT = 2.0
"""Seconds of told silence after which the path may be another one."""


class Adaptation:
    """Choose mode and doubling for one direction of a call."""

    def __init__(self, ceiling: Mode = STANDARD) -> None:
        """Begin with the best mode that the person allows, single."""
        self._ceiling = LADDER.index(ceiling)
        self._step = self._ceiling
        self._double = _Doubling()
        self._good_since: float | None = None
        self._bad_since = -math.inf
        self._least = 1.0
        self._is_dropping = False
        self._settled_from = -math.inf
        self._silent_since = -math.inf
        self._silent_at = -math.inf
        self._is_careful = False
        self._was_long = False
        self._climbed_at = -math.inf
        self._waits: dict[int, float] = {}
        self._settled_at = math.inf
        self._reported_at = -math.inf
        # What was heard here, at moments of the last second.
        self._heard: deque[tuple[float, ReceptionStats]] = deque()

    @property
    def mode(self) -> Mode:
        """Give the mode to speak in from the next frame on."""
        return LADDER[-1] if self._is_careful else LADDER[self._step]

    @property
    def is_doubled(self) -> bool:
        """Tell whether a spare line is wanted and each message goes on both."""
        return self._double.is_wanted

    def choose(self, ceiling: Mode) -> None:
        """Never go above the mode that the person chose; go there at once if nothing forbids."""
        was_free = self._step == self._ceiling
        self._ceiling = LADDER.index(ceiling)
        self._step = self._ceiling if was_free else max(self._step, self._ceiling)
        self._good_since = None

    def heard(self, now: float) -> None:
        """Take in that a frame was heard; the first one tells when the call begins to count."""
        self._settled_at = min(self._settled_at, now + SETTLING)

    def heard_report(self, on_time: float, now: float, *, arrived: float | None = None) -> None:
        """Take in the shares (0 to 1) of our slots that the last report calls on time, and here.

        `arrived` counts the late ones in; without it what is on time is all that arrived.
        """
        self._reported_at = now
        if now >= self._settled_at:
            self._judge(on_time, on_time if arrived is None else max(on_time, arrived), now)

    def _judge(self, on_time: float, arrived: float, now: float) -> None:
        if self._is_settling(now):
            return
        if self._is_careful:
            self._end_care(on_time, now)
        if on_time < _GOOD:
            self._good_since = None
            if self._is_on_trial(now) and on_time < _BAD_WHILE_DOUBLED:
                self._take_back(now)
                return
            self._double.note_trouble(now)
        self._is_dropping = False
        worst = _BAD_WHILE_DOUBLED if self._double.is_in_use(now) else _BAD
        if on_time >= worst:
            self._bad_since = -math.inf
            if on_time >= _GOOD:
                self._note_good(now)
        elif self._is_confirmed(arrived, now):
            self._go_down(now)

    def sender_dropped(self, share: float, now: float) -> None:
        """Take in the share (0 to 1) of frames since the last look that never left this side."""
        if self._is_settling(now):
            return
        if share <= _DROPPED:
            if self._is_dropping:
                self._bad_since = -math.inf
            return
        self._is_dropping = True
        if self._is_on_trial(now):
            self._take_back(now)
        elif self._is_confirmed(1.0 - share, now, after=_DROPPED_FOR):
            self._go_down(now)

    def received(self, stats: ReceptionStats, now: float) -> None:
        """Take in how frames arrive here; call it as often as convenient."""
        if now < self._settled_at:
            return
        self._double.note_received(stats.frames_late + stats.frames_lost, now)
        if not self._heard or now - self._heard[-1][0] >= LOOK:
            self._stand_in(stats, now)

    def _stand_in(self, stats: ReceptionStats, now: float) -> None:
        """Take what is heard here for what the other side hears, where its reports do not come.

        A path that is too narrow both ways loses them with the frames.
        """
        while len(self._heard) > 1 and now - self._heard[1][0] >= _HEARD_SECONDS:
            self._heard.popleft()
        self._heard.append((now, stats))
        before = self._heard[0][1]
        expected = stats.frames_expected - before.frames_expected
        if expected <= 0 or now - self._reported_at < _UNREPORTED:
            return
        on_time = stats.frames_on_time - before.frames_on_time
        late = stats.frames_late - before.frames_late
        arrived = min(1.0, max(0.0, (on_time + late) / expected))
        self._judge(on_time / expected, arrived, now)

    def silent(self, now: float) -> None:
        """Take in that nothing has been heard for 500 ms; call it again while it goes on.

        A cut is repaired by no mode, and what comes back after it is as before. Yet while it lasts
        the smallest mode is spoken: what seems cut may be so narrow that nothing gets through.
        """
        if now - self._silent_at > _ONE_SILENCE:
            self._silent_since = now
        self._silent_at = now
        self._is_careful |= now - self._silent_since >= _CUT
        self._was_long |= now - self._silent_since >= _LONG_CUT
        self._good_since = None
        self._double.note_trouble(now)

    def stood_still(self, seconds: float, now: float) -> None:
        """Take in that this side itself did nothing for so long: what is told of it is no path."""
        self._silent_since, self._silent_at = now - seconds, now
        self._good_since = None
        self._heard.clear()

    def _is_settling(self, now: float) -> bool:
        if now < self._settled_from:
            return True
        since = now - self._silent_at
        if since < _JUST_NOW:
            # Silence alone is a cut; silence on top of bad reports is a path that is too narrow.
            return now - self._bad_since > _FORGOTTEN_AFTER
        return since < _SETTLES and self._silent_at - self._silent_since >= _CUT

    def _end_care(self, on_time: float, now: float) -> None:
        was_long, self._is_careful, self._was_long = self._was_long, False, False
        if on_time < _GOOD or was_long:
            self._change(len(LADDER) - 1, now, settles=0.0)

    def _is_on_trial(self, now: float) -> bool:
        return now - self._climbed_at < _TRIAL

    def _is_confirmed(self, arrived: float, now: float, *, after: float = _CONFIRMED_AFTER) -> bool:
        """Note that it is bad; tell whether it was so a moment ago too.

        A connection that stands still for once needs the spare line, not a smaller mode: the mode
        would take away the very line that helps.
        """
        since = now - self._bad_since
        if since > _FORGOTTEN_AFTER:
            self._bad_since, self._least = now, arrived
        self._least = min(self._least, arrived)
        return after <= since <= _FORGOTTEN_AFTER

    def _go_down(self, now: float) -> None:
        """Take the largest mode that fits the least that arrived, at least one step lower."""
        self._is_careful = self._was_long = False
        arrived = self._least * self.mode.wire_kbit_s
        lower = range(self._step + 1, len(LADDER))
        fitting = [step for step in lower if LADDER[step].wire_kbit_s <= _FITS * arrived]
        self._good_since = None
        self._double.give_up(now)
        self._change(min(fitting, default=len(LADDER) - 1), now, settles=_SETTLES)

    def _take_back(self, now: float) -> None:
        """End a step up that failed, and try that mode again later than the last time."""
        wait = self._waits.get(self._step, _UP_AFTER_FAILURE / 2)
        self._waits[self._step] = min(2 * wait, _UP_AFTER_MOST)
        self._double.give_up(now)
        self._change(min(self._step + 1, len(LADDER) - 1), now, settles=_SETTLES)

    def _note_good(self, now: float) -> None:
        if self._good_since is None:
            self._good_since = now
        if self._step <= self._ceiling:
            return
        if now - self._good_since >= self._waits.get(self._step - 1, _UP_AFTER):
            self._waits.pop(self._step, None)
            self._climbed_at = now
            self._good_since = None
            self._change(self._step - 1, now, settles=_SETTLES_UP)

    def _change(self, step: int, now: float, *, settles: float) -> None:
        if step > self._step:
            self._climbed_at = -math.inf
        self._step = step
        self._settled_from = now + settles
        self._bad_since = -math.inf


class _Doubling:
    """Want a second line when frames come late, and no longer than that helps."""

    def __init__(self) -> None:
        self.is_wanted = False
        self._since = 0.0
        self._trouble_at = -math.inf
        self._wait = _SINGLE_AFTER
        self._given_up_at = -math.inf
        self._forbidden_until = -math.inf
        # The count of slots that were late or lost, at moments of the last two seconds.
        self._missed: deque[tuple[float, int]] = deque()

    def is_in_use(self, now: float) -> bool:
        """Tell whether doubling has had its time to help."""
        return self.is_wanted and now - self._since >= _DOUBLED_TAKES

    def note_trouble(self, now: float) -> None:
        """Double, or go on doing so."""
        self._trouble_at = now
        if self.is_wanted or now < self._forbidden_until:
            return
        is_relapse = now - self._given_up_at < _RELAPSE
        self._wait = min(2 * self._wait, _SINGLE_AFTER_MOST) if is_relapse else _SINGLE_AFTER
        self.is_wanted = True
        self._since = now

    def note_received(self, missed: int, now: float) -> None:
        """Take in the count of slots that were late or lost since the call began."""
        if self._missed and now - self._missed[-1][0] < _SAMPLE_SECONDS:
            return
        while self._missed and now - self._missed[0][0] > _LATE_SECONDS:
            self._missed.popleft()
        self._missed.append((now, missed))
        if missed - self._missed[0][1] >= _LATE_SLOTS:
            self.note_trouble(now)
        elif self.is_wanted and now - self._trouble_at >= self._wait:
            self.is_wanted = False
            self._given_up_at = now

    def give_up(self, now: float) -> None:
        """End at once: what is too narrow for one copy is too narrow for two."""
        self.is_wanted = False
        self._forbidden_until = now + _SINGLE_WHEN_NARROW
