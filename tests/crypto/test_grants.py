"""Hold grants.py against spec/relay.md §1, §2 and spec/mailbox.md §1."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hamseda.crypto.grants import (
    VOUCHER_SIZE,
    ExpiredError,
    check_seat_untrusted,
    mint_grant,
    mint_voucher,
    owner_tag,
    seat_hash,
    verify_grant_untrusted,
    verify_voucher_untrusted,
)
from hamseda.errors import WireError
from tests.crypto.dice import Dice

KEY, OTHER_KEY = b"k" * 32, b"K" * 32
SECRETS = (b"0" * 16, b"1" * 16)
EXP = 1_800_000_000
GRANT = mint_grant(
    KEY,
    room=b"r" * 16,
    h0=seat_hash(SECRETS[0]),
    h1=seat_hash(SECRETS[1]),
    exp=EXP,
    owner=owner_tag(KEY, b"m" * 16),
    packets_per_s=120,
    kbit_per_s=200,
)
VOUCHER = mint_voucher(KEY, EXP, Dice())


def test_a_grant_says_what_was_granted_until_it_expires() -> None:
    """A restarted home knows nothing of the room but what the grant tells it."""
    grant = verify_grant_untrusted(KEY, GRANT, EXP)
    assert (grant.room, grant.packets_per_s, grant.kbit_per_s) == (b"r" * 16, 120, 200)
    assert (grant.exp, len(GRANT)) == (EXP, 96)
    with pytest.raises(ExpiredError):
        verify_grant_untrusted(KEY, GRANT, EXP + 1)


@pytest.mark.parametrize("index", range(0, 96, 5))
def test_a_changed_grant_is_refused(index: int) -> None:
    """Nobody may lift a limit, or give a seat to somebody else."""
    changed = bytearray(GRANT)
    changed[index] ^= 1
    with pytest.raises(WireError) as refusal:
        verify_grant_untrusted(KEY, bytes(changed), EXP)
    assert refusal.type is WireError


def test_another_home_s_grant_is_refused() -> None:
    """The relay is for its own people."""
    with pytest.raises(WireError):
        verify_grant_untrusted(OTHER_KEY, GRANT, EXP)


def test_a_seat_opens_to_its_own_secret() -> None:
    """A third line in the room must find no seat."""
    grant = verify_grant_untrusted(KEY, GRANT, EXP)
    for seat in (0, 1):
        check_seat_untrusted(grant, seat, SECRETS[seat])
        for secret in (SECRETS[1 - seat], b"", b"x" * 16):
            with pytest.raises(WireError):
                check_seat_untrusted(grant, seat, secret)


def test_an_owner_s_tag_is_stable_and_says_nothing_of_the_mailbox() -> None:
    """The relay counts rooms per owner without learning who that is."""
    assert owner_tag(KEY, b"m" * 16) == owner_tag(KEY, b"m" * 16)
    assert len({owner_tag(k, m) for k in (KEY, OTHER_KEY) for m in (b"m" * 16, b"n" * 16)}) == 4


def test_a_voucher_permits_until_it_expires() -> None:
    """An invitation that waits a month still lets its guest in."""
    assert len(VOUCHER) == VOUCHER_SIZE == 52
    voucher = verify_voucher_untrusted(KEY, VOUCHER, EXP)
    assert voucher.exp == EXP
    assert len(voucher.random) == 16
    with pytest.raises(ExpiredError):
        verify_voucher_untrusted(KEY, VOUCHER, EXP + 1)
    with pytest.raises(WireError):
        verify_voucher_untrusted(OTHER_KEY, VOUCHER, EXP)


@pytest.mark.parametrize("index", range(0, 52, 3))
def test_a_changed_voucher_is_refused(index: int) -> None:
    """A guest must not make a second voucher out of the first."""
    changed = bytearray(VOUCHER)
    changed[index] ^= 1
    with pytest.raises(WireError):
        verify_voucher_untrusted(KEY, bytes(changed), 0)


@given(st.binary(max_size=100))
def test_noise_raises_the_one_error(noise: bytes) -> None:
    """Any client may send these bytes."""
    with pytest.raises(WireError):
        verify_grant_untrusted(KEY, noise, 0)
    with pytest.raises(WireError):
        verify_voucher_untrusted(KEY, noise, 0)
