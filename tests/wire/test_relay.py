"""A grant is 96 bytes that a home signs and forgets."""

from __future__ import annotations

import pytest

from hamseda.errors import WireError
from hamseda.wire.relay import GRANT_BYTES, Grant, RoomControl, parse_grant_untrusted

GRANT = Grant(
    room=b"r" * 16,
    h0=b"0" * 16,
    h1=b"1" * 16,
    exp=0x01020304,
    owner=b"o" * 8,
    packets_per_s=120,
    kbit_per_s=200,
    mac=b"m" * 32,
)


def test_a_grant_has_the_layout_of_the_specification() -> None:
    """Its MAC covers these bytes in this order (spec/relay.md §1)."""
    data = GRANT.encode()
    assert data == (
        b"r" * 16 + b"0" * 16 + b"1" * 16 + b"\1\2\3\4" + b"o" * 8 + b"\0\x78\0\xc8" + b"m" * 32
    )
    assert GRANT.signed_part == data[:64]
    assert parse_grant_untrusted(data) == GRANT


@pytest.mark.parametrize("size", [0, GRANT_BYTES - 1, GRANT_BYTES + 1])
def test_a_grant_of_another_size_is_refused(size: int) -> None:
    """A longer one would carry bytes that no MAC covers."""
    with pytest.raises(WireError):
        parse_grant_untrusted(bytes(size))


def test_a_room_control_holds_one_small_envelope_and_no_more() -> None:
    """The relay's bound on control (spec/relay.md §3)."""
    assert RoomControl.parse_untrusted(RoomControl(0, bytes(4097)).encode()).handle == 0
    with pytest.raises(WireError):
        RoomControl.parse_untrusted(RoomControl(0, bytes(4098)).encode())
