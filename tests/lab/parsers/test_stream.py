"""TCP streams, put together from packets in any order."""

from hypothesis import given
from hypothesis import strategies as st

from hamseda_lab.parsers.stream import LONGEST, Stream


@given(st.binary(min_size=1, max_size=300), st.data(), st.integers(0, 2**32 - 1))
def test_any_order_and_any_overlap_give_the_same_stream(
    data: bytes, draw: st.DataObject, start: int
) -> None:
    """A censor reads what the server reads, or it would be led astray by a reordered packet."""
    sizes = draw.draw(st.lists(st.integers(1, 60), min_size=1, max_size=20))
    pieces: list[tuple[int, bytes]] = []
    at = 0
    for size in sizes:
        pieces.append((at, data[at : at + size + 5]))
        at += size
    pieces.append((at, data[at:]))
    stream = Stream()
    stream.begin(start)
    for where, piece in draw.draw(st.permutations(pieces)):
        stream.feed((start + 1 + where) % 2**32, piece)
    assert stream.data == data


def test_without_a_syn_the_first_packet_is_the_first() -> None:
    """A censor that was switched on in mid-connection reads what comes from then on."""
    stream = Stream()
    assert stream.feed(500, b"ab")
    assert not stream.feed(500, b"ab")
    assert not stream.feed(504, b"ef")
    assert stream.feed(502, b"cd")
    assert stream.data == b"abcdef"


def test_a_stream_is_kept_only_so_far() -> None:
    """Nobody fills the memory of the middlebox."""
    stream = Stream()
    for number in range(40):
        stream.feed(number * 1000, bytes(1000))
    for number in range(200):
        stream.feed(10**6 + number * 2, b"x")
    assert len(stream.data) == LONGEST
