"""Seal a message to a public key with HPKE over X-Wing (spec/handshake.md §4)."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hpke
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey, MLKEM768PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

from hamseda.crypto.key_schedule import Label, info
from hamseda.errors import WireError

SEED_SIZE = 32
PUBLIC_SIZE = 1216
ENC_SIZE = 1120
SEAL_OVERHEAD = ENC_SIZE + 16

_MLKEM_PUBLIC_SIZE = 1184
_MLKEM_SEED_SIZE = 64
_EXPANDED_SIZE = 96
_P = 2**255 - 19
_LOW_255_BITS = 2**255 - 1

# RFC 7748 §6.1 leaves the check of the shared secret to the protocol; these are the u-coordinates
# (modulo p) of all points whose order divides 8, on the curve and on its twist.
_SMALL_ORDER_U = frozenset(
    {
        0,
        1,
        325606250916557431795983626356110631294008115727848805560023387167927233504,
        39382357235489614581723060781553021112529911719440698176882885853963445705823,
        _P - 1,
    }
)

_SUITE = hpke.Suite(hpke.KEM.MLKEM768_X25519, hpke.KDF.HKDF_SHA256, hpke.AEAD.AES_256_GCM)


@dataclass(frozen=True, slots=True)
class KemKeyPair:
    """Hold one X-Wing key pair; the 32-byte seed is all that is ever stored of it."""

    seed: bytes = field(repr=False)
    public: bytes = field(repr=False)
    _private: hpke.MLKEM768X25519PrivateKey = field(repr=False, compare=False)

    def open_untrusted(self, sealed: bytes, label: Label, ctx: bytes) -> bytes:
        """Open what was sealed to this key for this purpose, or raise `WireError`."""
        if len(sealed) < SEAL_OVERHEAD:
            raise WireError("bad message: too short to be sealed")
        _refuse_small_order(sealed[ENC_SIZE - 32 : ENC_SIZE])
        try:
            return _SUITE.decrypt(sealed, self._private, info=info(label, ctx))
        except (InvalidTag, ValueError):
            raise WireError("bad message: it does not open") from None


def key_pair(seed: bytes) -> KemKeyPair:
    """Expand a 32-byte seed into its key pair."""
    if len(seed) != SEED_SIZE:
        raise ValueError(f"the seed has {len(seed)} bytes, not {SEED_SIZE}")
    expanded = hashlib.shake_256(seed).digest(_EXPANDED_SIZE)
    mlkem = MLKEM768PrivateKey.from_seed_bytes(expanded[:_MLKEM_SEED_SIZE])
    x25519 = X25519PrivateKey.from_private_bytes(expanded[_MLKEM_SEED_SIZE:])
    public = mlkem.public_key().public_bytes_raw() + x25519.public_key().public_bytes_raw()
    return KemKeyPair(seed, public, hpke.MLKEM768X25519PrivateKey(mlkem, x25519))


def seal(public: bytes, plaintext: bytes, label: Label, ctx: bytes) -> bytes:
    """Seal to a foreign public key; the result is 1136 bytes longer than the plaintext.

    The randomness is the library's own. A public key that cannot be used raises `WireError`:
    it came from a peer.
    """
    key = _public_key_untrusted(public)
    try:
        return _SUITE.encrypt(plaintext, key, info=info(label, ctx))
    except ValueError:
        raise WireError("bad message: this public key cannot be used") from None


def open_untrusted(pair: KemKeyPair, sealed: bytes, label: Label, ctx: bytes) -> bytes:
    """Open what was sealed to this pair for this purpose, or raise `WireError`."""
    return pair.open_untrusted(sealed, label, ctx)


def check_public_untrusted(public: bytes) -> None:
    """Raise `WireError` unless `seal` could use this public key."""
    _public_key_untrusted(public)


def _public_key_untrusted(public: bytes) -> hpke.MLKEM768X25519PublicKey:
    if len(public) != PUBLIC_SIZE:
        raise WireError(f"bad message: a public key has {PUBLIC_SIZE} bytes, not {len(public)}")
    _refuse_small_order(public[_MLKEM_PUBLIC_SIZE:])
    try:
        # This is also the modulus check of FIPS 203 §7.2.
        mlkem = MLKEM768PublicKey.from_public_bytes(public[:_MLKEM_PUBLIC_SIZE])
        x25519 = X25519PublicKey.from_public_bytes(public[_MLKEM_PUBLIC_SIZE:])
    except ValueError:
        raise WireError("bad message: this public key cannot be used") from None
    return hpke.MLKEM768X25519PublicKey(mlkem, x25519)


def _refuse_small_order(share: bytes) -> None:
    """Raise `WireError` where X25519 would give zero whatever the private key."""
    u = (int.from_bytes(share, "little") & _LOW_255_BITS) % _P
    if u in _SMALL_ORDER_U:
        raise WireError("bad message: an X25519 share of small order")
