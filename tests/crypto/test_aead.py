"""Hold aead.py against spec/handshake.md §1, §6."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hamseda.crypto.aead import gcm_open_untrusted, gcm_seal
from hamseda.errors import WireError

KEY, NONCE = bytes(range(32)), bytes(12)


@given(st.binary(max_size=200), st.binary(max_size=20))
def test_what_was_sealed_opens(plaintext: bytes, aad: bytes) -> None:
    """The plainest duty of all."""
    sealed = gcm_seal(KEY, NONCE, plaintext, aad)
    assert len(sealed) == len(plaintext) + 16
    assert gcm_open_untrusted(KEY, NONCE, sealed, aad) == plaintext


@given(st.binary(max_size=100))
def test_noise_raises_the_one_error(noise: bytes) -> None:
    """Another exception would be a crash that a stranger can cause."""
    with pytest.raises(WireError):
        gcm_open_untrusted(KEY, NONCE, noise)


def test_other_associated_data_does_not_open() -> None:
    """An envelope moved into another mailbox must not open there."""
    with pytest.raises(WireError):
        gcm_open_untrusted(KEY, NONCE, gcm_seal(KEY, NONCE, b"x", b"a"), b"b")
