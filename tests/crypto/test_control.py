"""Hold control.py against spec/call.md §4."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hamseda.crypto.control import CONTROL_SIZE, open_control_untrusted, seal_control
from hamseda.errors import UsageError, WireError

KEY, CALL, SALT = bytes(32), bytes(16), bytes(range(32))


@given(st.binary(max_size=207), st.binary(min_size=32, max_size=32))
def test_every_control_message_has_256_bytes(plaintext: bytes, salt: bytes) -> None:
    """Hanging up must look like ringing to the relay."""
    sealed = seal_control(KEY, CALL, plaintext, salt)
    assert len(sealed) == CONTROL_SIZE == 256
    assert open_control_untrusted(KEY, CALL, sealed) == plaintext


@pytest.mark.parametrize(
    ("key", "call_id"), [(bytes(31) + b"\1", CALL), (KEY, bytes(15) + b"\1")], ids=["key", "call"]
)
def test_it_opens_in_its_call_and_direction_only(key: bytes, call_id: bytes) -> None:
    """A hang-up of yesterday's call must not end today's."""
    with pytest.raises(WireError):
        open_control_untrusted(key, call_id, seal_control(KEY, CALL, b"hangup", SALT))


def test_what_does_not_fit_is_a_bug_of_ours() -> None:
    """A longer message would be cut or leak its length."""
    with pytest.raises(UsageError):
        seal_control(KEY, CALL, bytes(208), SALT)
    with pytest.raises(ValueError, match="salt"):
        seal_control(KEY, CALL, b"", bytes(31))


@given(st.one_of(st.binary(max_size=300), st.binary(min_size=256, max_size=256)))
def test_noise_raises_the_one_error(noise: bytes) -> None:
    """A relay that injects garbage must not end the call."""
    with pytest.raises(WireError):
        open_control_untrusted(KEY, CALL, noise)
