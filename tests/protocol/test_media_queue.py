"""The queue of a busy line: fresh speech, never old speech."""

from hypothesis import given
from hypothesis import strategies as st

from hamseda.protocol.media_queue import KEEP, MOST, MediaQueue


def test_old_frames_are_dropped_instead_of_delivered_late() -> None:
    """After three seconds of a dead connection nobody wants to hear three seconds ago."""
    queue = MediaQueue()
    for number in range(30):
        queue.put(bytes([number]), now=number * 0.020)
    assert queue.take(now=0.580) == bytes([17])
    assert queue.dropped == 17
    assert queue.take(now=3.0) is None
    assert queue.dropped == 29


def test_oldest_goes_first_when_too_many_come_at_once() -> None:
    """A burst must not fill memory, and its end is worth more than its beginning."""
    queue = MediaQueue()
    for number in range(MOST + 10):
        queue.put(number.to_bytes(2, "big"), now=1.0)
    assert len(queue) == MOST
    assert queue.take(now=1.0) == (10).to_bytes(2, "big")


@given(st.lists(st.tuples(st.booleans(), st.floats(0, 0.3)), max_size=300))
def test_what_comes_out_is_young_and_in_order(steps: list[tuple[bool, float]]) -> None:
    """The promise of the queue, over any history."""
    queue, now, number, last = MediaQueue(), 0.0, 0, -1
    written: dict[int, float] = {}
    for is_put, passed in steps:
        now += passed
        if is_put:
            written[number] = now
            queue.put(number.to_bytes(4, "big"), now)
            number += 1
        elif (message := queue.take(now)) is not None:
            got = int.from_bytes(message, "big")
            assert got > last
            assert now - written[got] <= KEEP + 1e-9
            last = got
