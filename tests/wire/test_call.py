"""What is said in a room has exactly the parts that its kind needs."""

from __future__ import annotations

import pytest

from hamseda.errors import WireError
from hamseda.wire.call import Control, join_room_body, split_room_body_untrusted
from hamseda.wire.cbor import Value, encode
from hamseda.wire.codes import ControlKind, HangupReason, RoomBody


@pytest.mark.parametrize(
    ("fault", "fields"),
    [
        ("ringing without its number", {0: 1, 1: 1}),
        ("ringing with a short number", {0: 1, 1: 1, 2: bytes(15)}),
        ("alive with a long number", {0: 1, 1: 2, 2: bytes(17)}),
        ("reveal with half a value", {0: 1, 1: 6, 2: bytes(16)}),
        ("hangup without a reason", {0: 1, 1: 8}),
        ("kind 0", {0: 1, 1: 0}),
        ("kind 10", {0: 1, 1: 10}),
    ],
)
def test_a_control_with_other_parts_is_refused(fault: str, fields: dict[int, Value]) -> None:
    """A reveal without a value must not reach the comparison that raises the alarm."""
    with pytest.raises(WireError):
        Control.parse_untrusted(encode(fields))


def test_every_control_fits_its_fixed_size() -> None:
    """All controls are 208 bytes inside, so that their size does not tell which it is."""
    largest = Control(2**53 - 1, ControlKind.REVEAL, bytes(32), HangupReason.FAILED)
    assert len(largest.encode()) < 208


def test_a_room_body_is_an_envelope_or_a_control() -> None:
    """The two have one size each (spec/call.md §4)."""
    for kind, size in ((RoomBody.ENVELOPE, 4096), (RoomBody.CONTROL, 256)):
        body = join_room_body(kind, bytes(size))
        assert split_room_body_untrusted(body) == (kind, bytes(size))
        with pytest.raises(WireError):
            split_room_body_untrusted(body + b"\0")
    for wrong in (b"", b"\1", b"\0" + bytes(256), b"\3" + bytes(256), b"\1" + bytes(256)):
        with pytest.raises(WireError):
            split_room_body_untrusted(wrong)
