"""Hold profile_lock.py to what a stolen profile must not give away."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hamseda.crypto.profile_lock import (
    KEY_RECORD_SIZE,
    LockCost,
    LockedKey,
    argon2id,
    key_record,
    open_value_untrusted,
    parse_key_record_untrusted,
    seal_value,
)
from hamseda.errors import WireError
from tests.crypto.dice import Dice

CHEAP = LockCost(iterations=1, lanes=1, memory_kib=8)
SALT = bytes(16)
KEY = bytes(32)


def test_a_wrong_passphrase_opens_nothing() -> None:
    """The whole point of a lock."""
    sealed = seal_value(argon2id("right", SALT, CHEAP), b"contact 1", b"keys", Dice())
    assert open_value_untrusted(argon2id("right", SALT, CHEAP), b"contact 1", sealed) == b"keys"
    with pytest.raises(WireError):
        open_value_untrusted(argon2id("wrong", SALT, CHEAP), b"contact 1", sealed)


def test_salt_and_cost_change_the_key() -> None:
    """Two profiles with one passphrase must not share a key."""
    dearer = LockCost(iterations=2, lanes=1, memory_kib=8)
    keys = {
        argon2id("p", SALT, CHEAP),
        argon2id("p", bytes(15) + b"\1", CHEAP),
        argon2id("p", SALT, dearer),
        argon2id("گذرواژه", SALT, CHEAP),
    }
    assert len(keys) == 4


def test_the_default_cost_is_that_of_rfc_9106() -> None:
    """A cheap default would be an open door."""
    assert LockCost() == LockCost(iterations=3, lanes=4, memory_kib=65_536)


def test_two_values_cannot_be_exchanged() -> None:
    """Who can write the file must not turn one contact's keys into another's."""
    sealed = seal_value(KEY, b"contact 1", b"keys", Dice())
    with pytest.raises(WireError):
        open_value_untrusted(KEY, b"contact 2", sealed)


@given(st.binary(max_size=120))
def test_a_damaged_value_raises_the_one_error(noise: bytes) -> None:
    """A broken disk is told in words, not in a traceback."""
    with pytest.raises(WireError):
        open_value_untrusted(KEY, b"contact 1", noise)


def test_a_key_record_has_one_size_and_opens_with_its_passphrase_alone() -> None:
    """It is rewritten in place: a longer one would leave its place, a shorter one remnants."""
    clear = key_record(KEY, None, Dice())
    locked = key_record(KEY, "گذرواژه", Dice(), CHEAP)
    assert len(clear) == len(locked) == KEY_RECORD_SIZE
    assert parse_key_record_untrusted(clear) == KEY
    lock = parse_key_record_untrusted(locked)
    assert isinstance(lock, LockedKey)
    assert lock.cost == CHEAP
    assert lock.open_untrusted("گذرواژه") == KEY
    with pytest.raises(WireError):
        lock.open_untrusted("wrong")


@given(st.binary(max_size=2 * KEY_RECORD_SIZE), st.integers(0, KEY_RECORD_SIZE))
def test_a_key_record_that_is_not_whole_is_none(noise: bytes, torn: int) -> None:
    """A clear key that was written to half would make noise of every item."""
    old, new = key_record(b"o" * 32, None, Dice()), key_record(b"n" * 32, None, Dice())
    mixed = new[:torn] + old[torn:]
    for data in (noise, bytes(KEY_RECORD_SIZE), *([] if mixed in (old, new) else [mixed])):
        with pytest.raises(WireError):
            parse_key_record_untrusted(data)
