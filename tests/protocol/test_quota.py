"""Rations: what one address prefix may ask of a home."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hamseda.protocol.quota import Buckets, Concurrency, Pace, Payer, Shares


def test_burst_then_rate() -> None:
    """A family behind one address may invite at once; a flood comes through at the rate only."""
    buckets = Buckets(rate=2.0, burst=3.0)
    assert [buckets.take(b"p", now=0.0) for _ in range(4)] == [True, True, True, False]
    assert not buckets.take(b"p", now=0.4)
    assert buckets.take(b"p", now=0.9)


def test_prefixes_do_not_pay_for_each_other() -> None:
    """A flood from one network must not silence another."""
    buckets = Buckets(rate=1.0, burst=1.0)
    assert buckets.take(b"a", now=0.0)
    assert not buckets.take(b"a", now=0.0)
    assert buckets.take(b"b", now=0.0)


def test_full_buckets_are_forgotten() -> None:
    """Memory must not tell who was here an hour ago."""
    buckets = Buckets(rate=1.0, burst=5.0)
    buckets.take(b"a", now=0.0)
    buckets.take(b"b", now=100.0)
    assert len(buckets) == 1


@given(st.lists(st.binary(min_size=1, max_size=3), max_size=200))
def test_memory_is_bounded_whoever_comes(keys: list[bytes]) -> None:
    """An attacker with a /32 of IPv6 must not fill the home's memory."""
    buckets = Buckets(rate=0.001, burst=10.0, most_keys=8)
    for moment, key in enumerate(keys):
        buckets.take(key, float(moment))
        assert len(buckets) <= 8


@given(st.lists(st.tuples(st.floats(0, 100), st.integers(1, 3)), max_size=50))
def test_never_more_than_burst_plus_rate(requests: list[tuple[float, int]]) -> None:
    """The promise of a ration, over any history, clocks that jump back included."""
    buckets = Buckets(rate=1.0, burst=4.0)
    taken = sum(cost for moment, cost in requests if buckets.take(b"k", moment, cost))
    climbed = sum(max(0.0, later[0] - earlier[0]) for earlier, later in pairwise(requests))
    assert taken <= 4.0 + climbed + 1e-6


def test_concurrency_counts_and_forgets() -> None:
    """A prefix holds so many connections, and nothing of it stays when they are gone."""
    lines = Concurrency(2)
    assert lines.enter(b"p")
    assert lines.enter(b"p")
    assert not lines.enter(b"p")
    assert lines.enter(b"q")
    lines.leave(b"p")
    assert lines.enter(b"p")
    for _ in range(2):
        lines.leave(b"p")
    lines.leave(b"q")
    assert len(lines) == 0


def test_people_of_one_front_do_not_pay_for_each_other() -> None:
    """A hundred households behind one volunteer's machine are not one household."""
    buckets = Buckets(rate=0.0, burst=2.0)
    for person in (b"a", b"b", b"c"):
        payer = Payer(person, b"front", rations=4)
        assert [payer.take(buckets, 0.0) for _ in range(3)] == [True, True, False]


def test_a_front_cannot_invent_people_without_end() -> None:
    """All who come through it have so many prefixes' rations together, and no more."""
    buckets = Buckets(rate=0.0, burst=2.0)
    people = [Payer(bytes([number]), b"front", rations=4) for number in range(50)]
    assert sum(payer.take(buckets, 0.0) for payer in people) == 8
    assert Payer(b"direct").take(buckets, 0.0)


def test_who_has_used_up_his_own_takes_nothing_of_the_fronts() -> None:
    """One noisy neighbour must not use up what a front has for everybody."""
    buckets = Buckets(rate=0.0, burst=2.0)
    noisy = Payer(b"noisy", b"front", rations=2)
    for _ in range(100):
        noisy.take(buckets, 0.0)
    assert Payer(b"calm", b"front", rations=2).take(buckets, 0.0)


def test_places_of_a_front_are_counted_and_given_back() -> None:
    """A place that is not given back is lost until the home starts again."""
    lines = Concurrency(1)
    people = [Payer(bytes([number]), b"front", rations=2) for number in range(3)]
    assert [payer.enter(lines) for payer in people] == [True, True, False]
    people[0].leave(lines)
    assert people[2].enter(lines)
    assert not people[2].enter(lines)
    people[1].leave(lines)
    people[2].leave(lines)
    assert len(lines) == 0


def test_a_line_waits_for_what_it_takes_above_its_pace() -> None:
    """It is slowed down and not ended: a client with many contacts means no ill."""
    pace = Pace(rate=20, burst=600, now=0.0)
    assert [pace.wait(0.0) for _ in range(600)] == [0.0] * 600
    assert pace.wait(0.0) == pytest.approx(0.05)
    assert pace.wait(0.05) == pytest.approx(0.05)
    assert pace.wait(60.0, cost=512 / 4) == 0.0


def test_of_a_crowd_those_wait_who_take_most() -> None:
    """A neighbour's flood must not slow down who takes his own share."""
    shares = Shares(most=10)
    assert [shares.wait(b"prefix", "greedy", 0.5) for _ in range(10)] == [0.0] * 10
    assert shares.wait(b"prefix", "greedy", 0.75) == pytest.approx(0.75)
    assert [shares.wait(b"prefix", "modest", 0.75) for _ in range(5)] == [0.0] * 5
    assert shares.wait(b"prefix", "modest", 1.0) == pytest.approx(1.0)
    assert shares.wait(b"another", "other", 1.0) == 0.0
    assert shares.wait(b"prefix", "greedy", 1.5) == 0.0


def test_a_front_has_the_shares_of_many_prefixes() -> None:
    """Its people are told apart by their own prefixes, and bounded together."""
    shares = Shares(most=10)
    people = [Payer(bytes([number]), b"front", 2) for number in range(8)]
    waits = [person.wait(shares, number, 0.0) for number, person in enumerate(people * 4)]
    assert waits[:20] == [0.0] * 20
    assert Payer(b"elsewhere").wait(shares, "x", 0.0) == 0.0


@given(st.lists(st.binary(max_size=2), max_size=200))
def test_seconds_are_forgotten(keys: list[bytes]) -> None:
    """Nothing of a prefix is left when its second is over and others come."""
    shares = Shares(most=10, most_keys=8)
    for key in keys:
        shares.wait(key, "line", 0.0)
        assert len(shares) <= 9
    for now in range(2, 12):
        shares.wait(b"now", "line", float(now))
    assert len(shares) <= 2
