"""What a front shows its home at each connection."""

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from hamseda.crypto.front_pass import PASS_SIZE, FrontPass, make_pass, open_pass_untrusted
from hamseda.crypto.key_schedule import h
from hamseda.crypto.signatures import SigningKey
from hamseda.errors import WireError

KEY = SigningKey(b"k" * 32)
HOME = "A" * 43
PSEUDONYM = b"p" * 16


def made() -> bytes:
    """Make a pass."""
    return make_pass(KEY, HOME, 1_800_000_000, PSEUDONYM, lambda count: b"n" * count)


def test_a_pass_says_who_comes_when_and_for_whom() -> None:
    """The home counts by front and by person, and knows neither by address."""
    opened = open_pass_untrusted(made(), HOME)
    assert opened == FrontPass(KEY.public, 1_800_000_000, b"n" * 16, PSEUDONYM)
    assert PSEUDONYM.hex() not in repr(opened)


def test_the_bytes_are_those_of_the_specification() -> None:
    """Another implementation must be able to make them from spec/front.md alone."""
    body = b"\x01" + KEY.public + (1_800_000_000).to_bytes(4, "big") + b"n" * 16 + PSEUDONYM
    message = b"hamseda/1 front\x00" + h(HOME.encode(), body)
    assert made() == body + Ed25519PrivateKey.from_private_bytes(b"k" * 32).sign(message)


@given(st.integers(0, PASS_SIZE - 1), st.integers(1, 255))
def test_no_byte_of_it_can_be_changed(place: int, flip: int) -> None:
    """Whoever breaks the front's TLS must not come as somebody else, or at another time."""
    changed = bytearray(made())
    changed[place] ^= flip
    with pytest.raises(WireError):
        open_pass_untrusted(bytes(changed), HOME)


def test_a_pass_for_one_home_is_worth_nothing_at_another() -> None:
    """A home must not be able to go and spend its fronts' rations elsewhere."""
    with pytest.raises(WireError):
        open_pass_untrusted(made(), "B" * 43)


@given(st.binary(max_size=2 * PASS_SIZE))
def test_noise_is_no_pass(noise: bytes) -> None:
    """Anybody who knows the door can send anything."""
    with pytest.raises(WireError):
        open_pass_untrusted(noise, HOME)
