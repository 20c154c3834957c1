"""What is said in a room is said once, to one side, under one call's key."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hamseda.crypto.call_keys import Directional
from hamseda.errors import WireError
from hamseda.protocol.control_channel import ControlChannel
from hamseda.wire.call import CONTROL_BYTES
from hamseda.wire.codes import ControlKind, HangupReason
from tests.crypto.dice import Dice

KEYS = Directional(b"a" * 32, b"b" * 32)
CALL = b"c" * 16


def ends(call_id: bytes = CALL) -> tuple[ControlChannel, ControlChannel]:
    """Make both ends."""
    return (
        ControlChannel.of_caller(KEYS, call_id, Dice("caller")),
        ControlChannel.of_callee(KEYS, call_id, Dice("callee")),
    )


def test_what_is_sealed_here_opens_there_once() -> None:
    """A relay that repeats a message changes nothing."""
    caller, callee = ends()
    sealed = caller.seal(ControlKind.HANGUP, reason=HangupReason.HUNG_UP)[1:]
    control = callee.open_untrusted(sealed)
    assert control is not None
    assert (control.kind, control.reason) == (ControlKind.HANGUP, HangupReason.HUNG_UP)
    assert callee.open_untrusted(sealed) is None


def test_order_does_not_matter() -> None:
    """A room may hand over the newer message first; both count."""
    caller, callee = ends()
    first, second = (caller.seal(ControlKind.CANCEL)[1:] for _ in range(2))
    assert callee.open_untrusted(second) is not None
    assert callee.open_untrusted(first) is not None


def test_all_messages_have_one_size_and_none_repeats() -> None:
    """The size tells nothing of what is said, and equal words do not look equal."""
    caller, _ = ends()
    sealed = {caller.seal(ControlKind.CANCEL) for _ in range(3)}
    sealed.add(caller.seal(ControlKind.REVEAL, bytes(32)))
    assert len(sealed) == 4
    assert {len(body) for body in sealed} == {1 + CONTROL_BYTES}


def test_a_mirror_is_not_an_answer() -> None:
    """The relay cannot send a side its own words: each direction has its key."""
    caller, _ = ends()
    with pytest.raises(WireError):
        caller.open_untrusted(caller.seal(ControlKind.CANCEL)[1:])


def test_another_call_is_another_channel() -> None:
    """A message of yesterday's call says nothing in today's."""
    caller, _ = ends()
    _, callee = ends(b"d" * 16)
    with pytest.raises(WireError):
        callee.open_untrusted(caller.seal(ControlKind.CANCEL)[1:])


@given(st.binary(min_size=CONTROL_BYTES, max_size=CONTROL_BYTES) | st.binary(max_size=64))
def test_noise_is_the_one_error(noise: bytes) -> None:
    """Whatever bytes come, nothing but `WireError`."""
    with pytest.raises(WireError):
        ends()[1].open_untrusted(noise)


def test_a_flood_of_the_contact_is_bounded() -> None:
    """What is remembered to notice repetition must not grow without end."""
    caller, callee = ends()
    for _ in range(4096):
        callee.open_untrusted(caller.seal(ControlKind.CANCEL)[1:])
    with pytest.raises(WireError):
        callee.open_untrusted(caller.seal(ControlKind.CANCEL)[1:])
