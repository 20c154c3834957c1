"""Seal a message for a mailbox so that the home sees one of three sizes (spec/mailbox.md §2)."""

from __future__ import annotations

from hamseda.crypto.aead import (
    KEY_AND_NONCE_SIZE,
    TAG_SIZE,
    gcm_open_untrusted,
    gcm_seal,
    split_key_and_nonce,
)
from hamseda.crypto.key_schedule import Label, kdf
from hamseda.crypto.padding import bucket, pad, unpad_untrusted
from hamseda.errors import WireError

ENVELOPE_SIZES = (4096, 16_384, 65_536)
SALT_SIZE = 32
_OVERHEAD = SALT_SIZE + TAG_SIZE


def seal_envelope(outer: bytes, mailbox: bytes, message: bytes, salt: bytes) -> bytes:
    """Seal under the mailbox's outer key, in the smallest size that fits.

    `salt` is the envelope's R: 32 bytes that were never used before.
    """
    if len(salt) != SALT_SIZE:
        raise ValueError(f"the salt has {len(salt)} bytes, not {SALT_SIZE}")
    padded_size = bucket(len(message), (size - _OVERHEAD for size in ENVELOPE_SIZES))
    key, nonce = _key_and_nonce(outer, salt)
    return salt + gcm_seal(key, nonce, pad(message, padded_size), mailbox)


def open_envelope_untrusted(outer: bytes, mailbox: bytes, envelope: bytes) -> bytes:
    """Open an envelope of this mailbox, or raise `WireError`."""
    if len(envelope) not in ENVELOPE_SIZES:
        raise WireError(f"bad message: no envelope has {len(envelope)} bytes")
    key, nonce = _key_and_nonce(outer, envelope[:SALT_SIZE])
    return unpad_untrusted(gcm_open_untrusted(key, nonce, envelope[SALT_SIZE:], mailbox))


def _key_and_nonce(outer: bytes, salt: bytes) -> tuple[bytes, bytes]:
    return split_key_and_nonce(kdf(outer, salt, Label.ENVELOPE, KEY_AND_NONCE_SIZE))
