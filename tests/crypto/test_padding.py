"""Hold padding.py against spec/handshake.md §7."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hamseda.crypto.padding import bucket, pad, unpad_untrusted
from hamseda.errors import UsageError, WireError


@given(st.binary(max_size=63))
def test_padding_comes_off_as_it_went_on(x: bytes) -> None:
    """A message that ends in zeros or in 80 must come back whole."""
    padded = pad(x, 64)
    assert len(padded) == 64
    assert unpad_untrusted(padded) == x


@given(st.binary(max_size=64))
def test_noise_is_unpadded_or_refused(noise: bytes) -> None:
    """The rule must not depend on what a peer chose to write."""
    try:
        x = unpad_untrusted(noise)
    except WireError:
        return
    assert pad(x, len(noise)) == noise


def test_zeros_alone_are_no_padding() -> None:
    """An empty buffer is not an empty message."""
    for noise in (b"", bytes(16), b"\x81" + bytes(15)):
        with pytest.raises(WireError):
            unpad_untrusted(noise)


def test_a_message_without_room_for_its_mark_takes_the_next_size() -> None:
    """One byte too many must not lose the byte."""
    assert bucket(255, (256, 1024)) == 256
    assert bucket(256, (256, 1024)) == 1024
    with pytest.raises(UsageError):
        bucket(1024, (256, 1024))
    with pytest.raises(UsageError):
        pad(bytes(64), 64)
