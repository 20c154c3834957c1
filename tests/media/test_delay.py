"""A person hears the other one as soon as the path allows, in every mode and after every stall."""

from __future__ import annotations

from itertools import pairwise
from random import Random

import pytest

from hamseda.media.jitter_buffer import JitterBuffer
from hamseda.media.playout import Play, Stretch
from tests.media.simulation import FRAME, Arrival, Heard, frames, listen, over_tcp

PATH = 0.050
"""Seconds that a frame takes after its last sample."""
SLOTS = (1, 2, 3, 6)
SOON = 0.040
"""Seconds that a clean path may cost beyond the path and the frame itself."""


def steady(first: int, until: int, slots: int = 1, path: float = PATH) -> list[Arrival]:
    """Say everything from slot `first` on in frames of one length, over a steady path."""
    return [
        Arrival((index + slots) * FRAME + path, index, slots)
        for index in range(first, until, slots)
    ]


def held_up(arrivals: list[Arrival], begin: float, end: float) -> list[Arrival]:
    """Let the network stand still, and then deliver what waited at once."""
    return [
        Arrival(end if begin <= arrival.at < end else arrival.at, arrival.index, arrival.slots)
        for arrival in arrivals
    ]


def speech(heard: list[Heard], begin: float = 0.0, end: float = 1e9) -> list[Heard]:
    """Give what was speech of what was heard from `begin` to `end`."""
    return [block for block in heard if block.index is not None and begin <= block.at < end]


@pytest.mark.parametrize("slots", SLOTS)
def test_a_clean_path_is_left_alone(slots: int) -> None:
    """Where nothing is wrong speech is neither stretched nor concealed, and heard soon."""
    buffer = JitterBuffer()
    heard = listen(buffer, steady(0, 1200, slots), until=23.5)
    begun = heard.index(speech(heard)[0])
    assert all(isinstance(block.playout, Play) for block in heard[begun:])
    assert not any(block.is_stretched for block in heard)
    assert frames(heard) == list(range(len(frames(heard))))
    assert max(block.age for block in speech(heard)) <= PATH + slots * FRAME + SOON
    assert buffer.stats().buffer_ms <= SOON * 1000


@pytest.mark.parametrize("slots", SLOTS)
def test_two_seconds_after_a_stall_the_delay_is_what_it_was(slots: int) -> None:
    """Who was cut off for a second must not talk with a longer delay for the rest of the call."""
    heard = listen(
        JitterBuffer(), held_up(steady(0, 900, slots), 6.0, 7.0), until=17.0, stretches=True
    )
    before = max(block.age for block in speech(heard, 4.0, 6.0))
    assert min(block.at for block in speech(heard, 6.2)) <= 7.0 + 2 * FRAME
    assert max(block.age for block in speech(heard, 9.0)) <= before + FRAME
    # What is left out is left out at once, and what is caught up with is not old either.
    assert max(block.age for block in speech(heard, 6.2)) <= PATH + slots * FRAME + 0.200
    assert not any(block.is_stretched for block in speech(heard, 9.0 + slots * FRAME))


@pytest.mark.parametrize("slots", SLOTS)
def test_a_short_stall_loses_no_word(slots: int) -> None:
    """What comes 150 ms late is said all the same, once, and the time is caught up."""
    buffer = JitterBuffer()
    heard = listen(buffer, held_up(steady(0, 1200, slots), 6.0, 6.15), until=23.0)
    assert frames(heard) == list(range(len(frames(heard))))
    # For as long as it is remembered, another such moment is expected.
    assert max(block.age for block in speech(heard, 20.0)) <= PATH + slots * FRAME + SOON + FRAME
    after = [block for block in heard if block.at > 1.0]
    stats = buffer.stats()
    assert stats.frames_late == sum(not isinstance(block.playout, Play) for block in after)
    assert stats.frames_lost == 0


def test_without_stretching_the_delay_would_stay() -> None:
    """This is what stretching is for: the test above it goes red without."""
    arrivals = held_up(steady(0, 1200), 6.0, 6.15)
    with_it, without = (
        listen(JitterBuffer(), arrivals, until=23.0, stretches=stretches)
        for stretches in (True, False)
    )
    assert speech(with_it)[-1].age <= PATH + FRAME + SOON
    assert speech(without)[-1].age > PATH + FRAME + 0.100


def test_a_change_of_mode_is_no_trouble() -> None:
    """From 20 ms to 120 and back: nothing is lost or called late, and the delay comes back."""
    arrivals = [*steady(0, 300), *steady(300, 600, 6), *steady(600, 1200)]
    buffer = JitterBuffer()
    heard = listen(buffer, arrivals, until=23.0)
    assert frames(heard) == list(range(len(frames(heard))))
    stats = buffer.stats()
    assert stats.frames_on_time == stats.frames_expected
    # A frame of 120 ms cannot be there sooner: that wait is heard once.
    pauses = [block for block in heard if block.at > 1.0 and not isinstance(block.playout, Play)]
    assert len(pauses) <= 5
    assert max(block.age for block in speech(heard, 14.5)) <= PATH + FRAME + SOON + FRAME


def test_a_long_frame_is_cut_where_the_playout_is() -> None:
    """After a stall the first frame is begun in its middle, not left out as a whole."""
    cut = 0
    for end in (6.2, 6.3, 6.4, 6.5):
        heard = listen(JitterBuffer(), held_up(steady(0, 600, 6), 6.0, end), until=11.0)
        blocks = [block.playout for block in speech(heard)]
        cut += sum(isinstance(playout, Play) and playout.skip_slots > 0 for playout in blocks)
        assert all(earlier < later for earlier, later in pairwise(frames(heard)))
    assert cut > 0


def test_counts_go_on_in_slots() -> None:
    """Half of the frames lost is half, however long a frame is."""
    for slots in SLOTS:
        buffer = JitterBuffer()
        listen(buffer, steady(0, 1200, slots)[::2], until=22.0)
        stats = buffer.stats()
        assert 0.47 <= stats.frames_lost / stats.frames_expected <= 0.53, slots


def test_a_stall_is_not_taken_for_jitter() -> None:
    """One second without network says nothing about the seconds with it."""
    arrivals = steady(0, 1500)
    for begin in (6.0, 10.0, 14.0):
        arrivals = held_up(arrivals, begin, begin + 1.0)
    buffer = JitterBuffer()
    heard = listen(buffer, arrivals, until=20.0)
    assert max(block.age for block in speech(heard, 17.0)) <= PATH + FRAME + SOON + FRAME


@pytest.mark.parametrize("longer", [0.250, 0.350, 0.450])
def test_a_path_longer_than_the_buffer_may_be_is_heard_whole(longer: float) -> None:
    """On a path that became much longer nobody tries in vain to win the time back."""
    arrivals = [*steady(0, 300), *steady(300, 900, path=PATH + longer)]
    heard = listen(JitterBuffer(), arrivals, until=17.0)
    assert all(isinstance(block.playout, Play) for block in heard if block.at > 9.0)


def test_a_device_that_asks_twice_at_once_hears_it_all() -> None:
    """Sound cards want 40 ms at a time: that must not look like a network in trouble."""
    buffer = JitterBuffer()
    arrivals = steady(0, 1000)
    taken: list[object] = []
    for turn in range(480):
        now = turn * 2 * FRAME + 0.007
        while arrivals and arrivals[0].at <= now:
            arrival = arrivals.pop(0)
            buffer.put(arrival.index * 960, arrival.packet, 1, arrival.at)
        taken += [buffer.take(now, 0.0), buffer.take(now, 0.0)]
    settled = taken[100:]
    assert all(isinstance(playout, Play) for playout in settled)
    assert all(playout.stretch is Stretch.NONE for playout in settled if isinstance(playout, Play))


def tcp_call(*, loss: float, lines: int, seed: int) -> tuple[float, list[float]]:
    """Give the share of slots that were not there at their turn, and how long speech waited."""
    random = Random(seed)
    count = 3000
    delays = [over_tcp(random, count, loss=loss) for _ in range(lines)]
    arrivals = [
        Arrival((index + 1) * FRAME + min(line[index] for line in delays), index)
        for index in range(count)
    ]
    buffer = JitterBuffer()
    heard = listen(buffer, arrivals, until=count * FRAME)
    stats = buffer.stats()
    missed = (stats.frames_late + stats.frames_lost) / stats.frames_expected
    return missed, sorted(block.age - PATH - FRAME for block in speech(heard))


def test_on_two_lines_speech_survives_tcp_that_loses_five_percent() -> None:
    """Fewer than one slot in a hundred late, and as a rule with no more than 200 ms of buffer."""
    calls = [tcp_call(loss=0.05, lines=2, seed=seed) for seed in range(4)]
    assert sum(missed for missed, _ in calls) / len(calls) < 0.01
    waits = sorted(wait for _, waited in calls for wait in waited)
    assert waits[len(waits) // 2] <= 0.200
    assert waits[len(waits) * 80 // 100] <= 0.200 + FRAME


def test_what_comes_late_again_and_again_is_waited_for() -> None:
    """At ten percent it is worse to hear gaps than to wait a third of a second."""
    calls = [tcp_call(loss=0.1, lines=2, seed=seed) for seed in range(4)]
    assert sum(missed for missed, _ in calls) / len(calls) < 0.03
    for _, waited in calls:
        assert waited[-1] <= 0.500


@pytest.mark.parametrize("slots", SLOTS)
def test_nothing_older_than_half_a_second_is_played(slots: int) -> None:
    """However long frames last, and however rough the path: an old answer answers nothing."""
    random = Random(slots)
    lines = [over_tcp(random, 1500, loss=0.15, slots=slots) for _ in range(2)]
    arrivals = [
        Arrival((index + 1) * slots * FRAME + min(delays), index * slots, slots)
        for index, delays in enumerate(zip(*lines, strict=True))
    ]
    heard = speech(listen(JitterBuffer(), arrivals, until=30.0), begin=2.0)
    assert max(block.age for block in heard) - PATH <= 0.500 + FRAME


def test_a_delay_that_happened_once_is_forgotten() -> None:
    """Only what happens twice is a habit: else one hiccup would cost thirty seconds of delay."""
    once = held_up(steady(0, 1500), 6.0, 6.25)
    twice = held_up(once, 9.0, 9.25)
    ends = [
        speech(listen(JitterBuffer(), arrivals, until=24.0))[-1].age for arrivals in (once, twice)
    ]
    assert ends[0] <= PATH + FRAME + SOON + FRAME
    assert ends[1] > PATH + 0.150


def test_on_one_line_it_does_not() -> None:
    """This is what the spare line is for: the test above it goes red without."""
    calls = [tcp_call(loss=0.05, lines=1, seed=seed) for seed in range(4)]
    assert sum(missed for missed, _ in calls) / len(calls) > 0.03
