"""Keep a profile's secrets under a passphrase (label `profile` of spec/registry.md §2)."""

from __future__ import annotations

from dataclasses import dataclass

from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from hamseda.crypto.aead import (
    KEY_AND_NONCE_SIZE,
    KEY_SIZE,
    gcm_open_untrusted,
    gcm_seal,
    split_key_and_nonce,
)
from hamseda.crypto.key_schedule import Label, Rng, kdf
from hamseda.errors import WireError

SALT_SIZE = 16
_VALUE_SALT_SIZE = 32


@dataclass(frozen=True, slots=True)
class LockCost:
    """Say how much one guess of a passphrase costs.

    The defaults are the second recommended option of RFC 9106 §4. They are stored with the
    profile, so that later ones can be dearer.
    """

    iterations: int = 3
    lanes: int = 4
    memory_kib: int = 64 * 1024


DEFAULT_COST = LockCost()


def argon2id(passphrase: str, salt: bytes, cost: LockCost = DEFAULT_COST) -> bytes:
    """Turn a passphrase into a 32-byte key; slow and large on purpose.

    `salt` is 16 random bytes of the profile.
    """
    derivation = Argon2id(
        salt=salt,
        length=KEY_SIZE,
        iterations=cost.iterations,
        lanes=cost.lanes,
        memory_cost=cost.memory_kib,
    )
    return derivation.derive(passphrase.encode())


def seal_value(key: bytes, name: bytes, plaintext: bytes, rng: Rng) -> bytes:
    """Seal one stored value; `name` says which one it is, so that two cannot be exchanged."""
    salt = rng(_VALUE_SALT_SIZE)
    value_key, nonce = _key_and_nonce(key, salt, name)
    return salt + gcm_seal(value_key, nonce, plaintext, name)


def open_value_untrusted(key: bytes, name: bytes, data: bytes) -> bytes:
    """Open one stored value; a wrong passphrase or a damaged value raises `WireError`."""
    if len(data) < _VALUE_SALT_SIZE:
        raise WireError("bad message: too short to be sealed")
    value_key, nonce = _key_and_nonce(key, data[:_VALUE_SALT_SIZE], name)
    return gcm_open_untrusted(value_key, nonce, data[_VALUE_SALT_SIZE:], name)


def _key_and_nonce(key: bytes, salt: bytes, name: bytes) -> tuple[bytes, bytes]:
    """Give each value a key of its own: random 12-byte nonces alone would wear one key out."""
    return split_key_and_nonce(kdf(key, salt, Label.PROFILE, KEY_AND_NONCE_SIZE, name))
