"""Base64url has one spelling here, so that a link cannot be varied unseen."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hamseda.errors import WireError
from hamseda.wire import base64url


@given(st.binary(max_size=70))
def test_bytes_read_back_the_same(data: bytes) -> None:
    """Hashes and ids travel in this form."""
    assert base64url.decode_untrusted(base64url.encode(data)) == data


@pytest.mark.parametrize(
    ("data", "text"), [("", ""), ("00", "AA"), ("fbff", "-_8"), ("666f6f", "Zm9v")]
)
def test_known_spellings(data: str, text: str) -> None:
    """RFC 4648 §10, and the two characters that set base64url apart."""
    assert base64url.encode(bytes.fromhex(data)) == text
    assert base64url.decode_untrusted(text) == bytes.fromhex(data)


@pytest.mark.parametrize(
    ("fault", "text"),
    [
        ("padding", "AA=="),
        ("loose bits", "AB"),
        ("loose bits of two bytes", "AAB"),
        ("one character too many", "AAAAA"),
        ("standard alphabet", "+/8"),
        ("space", "AA A"),
        ("line end", "AAAA\n"),
        ("other digits", "AA٣٣"),
    ],
)
def test_other_spellings_are_refused(fault: str, text: str) -> None:
    """Two spellings of one id would be two ids to whoever compares text."""
    with pytest.raises(WireError):
        base64url.decode_untrusted(text)
