"""A narrow path is noticed by what is not acknowledged, before seconds of speech queue in it."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator

import pytest
import uvloop

from hamseda.transport.tcp_queue import (
    QUEUE_SECONDS,
    SELDOM_SECONDS,
    AcknowledgedQueue,
    SeldomAsked,
    UnwatchedQueue,
    watch,
)

FASTEST = 0.1


@pytest.fixture
def watched() -> Iterator[AcknowledgedQueue]:
    """Watch a connection whose kernel is played by the test."""
    here, there = socket.socketpair()
    with here, there:
        yield AcknowledgedQueue(here)


def test_a_path_without_a_queue_is_always_clear(watched: AcknowledgedQueue) -> None:
    """Each frame is acknowledged a round trip later: nothing is held back for it."""
    for turn in range(500):
        waiting = min(turn, 5) * 120
        assert watched.is_short_with(turn * 120 - waiting, waiting, FASTEST, turn * 0.02)


def test_what_is_not_acknowledged_for_too_long_is_a_queue(watched: AcknowledgedQueue) -> None:
    """A connection that stands still, or a path of half the rate: the sender learns it itself."""
    assert watched.is_short_with(0, 120, FASTEST, 0.0)
    assert watched.is_short_with(0, 600, FASTEST, FASTEST + QUEUE_SECONDS)
    assert not watched.is_short_with(0, 600, FASTEST, FASTEST + QUEUE_SECONDS + 0.01)


def test_the_oldest_byte_counts_and_not_how_many_there_are(watched: AcknowledgedQueue) -> None:
    """A burst that has just been written is no queue; one byte that waits is."""
    assert watched.is_short_with(0, 100, FASTEST, 0.0)
    assert watched.is_short_with(0, 50_000, FASTEST, 0.3)
    assert watched.is_short_with(100, 49_900, FASTEST, 0.6)
    assert not watched.is_short_with(101, 49_899, FASTEST, 0.8)
    assert watched.is_short_with(50_000, 0, FASTEST, 0.9)


def test_a_far_home_is_no_narrow_path(watched: AcknowledgedQueue) -> None:
    """By satellite every acknowledgement takes a second, and speech still flows."""
    for turn in range(500):
        waiting = min(turn, 50) * 120
        assert watched.is_short_with(turn * 120 - waiting, waiting, 1.0, turn * 0.02)


def test_what_the_system_does_not_tell_is_no_queue(watched: AcknowledgedQueue) -> None:
    """A socket without such counts, or another system: speech is sent as before."""
    assert watched.is_short(1.0)
    assert isinstance(watch(None), UnwatchedQueue)
    assert watch(None).is_short(1.0)


class _Told(UnwatchedQueue):
    """Be a queue of which the test tells."""

    def __init__(self) -> None:
        self.short = True
        self.asked = 0

    def is_short(self, now: float) -> bool:
        """Count the questions."""
        self.asked += 1
        return self.short


def test_a_home_asks_seldom_where_nothing_is_wrong() -> None:
    """Fifty frames a second for each of many lines: ten questions do; a long queue is seen end."""
    told = _Told()
    queue = SeldomAsked(told)
    assert all(queue.is_short(turn * 0.02) for turn in range(50))
    assert told.asked <= 1 + 1 / SELDOM_SECONDS
    told.short = False
    assert not queue.is_short(1.1)
    told.short = True
    assert queue.is_short(1.11), "nobody waits longer than the queue lasts"


def test_a_connection_that_is_gone_is_no_queue() -> None:
    """It breaks while frames are sent: the line learns that elsewhere, and opens again."""

    async def ask_after_the_end() -> bool:
        here, there = socket.socketpair()
        _, writer = await asyncio.open_connection(sock=here)
        watched = watch(writer.get_extra_info("socket"))
        writer.transport.abort()
        there.close()
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        return watched.is_short(1.0)

    assert uvloop.run(ask_after_the_end())
