"""Hold signatures.py against spec/handshake.md §5."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from hypothesis import given
from hypothesis import strategies as st

from hamseda.crypto.key_schedule import Label, h
from hamseda.crypto.signatures import SMALL_ORDER_ENCODINGS, SigningKey, verify_untrusted
from hamseda.errors import WireError

REGISTRY = Path(__file__).parents[2] / "spec" / "registry.md"
KEY = SigningKey(bytes(range(32)))
DIGEST = h(b"statement")
L = 2**252 + 27742317777372353535851937790883648493
P = 2**255 - 19


def test_a_signature_holds_for_its_statement_only() -> None:
    """An offer must not pass as an answer, nor for another body or key."""
    signature = KEY.sign(Label.OFFER, DIGEST)
    verify_untrusted(KEY.public, Label.OFFER, DIGEST, signature)
    for public, label, digest in (
        (KEY.public, Label.ANSWER, DIGEST),
        (KEY.public, Label.OFFER, h(b"other")),
        (SigningKey(bytes(32)).public, Label.OFFER, DIGEST),
    ):
        with pytest.raises(WireError):
            verify_untrusted(public, label, digest, signature)


def test_the_small_order_list_is_the_registry_s() -> None:
    """Two readings of one list must be one list."""
    section = REGISTRY.read_text(encoding="utf-8").split("## 6 Small-order")[1]
    listed = {bytes.fromhex(line) for line in re.findall(r"^[0-9a-f]{64}$", section, re.MULTILINE)}
    assert len(listed) == 14
    assert listed == SMALL_ORDER_ENCODINGS


@pytest.mark.parametrize("encoding", sorted(SMALL_ORDER_ENCODINGS), ids=bytes.hex)
def test_a_small_order_point_is_refused_as_key_and_as_r(encoding: bytes) -> None:
    """Under such a key anybody can write a signature that holds for every statement."""
    genuine = KEY.sign(Label.OFFER, DIGEST)
    for public, signature in (
        (encoding, genuine),
        (encoding, encoding + bytes(32)),
        (KEY.public, encoding + genuine[32:]),
    ):
        with pytest.raises(WireError, match="no honest key"):
            verify_untrusted(public, Label.OFFER, DIGEST, signature)


def test_the_library_alone_would_accept_the_trivial_signature() -> None:
    """The list is no decoration: this is the attack that it stops."""
    neutral = (1).to_bytes(32, "little")
    trivial = neutral + bytes(32)
    Ed25519PublicKey.from_public_bytes(neutral).verify(trivial, b"any statement at all")
    with pytest.raises(WireError):
        verify_untrusted(neutral, Label.OFFER, DIGEST, trivial)


@pytest.mark.parametrize("y", range(P, 2**255))
@pytest.mark.parametrize("sign", [0, 2**255])
def test_a_point_outside_the_field_is_refused(y: int, sign: int) -> None:
    """Two writings of one point would be two signatures of one statement."""
    encoding = (y | sign).to_bytes(32, "little")
    genuine = KEY.sign(Label.OFFER, DIGEST)
    with pytest.raises(WireError, match="no honest key"):
        verify_untrusted(encoding, Label.OFFER, DIGEST, genuine)
    with pytest.raises(WireError, match="no honest key"):
        verify_untrusted(KEY.public, Label.OFFER, DIGEST, encoding + genuine[32:])


def test_an_unreduced_s_is_refused() -> None:
    """Adding L to S would give a second signature of the same statement."""
    genuine = KEY.sign(Label.OFFER, DIGEST)
    s = int.from_bytes(genuine[32:], "little") + L
    with pytest.raises(WireError, match="not reduced"):
        verify_untrusted(KEY.public, Label.OFFER, DIGEST, genuine[:32] + s.to_bytes(32, "little"))


@given(st.binary(max_size=40), st.binary(max_size=70))
def test_noise_raises_the_one_error(public: bytes, signature: bytes) -> None:
    """Another exception would be a crash that a stranger can cause."""
    with pytest.raises(WireError):
        verify_untrusted(public, Label.OFFER, DIGEST, signature)


@given(st.binary(min_size=32, max_size=32), st.binary(min_size=64, max_size=64))
def test_noise_of_the_right_length_raises_the_one_error(public: bytes, signature: bytes) -> None:
    """The same where the bytes get as far as the arithmetic."""
    with pytest.raises(WireError):
        verify_untrusted(public, Label.OFFER, DIGEST, signature)


def test_only_hashes_are_signed_and_no_seed_is_printed() -> None:
    """A signature over chosen text is an oracle; a printed seed is a stolen one."""
    with pytest.raises(ValueError, match="only hashes"):
        KEY.sign(Label.OFFER, b"text")
    assert repr(KEY.seed) not in repr(KEY)
