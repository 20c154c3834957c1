"""Seal the control messages that two seats exchange in a room (spec/call.md §4)."""

from __future__ import annotations

from hamseda.crypto.aead import (
    KEY_AND_NONCE_SIZE,
    gcm_open_untrusted,
    gcm_seal,
    split_key_and_nonce,
)
from hamseda.crypto.key_schedule import Label, kdf
from hamseda.crypto.padding import pad, unpad_untrusted
from hamseda.errors import WireError

CONTROL_SIZE = 256
SALT_SIZE = 32
_PADDED_SIZE = 208


def seal_control(key: bytes, call_id: bytes, plaintext: bytes, salt: bytes) -> bytes:
    """Seal under the key of one direction into exactly 256 bytes.

    `salt` is 32 random bytes instead of a counter: a process that comes back cannot repeat one.
    """
    if len(salt) != SALT_SIZE:
        raise ValueError(f"the salt has {len(salt)} bytes, not {SALT_SIZE}")
    message_key, nonce = _key_and_nonce(key, salt)
    return salt + gcm_seal(message_key, nonce, pad(plaintext, _PADDED_SIZE), call_id)


def open_control_untrusted(key: bytes, call_id: bytes, data: bytes) -> bytes:
    """Open a control message of this call and direction, or raise `WireError`."""
    if len(data) != CONTROL_SIZE:
        raise WireError(f"bad message: a control message has {CONTROL_SIZE} bytes")
    message_key, nonce = _key_and_nonce(key, data[:SALT_SIZE])
    return unpad_untrusted(gcm_open_untrusted(message_key, nonce, data[SALT_SIZE:], call_id))


def _key_and_nonce(key: bytes, salt: bytes) -> tuple[bytes, bytes]:
    return split_key_and_nonce(kdf(key, salt, Label.CONTROL, KEY_AND_NONCE_SIZE))
