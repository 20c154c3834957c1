"""Hold sframe.py against RFC 9605 and spec/media.md §1."""

from __future__ import annotations

import copy
import inspect
from concurrent.futures import ThreadPoolExecutor
from operator import methodcaller

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hamseda.crypto.sframe import (
    FIRST_CTR,
    SFrameReceiver,
    SFrameSender,
    encode_header,
    parse_header_untrusted,
    seal_frame,
)
from hamseda.errors import WireError

KEY = bytes(range(32))


def frame(ctr: int, plaintext: bytes = b"opus") -> bytes:
    """Seal a frame under a chosen counter, as only a test may."""
    return seal_frame(KEY, 0, ctr, plaintext)


def test_frames_arrive_in_any_order_and_once() -> None:
    """A frame that travels on two lines must be played once."""
    sender, receiver = SFrameSender(KEY), SFrameReceiver(KEY)
    frames = [sender.seal(bytes([n])) for n in range(4)]
    got = [receiver.open_untrusted(frames[n]) for n in (2, 0, 2, 3, 0, 1)]
    assert got == [b"\2", b"\0", None, b"\3", None, b"\1"]


def test_a_header_has_five_bytes_for_all_of_a_call() -> None:
    """A header that grows in mid-call would tell how long the call has lasted."""
    assert SFrameSender(KEY).seal(b"")[:5] == b"\x0b\x01\x00\x00\x00"
    assert len(encode_header(0, FIRST_CTR)) == len(encode_header(0, 2**32 - 1)) == 5
    assert len(SFrameSender(KEY, kid=7).seal(b"")) == 5 + 16


def test_nothing_lets_a_caller_choose_or_repeat_a_counter() -> None:
    """A frame sealed twice under one counter gives both away, and the key's tags with them.

    So the counter is nowhere in the class's interface, and a sender cannot be duplicated.
    """
    assert list(inspect.signature(SFrameSender).parameters) == ["base_key", "kid"]
    assert list(inspect.signature(SFrameSender.seal).parameters) == ["self", "plaintext"]
    sender = SFrameSender(KEY)
    assert [name for name in dir(sender) if not name.startswith("_")] == ["seal"]
    assert not hasattr(sender, "__dict__")
    # The last one is how every kind of storage begins.
    for duplicate in (copy.copy, copy.deepcopy, methodcaller("__reduce_ex__", 4)):
        with pytest.raises(TypeError, match="cannot be copied"):
            duplicate(sender)


def test_the_same_sound_is_never_sealed_alike() -> None:
    """Silence repeats for minutes; its frames must not."""
    sender = SFrameSender(KEY)
    assert len({sender.seal(b"silence") for _ in range(100)}) == 100


def test_threads_that_share_a_sender_share_no_counter() -> None:
    """An encoder in a thread of its own must not be able to break the rule either."""
    sender = SFrameSender(KEY)
    with ThreadPoolExecutor(4) as pool:
        frames = list(pool.map(sender.seal, [b""] * 2000))
    counters = {parse_header_untrusted(data).ctr for data in frames}
    assert counters == set(range(FIRST_CTR, FIRST_CTR + 2000))


def test_a_frame_below_the_window_is_dropped_in_silence() -> None:
    """Too old to tell from a duplicate, and too late to be played."""
    receiver = SFrameReceiver(KEY)
    receiver.open_untrusted(frame(5000))
    assert receiver.open_untrusted(frame(5000 - 1023)) == b"opus"
    assert receiver.open_untrusted(frame(5000 - 1023)) is None
    assert receiver.open_untrusted(frame(5000 - 1024)) is None


def test_a_forged_frame_moves_nothing() -> None:
    """An injected counter far ahead must not lock the real frames out."""
    receiver = SFrameReceiver(KEY)
    forged = encode_header(0, 2**40) + bytes(32)
    with pytest.raises(WireError):
        receiver.open_untrusted(forged)
    tampered = bytearray(frame(7))
    tampered[-1] ^= 1
    with pytest.raises(WireError):
        receiver.open_untrusted(bytes(tampered))
    assert receiver.open_untrusted(frame(7)) == b"opus"


@pytest.mark.parametrize(("key", "kid"), [(KEY, 1), (bytes(32), 0)], ids=["kid", "direction"])
def test_another_encoder_or_direction_does_not_open(key: bytes, kid: int) -> None:
    """The relay must not be able to play my own voice back to me as the other's."""
    with pytest.raises(WireError):
        SFrameReceiver(key, kid).open_untrusted(frame(FIRST_CTR))


def test_a_number_in_more_bytes_than_it_needs_is_refused() -> None:
    """Two writings of one header would be two frames of one counter."""
    for header in (b"\x08\x07", b"\x09\x00\xff", b"\x80\x00", b"\x90\x00\xff"):
        with pytest.raises(WireError, match="more bytes"):
            parse_header_untrusted(header)


@given(st.integers(0, 2**64 - 1), st.integers(0, 2**64 - 1))
def test_a_header_reads_back(kid: int, ctr: int) -> None:
    """The far side must count as this side does."""
    header = parse_header_untrusted(encode_header(kid, ctr))
    assert (header.kid, header.ctr) == (kid, ctr)


@given(st.binary(max_size=64))
def test_noise_raises_the_one_error(noise: bytes) -> None:
    """Garbage on an intercepted line must not end the call."""
    with pytest.raises(WireError):
        SFrameReceiver(KEY).open_untrusted(noise)


@given(st.lists(st.integers(0, 3000), max_size=40))
def test_the_window_agrees_with_a_plain_list(counters: list[int]) -> None:
    """Bits are easily shifted by one; a list is not."""
    receiver, seen, highest = SFrameReceiver(KEY), set[int](), -1
    for ctr in counters:
        expected = None if ctr in seen or highest - ctr >= 1024 else b"opus"
        assert receiver.open_untrusted(frame(ctr)) == expected
        if expected:
            seen.add(ctr)
            highest = max(highest, ctr)
