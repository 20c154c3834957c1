"""Seal what a profile holds, and write down its key (label `profile` of spec/registry.md §2).

Every value is sealed under the profile key, 32 random bytes. The key record says that key, in clear
or sealed under a passphrase; it has one size whichever it is, so that it is rewritten in place.
Whoever overwrites it has made noise of all values, also of those that the disk still keeps
somewhere (ADR 0022).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import sha256

from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from hamseda.crypto.aead import (
    KEY_AND_NONCE_SIZE,
    KEY_SIZE,
    gcm_open_untrusted,
    gcm_seal,
    split_key_and_nonce,
)
from hamseda.crypto.key_schedule import Label, Rng, kdf
from hamseda.crypto.padding import pad, unpad_untrusted
from hamseda.errors import WireError
from hamseda.wire import cbor
from hamseda.wire.fields import Fields

SALT_SIZE = 16
KEY_RECORD_SIZE = 192
_DIGEST_SIZE = 32
_KEY_NAME = b"profile key"
_ITERATIONS_MOST, _LANES_MOST, _MEMORY_KIB_MOST = 64, 64, 1 << 20
_VALUE_SALT_SIZE = 32


@dataclass(frozen=True, slots=True)
class LockCost:
    """Say how much one guess of a passphrase costs.

    The defaults are the second recommended option of RFC 9106 §4. They stand in the key record,
    so that later ones can be dearer.
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


@dataclass(frozen=True, slots=True)
class LockedKey:
    """Be a profile key under a passphrase."""

    salt: bytes
    cost: LockCost
    sealed: bytes = field(repr=False)

    def open_untrusted(self, passphrase: str) -> bytes:
        """Give the profile key; a wrong passphrase raises `WireError`."""
        return open_value_untrusted(
            argon2id(passphrase, self.salt, self.cost), _KEY_NAME, self.sealed
        )


def key_record(
    key: bytes, passphrase: str | None, rng: Rng, cost: LockCost = DEFAULT_COST
) -> bytes:
    """Write the profile key down, under a passphrase or (None) in clear.

    The digest at the end tells a record that was written to half from a wrong passphrase.
    """
    entries: dict[int, cbor.Value] = {0: 1}
    if passphrase is None:
        entries[1] = key
    else:
        salt = rng(SALT_SIZE)
        sealed = seal_value(argon2id(passphrase, salt, cost), _KEY_NAME, key, rng)
        entries |= {2: salt, 3: cost.iterations, 4: cost.lanes, 5: cost.memory_kib, 6: sealed}
    body = pad(cbor.encode(entries), KEY_RECORD_SIZE - _DIGEST_SIZE)
    return body + sha256(body).digest()


def parse_key_record_untrusted(data: bytes) -> bytes | LockedKey:
    """Read a key record: the profile key, or what a passphrase opens.

    What is no whole record (blank, torn, damaged) raises `WireError`.
    """
    body, digest = data[:-_DIGEST_SIZE], data[-_DIGEST_SIZE:]
    if len(data) != KEY_RECORD_SIZE or sha256(body).digest() != digest:
        raise WireError("bad message: no whole key record")
    fields = Fields.parse_untrusted(unpad_untrusted(body), "key record")
    fields.version()
    key = fields.optional_bytes(1, KEY_SIZE)
    found = key if key is not None else _locked(fields)
    fields.done()
    return found


def _locked(fields: Fields) -> LockedKey:
    return LockedKey(
        salt=fields.bytes(2, SALT_SIZE),
        cost=LockCost(
            iterations=fields.uint(3, 1, _ITERATIONS_MOST),
            lanes=fields.uint(4, 1, _LANES_MOST),
            memory_kib=fields.uint(5, 8, _MEMORY_KIB_MOST),
        ),
        sealed=fields.bytes(6, _VALUE_SALT_SIZE + KEY_SIZE + 16),
    )


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
