"""A ratchet message is a header of fixed size and what its key opens."""

from __future__ import annotations

import pytest

from hamseda.errors import WireError
from hamseda.wire.codes import BodyKind
from hamseda.wire.ratchet import (
    HEADER_BYTES,
    RatchetHeader,
    check_empty_untrusted,
    join_body,
    split_body_untrusted,
    split_message_untrusted,
)

HEADER = RatchetHeader(1, 2, 3, b"r" * 16, b"c" * 1168, b"k" * 1216)


def test_a_header_has_the_layout_of_the_specification() -> None:
    """Every byte of it is authenticated (spec/ratchet.md §2)."""
    data = HEADER.encode()
    assert len(data) == HEADER_BYTES == 2413
    assert data[:13].hex() == "01" + "00000001" + "00000002" + "00000003"
    assert data[13:] == b"r" * 16 + b"c" * 1168 + b"k" * 1216


def test_a_message_is_split_without_losing_a_byte() -> None:
    """The header's bytes are the associated data: they are kept, not written again."""
    message = HEADER.encode() + bytes(17)
    assert split_message_untrusted(message) == (HEADER, HEADER.encode(), bytes(17))


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        ("nothing", b""),
        ("no ciphertext", HEADER.encode()),
        ("a tag without a body", HEADER.encode() + bytes(16)),
        ("version 2", b"\2" + HEADER.encode()[1:] + bytes(17)),
        ("turn 0", b"\1" + bytes(4) + HEADER.encode()[5:] + bytes(17)),
    ],
)
def test_a_bent_message_is_refused(fault: str, message: bytes) -> None:
    """Nothing is decapsulated for a header that cannot be one."""
    with pytest.raises(WireError):
        split_message_untrusted(message)


def test_a_body_of_an_unknown_kind_can_be_split() -> None:
    """A later version may say more; it is ignored after authentication, not an error."""
    assert split_body_untrusted(b"\xc8abc") == (200, b"abc")
    assert split_body_untrusted(join_body(BodyKind.CONFIRM)) == (3, b"\xa0")
    with pytest.raises(WireError):
        split_body_untrusted(b"")


def test_a_confirm_is_a_map_and_nothing_of_this_release() -> None:
    """A later release may put something in; half a message is none."""
    check_empty_untrusted(b"\xa0")
    check_empty_untrusted(b"\xa1\x00\x00")
    for content in (b"", b"\xa1\x00", b"\xa0\xa0"):
        with pytest.raises(WireError):
            check_empty_untrusted(content)
