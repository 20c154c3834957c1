"""A person hears the other one soon, whole and never from the past."""

from __future__ import annotations

from itertools import pairwise
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from hamseda.media.jitter_buffer import (
    MAX_STORED,
    JitterBuffer,
)
from hamseda.media.playout import Conceal, Play, Silence
from tests.media.simulation import FRAME, SAMPLES, UINT32, Arrival, frames, listen, spoken

MAX_AGE = 0.5
"""Seconds after which nothing is played any more (spec/media.md §4)."""


def steady(count: int, *, delay: float = 0.050, first: int = 0) -> list[Arrival]:
    """Let every frame take the same time."""
    return [Arrival(index * FRAME + delay, index) for index in range(first, first + count)]


def assert_adds_up(buffer: JitterBuffer) -> None:
    """Check that every slot has exactly one fate."""
    stats = buffer.stats()
    counts = (stats.frames_on_time, stats.frames_late, stats.frames_lost)
    assert min(counts) >= 0
    assert sum(counts) == stats.frames_expected


def test_nothing_is_played_before_the_first_frame() -> None:
    """A call that nobody answered has no loss rate."""
    buffer = JitterBuffer()
    assert buffer.take(0.0, 0.0) == Silence()
    assert buffer.stats().frames_expected == 0


def test_a_quiet_network_is_heard_whole_and_soon() -> None:
    """On a good line every frame is played once, in order, less than 100 ms after it came."""
    buffer = JitterBuffer()
    heard = listen(buffer, steady(500), until=10.0)
    played = frames(heard)
    assert played == list(range(len(played)))
    assert len(played) >= 490
    assert max(turn.age for turn in heard if turn.index is not None) <= 0.050 + 0.100
    stats = buffer.stats()
    assert stats.frames_on_time == stats.frames_expected == len(played)


def test_the_first_frame_of_a_call_is_not_cut_off() -> None:
    """The first word is "hello"."""
    heard = listen(JitterBuffer(), steady(10), until=0.3)
    assert frames(heard)[0] == 0


def test_timestamps_may_wrap() -> None:
    """A counter that starts near its end is an ordinary counter."""
    buffer = JitterBuffer()
    heard = listen(buffer, steady(200), until=4.0, first_t=UINT32 - 20 * SAMPLES)
    assert frames(heard)[:190] == list(range(190))


def test_lost_frames_are_concealed_one_by_one() -> None:
    """A lost packet costs a moment of blur, not a shift of all that follows."""
    lost = {50, 51, 90}
    buffer = JitterBuffer()
    arrivals = [arrival for arrival in steady(200) if arrival.index not in lost]
    heard = listen(buffer, arrivals, until=4.0)
    assert sum(isinstance(turn.playout, Conceal) for turn in heard[:190]) == len(lost)
    assert buffer.stats().frames_lost == len(lost)
    assert_adds_up(buffer)


def test_reordered_frames_are_played_in_order() -> None:
    """Two lines deliver in two orders; a sentence has one."""
    swapped = [
        Arrival(arrival.at + (0.030 if arrival.index % 7 == 3 else 0.0), arrival.index)
        for arrival in steady(200)
    ]
    played = frames(listen(JitterBuffer(), swapped, until=4.0))
    assert played == list(range(len(played)))


def test_a_duplicate_changes_nothing() -> None:
    """The copy from the spare line is not a second frame, before its turn or after it."""
    once, twice = JitterBuffer(), JitterBuffer()
    copies = [Arrival(arrival.at + 0.2, arrival.index) for arrival in steady(200)]
    assert frames(listen(once, steady(200), until=4.0)) == frames(
        listen(twice, steady(200) + steady(200) + copies, until=4.0)
    )
    assert once.stats().frames_late == twice.stats().frames_late == 0


def test_concealment_ends_in_silence() -> None:
    """A dead line must not sound like a buzzing one."""
    heard = listen(JitterBuffer(), steady(50), until=3.0)
    end = max(index for index, turn in enumerate(heard) if turn.index is not None)
    after = [turn.playout for turn in heard[end + 1 :]]
    concealed = [index for index, playout in enumerate(after) if isinstance(playout, Conceal)]
    assert concealed == list(range(len(concealed)))
    assert 5 <= len(concealed) <= 10
    assert isinstance(after[-1], Silence)


def test_after_a_stall_of_the_network_the_past_is_skipped() -> None:
    """Who was cut off for 3 s wants to hear what is said now, and soon."""
    stalled = [
        Arrival(max(arrival.at, 8.0) if arrival.at > 5.0 else arrival.at, arrival.index)
        for arrival in steady(700)
    ]
    buffer = JitterBuffer()
    heard = listen(buffer, stalled, until=14.0)
    assert max(turn.age for turn in heard if turn.index is not None) <= 0.050 + MAX_AGE
    late = [turn for turn in heard if turn.at > 8.0]
    assert sum(turn.index is not None for turn in late[:50]) >= 40
    assert buffer.stats().frames_late >= 120
    assert_adds_up(buffer)


def test_after_a_stall_of_the_reader_the_past_is_skipped() -> None:
    """A laptop that slept must not play what was said while it did."""
    for length in (0.7, 3.0, 30.0):
        buffer = JitterBuffer()
        end = 5.0 + length
        heard = listen(
            buffer, steady(round(end / FRAME) + 300), until=end + 5.0, pauses=((5.0, end),)
        )
        assert max(turn.age for turn in heard if turn.index is not None) <= 0.050 + MAX_AGE
        assert len(frames(turn for turn in heard if turn.at > end + 1.0)) >= 190
        assert len(buffer) <= MAX_STORED
        assert_adds_up(buffer)


def test_a_path_that_becomes_longer_is_followed() -> None:
    """The call moves to a slower path: a short gap, then whole speech again."""
    for detour in (0.100, 0.300, 0.450, 0.800, 3.0):
        arrivals = steady(250) + steady(750, delay=0.050 + detour, first=250)
        buffer = JitterBuffer()
        heard = listen(buffer, arrivals, until=20.0)
        assert len(frames(turn for turn in heard if turn.at >= 14.0)) >= 0.97 * 300, detour
        assert_adds_up(buffer)


def test_a_path_that_becomes_shorter_is_followed() -> None:
    """Delay that is needed no more is given back within a quarter of a minute."""
    arrivals = steady(250, delay=0.350) + steady(1000, first=250)
    buffer = JitterBuffer()
    heard = listen(buffer, arrivals, until=25.0)
    assert max(turn.age for turn in heard[-50:] if turn.index is not None) < 0.2
    assert_adds_up(buffer)


def test_delay_follows_the_spread_of_the_network() -> None:
    """Frames that jitter by 150 ms are nearly all on time once that is known."""
    random = Random(5)
    arrivals = [
        Arrival(arrival.at + random.uniform(0.0, 0.150), arrival.index) for arrival in steady(1500)
    ]
    buffer = JitterBuffer()
    heard = listen(buffer, arrivals, until=30.0)
    settled = [turn for turn in heard if 5.0 < turn.at < 29.0]
    assert len(frames(settled)) >= 0.95 * len(settled)
    assert 100 <= buffer.stats().buffer_ms <= 250


def test_clocks_that_drift_apart_are_followed() -> None:
    """Two bad crystals differ by 600 ppm: after three minutes that is 120 ms."""
    for drift in (0.9994, 1.0006):
        arrivals = [Arrival(arrival.at * drift, arrival.index) for arrival in steady(10_000)]
        buffer = JitterBuffer()
        heard = listen(buffer, arrivals, until=195.0)
        assert len(frames(heard)) >= 0.999 * len(heard)
        assert buffer.stats().buffer_ms <= 120


def test_a_peer_that_jumps_in_time_is_heard_again() -> None:
    """Whatever the other side's clock does, its owner is heard again within three seconds."""
    for jump in (3 * SAMPLES, 10 * 48_000, 4 * 3600 * 48_000, -5 * 48_000, -4 * 3600 * 48_000):
        buffer = JitterBuffer()
        listen(buffer, steady(250), until=5.0)
        heard = listen(buffer, steady(500, first=250), until=15.0, first_t=jump, start=5.0)
        assert len(frames(turn for turn in heard if turn.at > 8.0)) >= 340, jump


def test_one_wild_timestamp_mutes_only_for_a_moment() -> None:
    """A single frame from next week must not make all the others yesterday's."""
    buffer = JitterBuffer()
    listen(buffer, steady(250), until=5.0)
    buffer.put(spoken(0, first_t=11 * 3600 * 48_000), b"wild", 1, 5.0)
    heard = listen(buffer, steady(500, first=250), until=15.0, start=5.0)
    assert len(frames(turn for turn in heard if turn.at > 8.0)) >= 340


@given(
    delays=st.lists(st.none() | st.floats(min_value=0.0, max_value=0.9), min_size=1, max_size=200),
    copies=st.lists(st.tuples(st.integers(0, 199), st.floats(0.0, 1.0)), max_size=30),
    first_t=st.integers(0, UINT32 - 1),
)
def test_no_network_makes_it_repeat_or_play_the_past(
    delays: list[float | None], copies: list[tuple[int, float]], first_t: int
) -> None:
    """Loss, reordering, copies and spikes together: each frame at most once, in order, fresh."""
    arrivals = [
        Arrival(index * FRAME + delay, index)
        for index, delay in enumerate(delays)
        if delay is not None
    ]
    arrivals += [
        Arrival(index * FRAME + delay, index) for index, delay in copies if index < len(delays)
    ]
    buffer = JitterBuffer()
    heard = listen(buffer, arrivals, until=6.0, first_t=first_t)
    played = frames(heard)
    assert all(earlier < later for earlier, later in pairwise(played))
    for turn in heard:
        if turn.index is None:
            continue
        known = [arrival for arrival in arrivals if arrival.at <= turn.at]
        fastest = min(arrival.at - arrival.index * FRAME for arrival in known)
        newest = max(arrival.index for arrival in known)
        assert turn.age - fastest <= MAX_AGE + 1e-6
        assert (newest - turn.index) * FRAME <= MAX_AGE + 1e-6
    assert len(buffer) <= MAX_STORED
    assert_adds_up(buffer)


@given(
    events=st.lists(
        st.tuples(st.booleans(), st.integers(0, UINT32 - 1), st.floats(0.0, 5.0)), max_size=300
    )
)
def test_no_peer_makes_it_grow_or_stay_mute(events: list[tuple[bool, int, float]]) -> None:
    """Any timestamps at any moments: memory is bounded, and honest speech is heard afterwards."""
    buffer = JitterBuffer()
    now = 0.0
    for is_put, t, pause in events:
        now += pause if t % 5 == 0 else 0.01
        if is_put:
            buffer.put(t, b"opus", 1, now)
        else:
            buffer.take(now, 0.0)
        assert len(buffer) <= MAX_STORED
        assert_adds_up(buffer)
    honest = [Arrival(now + arrival.at, arrival.index) for arrival in steady(350)]
    heard = listen(buffer, honest, until=now + 7.0, start=now)
    assert sum(isinstance(turn.playout, Play) for turn in heard[-100:]) >= 95
