"""A call takes the most that its network carries, and twice when that is what helps."""

from __future__ import annotations

from collections import deque
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from hamseda.media.adaptation import Adaptation
from hamseda.media.modes import LADDER, LAST_RESORT, SAVER, STANDARD, STANDARD_40, SURVIVAL, Mode
from hamseda.media.playout import ReceptionStats


def begun(ceiling: Mode = STANDARD) -> Adaptation:
    """Give what decides in a call that began long ago."""
    adaptation = Adaptation(ceiling)
    adaptation.heard(-10.0)
    return adaptation


def missed(late: int, lost: int = 0) -> ReceptionStats:
    """Give counts of which only late and lost are looked at."""
    return ReceptionStats(100 * (late + lost), 99 * (late + lost), late, lost, 0)


def reports(adaptation: Adaptation, share: float, begin: float, end: float) -> float:
    """Report the same share once a second; give the second after the last."""
    now = begin
    while now < end:
        adaptation.heard_report(share, now)
        now += 1.0
    return now


def test_a_clean_call_pays_for_nothing() -> None:
    """Standard, on one line, for as long as nothing is wrong."""
    adaptation = begun()
    for second in range(600):
        adaptation.heard_report(1.0, float(second))
        adaptation.received(missed(0), float(second))
        assert (adaptation.mode, adaptation.is_doubled) == (STANDARD, False)


def test_two_late_slots_double_within_a_second() -> None:
    """What the second line would have saved is heard only once."""
    adaptation = begun()
    adaptation.received(missed(0), 0.0)
    adaptation.received(missed(1), 0.5)
    assert not adaptation.is_doubled
    adaptation.received(missed(1, 1), 1.0)
    assert adaptation.is_doubled


def test_the_other_side_is_believed_when_it_hears_badly() -> None:
    """My frames come late over there: I cannot hear it, so it is reported."""
    adaptation = begun()
    adaptation.heard_report(0.97, 1.0)
    assert (adaptation.mode, adaptation.is_doubled) == (STANDARD, True)


def test_a_short_silence_changes_no_sound_after_it() -> None:
    """A cut is no narrow path; what nobody hears while it lasts may as well be small."""
    adaptation = begun()
    for tick in range(90):
        adaptation.silent(tick * 0.020)
        adaptation.sender_dropped(1.0, tick * 0.020)
        if tick < 50:
            assert (adaptation.mode, adaptation.is_doubled) == (STANDARD, True)
    assert (adaptation.mode, adaptation.is_doubled) == (LAST_RESORT, True)
    adaptation.heard_report(0.0, 2.5)
    adaptation.heard_report(0.3, 3.5)
    assert adaptation.mode is LAST_RESORT, "they tell of the time before"
    adaptation.heard_report(1.0, 4.5)
    assert adaptation.mode is STANDARD


def test_after_a_long_silence_the_path_has_to_show_what_it_carries() -> None:
    """Who comes back may be in another network; standard sound is ten seconds away."""
    adaptation = begun()
    for tick in range(250):
        adaptation.silent(tick * 0.020)
    adaptation.heard_report(1.0, 7.5)
    assert adaptation.mode is LAST_RESORT
    reports(adaptation, 1.0, 8.5, 17.5)
    assert adaptation.mode is STANDARD


def test_a_short_silence_after_a_long_one_does_not_make_it_short() -> None:
    """The path may still be another one, and the large mode would cut it again."""
    adaptation = begun()
    for tick in range(150):
        adaptation.silent(tick * 0.020)
    for tick in range(6):
        adaptation.silent(3.7 + tick * 0.020)
    adaptation.heard_report(1.0, 6.5)
    assert adaptation.mode is LAST_RESORT


def test_a_path_that_is_still_bad_after_a_cut_is_not_trusted() -> None:
    """Who comes back into a tunnel's mouth keeps the mode that got through."""
    adaptation = begun()
    for tick in range(250):
        adaptation.silent(tick * 0.020)
    reports(adaptation, 0.9, 7.5, 12.0)
    assert adaptation.mode is LAST_RESORT


def test_short_silences_do_not_hide_a_narrow_path() -> None:
    """Where too much is sent there are gaps of half a second all the time."""
    adaptation = begun()
    adaptation.sender_dropped(0.5, 1.0)
    adaptation.silent(1.9)
    adaptation.sender_dropped(0.9, 2.0)
    assert adaptation.mode is LAST_RESORT
    adaptation = begun()
    adaptation.silent(1.0)
    adaptation.heard_report(0.3, 1.5)
    adaptation.silent(2.3)
    adaptation.heard_report(0.3, 2.5)
    assert adaptation.mode is LAST_RESORT


def test_the_spare_line_is_given_up_after_half_a_minute() -> None:
    """Twice the data is for as long as it helps."""
    adaptation = begun()
    adaptation.silent(0.0)
    for quarter in range(1, 119):
        adaptation.received(missed(0), quarter / 4)
        assert adaptation.is_doubled
    adaptation.received(missed(0), 30.0)
    assert not adaptation.is_doubled


def test_relapses_are_waited_out_longer_and_longer() -> None:
    """A path that is bad each minute is doubled for good, not switched each minute."""
    adaptation = begun()
    now, waits = 0.0, list[float]()
    for _ in range(7):
        adaptation.silent(now)
        since = now
        while adaptation.is_doubled:
            now += 0.5
            adaptation.received(missed(0), now)
        waits.append(now - since)
        now += 5.0
    assert waits == [30.0, 60.0, 120.0, 240.0, 480.0, 600.0, 600.0]
    adaptation.received(missed(0), now + 60.0)
    adaptation.silent(now + 60.0)
    adaptation.received(missed(0), now + 90.0)
    assert not adaptation.is_doubled, "a good minute is forgiven"


def test_a_narrow_path_gets_the_largest_mode_that_fits() -> None:
    """What arrived is what fits; 85 % of it leaves room for what was queued."""
    for share, mode in (
        (0.85 * 0.99, STANDARD),
        (0.59, SAVER),
        (0.40, SURVIVAL),
        (0.1, LAST_RESORT),
    ):
        adaptation = begun()
        adaptation.heard_report(share, 1.0)
        assert adaptation.mode is STANDARD
        adaptation.heard_report(share, 2.0)
        assert adaptation.mode is mode, share


def test_a_connection_that_stands_still_once_costs_no_quality() -> None:
    """A smaller mode would give up the spare line that carries the call meanwhile: 2 s of silence.

    So one bad report doubles; the second one in a row means that the path is narrow.
    """
    adaptation = begun()
    adaptation.sender_dropped(0.3, 0.9)
    adaptation.heard_report(0.55, 1.0)
    assert (adaptation.mode, adaptation.is_doubled) == (STANDARD, True)
    adaptation.heard_report(1.0, 2.0)
    adaptation.heard_report(0.55, 3.0)
    assert (adaptation.mode, adaptation.is_doubled) == (STANDARD, True)


def test_the_set_up_of_a_call_is_no_trouble() -> None:
    """What comes late in the first two seconds, the set-up held up."""
    adaptation = Adaptation()
    adaptation.heard_report(0.0, 0.5)
    adaptation.heard(1.0)
    adaptation.received(missed(50), 1.5)
    adaptation.heard_report(0.0, 1.9)
    adaptation.heard(2.9)
    adaptation.heard_report(0.0, 2.9)
    adaptation.received(missed(60), 3.0)
    adaptation.received(missed(61), 3.5)
    assert (adaptation.mode, adaptation.is_doubled) == (STANDARD, False)
    adaptation.received(missed(62), 4.0)
    assert adaptation.is_doubled


def heard_so_far(second: float, arriving: float) -> ReceptionStats:
    """Give the counts of a path on which this share has come in time from the beginning."""
    expected = round(50 * second)
    on_time = round(arriving * expected)
    return ReceptionStats(expected, on_time, 0, expected - on_time, 0)


def test_what_is_heard_here_stands_in_for_reports_that_do_not_come() -> None:
    """A path that is narrow both ways loses the reports with the frames."""
    for is_reported in (False, True):
        adaptation = begun()
        for turn in range(1, 160):
            now = turn * 0.020
            adaptation.received(heard_so_far(now, 0.4), now)
            if is_reported and turn % 50 == 0:
                adaptation.heard_report(0.9, now)
        assert adaptation.mode is (STANDARD if is_reported else SURVIVAL)


def test_a_process_that_stood_still_takes_it_for_no_narrow_path() -> None:
    """Who closes the lid for a moment must not sound worse for half a minute after it."""
    for has_told in (False, True):
        adaptation = begun()
        if has_told:
            adaptation.stood_still(20.0, 10.0)
        adaptation.heard_report(0.1, 10.2)
        adaptation.heard_report(0.5, 11.2)
        assert (adaptation.mode is STANDARD) == has_told


def test_one_stall_is_no_narrow_path_and_half_a_second_more_is_one() -> None:
    """What the sender drops for a moment, a resent segment held up; it is looked at often."""
    adaptation = begun()
    for look, share in enumerate((0.5, 1.0, 0.6, 0.0, 0.5, 1.0, 0.6, 0.0)):
        adaptation.sender_dropped(share, 1.0 + look * 0.25)
    assert adaptation.mode is STANDARD
    for look in range(5):
        adaptation.sender_dropped(0.6, 4.0 + look * 0.25)
    assert adaptation.mode is SURVIVAL


def test_a_step_up_is_taken_back_at_the_first_bad_sign() -> None:
    """Nobody should stammer for seconds because a better sound was tried."""
    for has_dropped in (True, False):
        adaptation = begun()
        reports(adaptation, 0.3, 0.0, 2.0)
        now = 2.0
        while adaptation.mode is LAST_RESORT:
            now = reports(adaptation, 1.0, now, now + 1.0)
        assert adaptation.mode is SURVIVAL
        if has_dropped:
            adaptation.sender_dropped(0.3, now)
        else:
            adaptation.heard_report(0.8, now)
        assert (adaptation.mode, adaptation.is_doubled) == (LAST_RESORT, False)
        tried = now
        while adaptation.mode is LAST_RESORT:
            now = reports(adaptation, 1.0, now + 1.0, now + 2.0) - 1.0
        assert now - tried >= 10.0


def test_late_frames_have_arrived() -> None:
    """A queue makes all frames late; what still comes through is no third of what was sent."""
    adaptation = begun()
    adaptation.heard_report(0.05, 1.0, arrived=0.90)
    adaptation.heard_report(0.05, 2.0, arrived=0.90)
    assert adaptation.mode is STANDARD_40


def test_a_step_down_ends_doubling() -> None:
    """What is too narrow for one copy is too narrow for two."""
    adaptation = begun()
    adaptation.heard_report(0.9, 1.0)
    adaptation.heard_report(0.84, 2.0)
    assert (adaptation.mode, adaptation.is_doubled) == (STANDARD, True)
    adaptation.heard_report(0.84, 3.1)
    adaptation.heard_report(0.84, 4.1)
    assert (adaptation.mode, adaptation.is_doubled) == (STANDARD_40, False)
    adaptation.silent(5.0)
    assert not adaptation.is_doubled, "nor before the smaller mode has had its time"


def test_what_never_left_counts_as_not_arrived() -> None:
    """The sender sees its own queue a second before the other side can report it."""
    adaptation = begun()
    adaptation.sender_dropped(0.10, 1.0)
    assert adaptation.mode is STANDARD
    adaptation.sender_dropped(0.50, 2.0)
    adaptation.sender_dropped(0.50, 3.0)
    assert adaptation.mode is SURVIVAL


def test_quality_comes_back_step_by_step_in_a_dozen_seconds() -> None:
    """After the bad stretch of road a call sounds as it did before."""
    adaptation = begun()
    reports(adaptation, 0.1, 0.0, 2.0)
    seen: list[str] = []
    for second in range(2, 14):
        adaptation.heard_report(1.0, float(second))
        if adaptation.mode.name not in seen:
            seen.append(adaptation.mode.name)
    assert seen == ["last-resort", "survival", "saver", "standard-40", "standard"]


def test_a_step_that_fails_is_tried_less_and_less_often() -> None:
    """Each failed step is heard: a path that stays narrow is asked once a minute at most."""
    adaptation = begun()
    tried: list[float] = []
    for second in range(1200):
        fits = adaptation.mode.wire_kbit_s <= 30
        adaptation.heard_report(1.0 if fits else 0.55, float(second))
        if adaptation.mode is STANDARD_40 and (not tried or second - tried[-1] > 3):
            tried.append(float(second))
    pauses = [after - before for before, after in pairwise(tried)]
    assert max(pauses) <= 80
    assert min(pauses[-5:]) >= 60


def test_nobody_goes_above_what_the_person_chose() -> None:
    """Who pays by the megabyte decides."""
    adaptation = begun(SAVER)
    reports(adaptation, 1.0, 0.0, 60.0)
    assert adaptation.mode is SAVER
    adaptation.choose(STANDARD)
    assert adaptation.mode is STANDARD
    adaptation.choose(SURVIVAL)
    assert adaptation.mode is SURVIVAL


def test_a_choice_does_not_overrule_a_narrow_path() -> None:
    """What does not fit does not fit because somebody wants it to."""
    adaptation = begun(STANDARD_40)
    adaptation.sender_dropped(0.5, 1.0)
    adaptation.sender_dropped(0.5, 2.0)
    low = adaptation.mode
    adaptation.choose(STANDARD)
    assert adaptation.mode is low


class _Throttle:
    """Carry so many kbit/s of what is sent, with a queue of a second at the sender."""

    def __init__(self, kbit_s: float) -> None:
        self.kbit_s = kbit_s
        self._shares: deque[float] = deque([1.0])

    def second(self, adaptation: Adaptation, now: float) -> None:
        """Send for a second; the report of what came of it is heard a second later."""
        sent = adaptation.mode.wire_kbit_s * (2 if adaptation.is_doubled else 1)
        share = min(1.0, self.kbit_s / sent)
        adaptation.sender_dropped(1.0 - share, now)
        adaptation.heard_report(self._shares.popleft(), now + 0.2, arrived=share)
        # A queue makes late what it does not drop.
        self._shares.append(1.0 if share == 1.0 else 0.5 * share)


def test_a_throttled_call_goes_down_in_three_seconds_and_comes_back() -> None:
    """The goal of the project, at each rate that carries any mode at all."""
    for kbit_s in (15.0, 20.0, 24.0, 32.0, 48.0):
        adaptation, path = begun(), _Throttle(1000.0)
        for second in range(10):
            path.second(adaptation, float(second))
        path.kbit_s = kbit_s
        for second in range(10, 13):
            path.second(adaptation, float(second))
        assert adaptation.mode.wire_kbit_s <= kbit_s, kbit_s
        assert not adaptation.is_doubled
        path.kbit_s = 1000.0
        for second in range(13, 80):
            path.second(adaptation, float(second))
        assert adaptation.mode is STANDARD, kbit_s


def test_a_throttled_call_settles() -> None:
    """Nine seconds in ten speech is carried by a mode that fits."""
    for kbit_s in (15.0, 20.0, 24.0, 32.0, 48.0):
        adaptation, path = begun(), _Throttle(kbit_s)
        fitting = 0
        for second in range(600):
            path.second(adaptation, float(second))
            sent = adaptation.mode.wire_kbit_s * (2 if adaptation.is_doubled else 1)
            fitting += sent <= kbit_s
        assert fitting >= 0.9 * 600, (kbit_s, fitting)


STEPS = st.tuples(
    st.integers(0, 4), st.floats(0.0, 40.0), st.floats(0.0, 1.0), st.integers(0, 10_000)
)


@given(st.lists(STEPS, max_size=200))
def test_no_peer_drives_it_off_the_ladder(steps: list[tuple[int, float, float, int]]) -> None:
    """Whatever is reported: a mode of the ladder, never above the ceiling."""
    adaptation, now, ceiling = begun(), 0.0, STANDARD
    for what, pause, share, count in steps:
        now += pause
        if what == 0:
            adaptation.heard_report(share, now, arrived=1.0 - share)
        elif what == 1:
            adaptation.sender_dropped(share, now)
        elif what == 2:
            adaptation.received(missed(count), now)
        elif what == 3:
            adaptation.silent(now)
        else:
            ceiling = LADDER[count % len(LADDER)]
            adaptation.choose(ceiling)
        assert LADDER.index(adaptation.mode) >= LADDER.index(ceiling)
