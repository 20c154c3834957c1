"""Hold kem.py against spec/handshake.md §4."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hamseda.crypto import kem
from hamseda.crypto.key_schedule import Label, h
from hamseda.errors import WireError

PAIR = kem.key_pair(bytes(range(32)))
CTX = h(b"ctx")
P = 2**255 - 19
SMALL_ORDER = (
    0,
    1,
    325606250916557431795983626356110631294008115727848805560023387167927233504,
    39382357235489614581723060781553021112529911719440698176882885853963445705823,
    P - 1,
    P,
    P + 1,
)


def small_order_shares() -> list[bytes]:
    """Write every small-order u-coordinate, with and without the bit that X25519 ignores."""
    return [(u | bit).to_bytes(32, "little") for u in SMALL_ORDER for bit in (0, 2**255)]


def test_what_was_sealed_opens_with_1136_bytes_more() -> None:
    """Sizes on the wire are fixed by the specification."""
    sealed = kem.seal(PAIR.public, b"seed", Label.TURN, CTX)
    assert len(sealed) == 4 + kem.SEAL_OVERHEAD == 4 + 1136
    assert kem.open_untrusted(PAIR, sealed, Label.TURN, CTX) == b"seed"


@pytest.mark.parametrize(
    ("label", "ctx"), [(Label.CALL, CTX), (Label.TURN, h(b"other"))], ids=["label", "context"]
)
def test_another_purpose_or_context_does_not_open(label: Label, ctx: bytes) -> None:
    """A seal replayed into another place must be dead there."""
    sealed = kem.seal(PAIR.public, b"seed", Label.TURN, CTX)
    with pytest.raises(WireError):
        kem.open_untrusted(PAIR, sealed, label, ctx)


@pytest.mark.parametrize("share", small_order_shares(), ids=bytes.hex)
def test_a_share_of_small_order_is_refused(share: bytes) -> None:
    """It would make the X25519 half of the secret zero, whatever the private key."""
    sealed = kem.seal(PAIR.public, b"seed", Label.TURN, CTX)
    with pytest.raises(WireError, match="small order"):
        kem.open_untrusted(PAIR, sealed[:1088] + share + sealed[1120:], Label.TURN, CTX)
    with pytest.raises(WireError, match="small order"):
        kem.check_public_untrusted(PAIR.public[:1184] + share)


def test_a_key_outside_the_modulus_is_refused() -> None:
    """FIPS 203 §7.2 asks for this check before a key is used."""
    broken = b"\xff\xff\xff" + PAIR.public[3:]
    with pytest.raises(WireError):
        kem.check_public_untrusted(broken)
    with pytest.raises(WireError):
        kem.seal(broken, b"seed", Label.TURN, CTX)


@given(st.binary(max_size=1300))
@settings(max_examples=50)
def test_noise_raises_the_one_error(noise: bytes) -> None:
    """Another exception would be a crash that a stranger can cause."""
    with pytest.raises(WireError):
        kem.open_untrusted(PAIR, noise, Label.TURN, CTX)
    with pytest.raises(WireError):
        kem.check_public_untrusted(noise)


@pytest.mark.parametrize("index", [0, 1087, 1088, 1119, 1120, -1])
def test_a_changed_byte_does_not_open(index: int) -> None:
    """Each part of a seal counts: lattice, curve, ciphertext and tag."""
    sealed = bytearray(kem.seal(PAIR.public, b"seed", Label.TURN, CTX))
    sealed[index] ^= 1
    with pytest.raises(WireError):
        kem.open_untrusted(PAIR, bytes(sealed), Label.TURN, CTX)


def test_a_printed_key_pair_shows_no_key() -> None:
    """Logs are read by people who must not have keys."""
    assert PAIR.seed.hex() not in repr(PAIR)
    assert repr(PAIR) == "KemKeyPair()"


def test_a_seed_of_another_length_is_a_bug_of_ours() -> None:
    """A truncated seed would make a weak key in silence."""
    with pytest.raises(ValueError, match="31 bytes"):
        kem.key_pair(bytes(31))
