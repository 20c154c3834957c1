"""Seal and open with AES-256-GCM (spec/handshake.md §6)."""

from __future__ import annotations

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from hamseda.errors import WireError

KEY_SIZE = 32
NONCE_SIZE = 12
TAG_SIZE = 16
KEY_AND_NONCE_SIZE = KEY_SIZE + NONCE_SIZE


def gcm_seal(key: bytes, nonce: bytes, plaintext: bytes, aad: bytes = b"") -> bytes:
    """Encrypt and authenticate; the result is ciphertext and a tag of 16 bytes."""
    return AESGCM(key).encrypt(nonce, plaintext, aad)


def gcm_open_untrusted(key: bytes, nonce: bytes, data: bytes, aad: bytes = b"") -> bytes:
    """Decrypt what `gcm_seal` made; anything else raises `WireError`."""
    try:
        return AESGCM(key).decrypt(nonce, data, aad)
    except InvalidTag:
        raise WireError("bad message: it does not open") from None


def split_key_and_nonce(derived: bytes) -> tuple[bytes, bytes]:
    """Cut the 44 bytes that a KDF gives for one message into key and nonce."""
    return derived[:KEY_SIZE], derived[KEY_SIZE:KEY_AND_NONCE_SIZE]
