"""Sign 32-byte hashes with Ed25519 and verify strictly (spec/handshake.md §5)."""

from __future__ import annotations

from dataclasses import dataclass, field

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from hamseda.crypto.key_schedule import Label, info
from hamseda.errors import WireError

PUBLIC_SIZE = 32
SIGNATURE_SIZE = 64

_P = 2**255 - 19
_L = 2**252 + 27742317777372353535851937790883648493
_LOW_255_BITS = 2**255 - 1

SMALL_ORDER_ENCODINGS = frozenset(
    bytes.fromhex(encoding)
    for encoding in (
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0000000000000000000000000000000000000000000000000000000000000080",
        "0100000000000000000000000000000000000000000000000000000000000000",
        "0100000000000000000000000000000000000000000000000000000000000080",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    )
)
"""spec/registry.md §6, in its order."""


@dataclass(frozen=True, slots=True)
class SigningKey:
    """Hold one Ed25519 key pair; its 32-byte seed is the private key of RFC 8032."""

    seed: bytes = field(repr=False)
    public: bytes = field(init=False)

    def __post_init__(self) -> None:
        private = Ed25519PrivateKey.from_private_bytes(self.seed)
        object.__setattr__(self, "public", private.public_key().public_bytes_raw())

    def sign(self, label: Label, hash32: bytes) -> bytes:
        """Sign one hash for one purpose; 64 bytes."""
        if len(hash32) != 32:
            raise ValueError(f"only hashes are signed, and this has {len(hash32)} bytes")
        return Ed25519PrivateKey.from_private_bytes(self.seed).sign(info(label) + hash32)


def verify_untrusted(public: bytes, label: Label, hash32: bytes, signature: bytes) -> None:
    """Return when the signature holds, raise `WireError` otherwise.

    Small-order and non-canonical points are refused before any arithmetic: under a small-order
    key the library itself accepts a trivial signature over every message.
    """
    if len(public) != PUBLIC_SIZE or len(signature) != SIGNATURE_SIZE:
        raise WireError("bad message: a key or signature of the wrong length")
    _refuse_point(public)
    _refuse_point(signature[:32])
    if int.from_bytes(signature[32:], "little") >= _L:
        raise WireError("bad message: a signature that is not reduced")
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, info(label) + hash32)
    except (InvalidSignature, ValueError):
        raise WireError("bad message: the signature does not hold") from None


def _refuse_point(encoded: bytes) -> None:
    y = int.from_bytes(encoded, "little") & _LOW_255_BITS
    if encoded in SMALL_ORDER_ENCODINGS or y >= _P:
        raise WireError("bad message: a point that no honest key has")
