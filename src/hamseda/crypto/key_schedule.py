"""Name every label once and derive every key through one function (spec/handshake.md §2, §3)."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from enum import StrEnum, unique
from typing import TypeAlias

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

Rng: TypeAlias = Callable[[int], bytes]
"""Give that many fresh random bytes; `secrets.token_bytes` outside of tests."""


@unique
class Label(StrEnum):
    """Separate the uses of keys, hashes and signatures (spec/registry.md §2)."""

    LINE_M1 = "line m1"
    LINE_M2 = "line m2"
    LINE = "line"
    READ = "read"
    ENVELOPE = "env"
    HOME = "home"
    DESCRIPTOR = "descriptor"
    BUNDLE = "bundle"
    INVITE_ID = "invite id"
    INVITE_KEY = "invite key"
    ACCEPT = "accept"
    ROOT0 = "root0"
    SID = "sid"
    WELCOME = "welcome"
    REFUSED = "refused"
    TURN = "turn"
    STEP = "step"
    MESSAGE_KEY = "mk"
    CHAIN_KEY = "ck"
    MESSAGE = "msg"
    OFFER = "offer"
    ANSWER = "answer"
    COMMITMENT = "com"
    CALL = "call"
    RING_A_TO_B = "ring a>b"
    RING_B_TO_A = "ring b>a"
    SIGNALLING_A_TO_B = "sig a>b"
    SIGNALLING_B_TO_A = "sig b>a"
    SFRAME_A_TO_B = "sframe a>b"
    SFRAME_B_TO_A = "sframe b>a"
    SAS = "sas"
    CONTROL = "ctl"
    GRANT = "grant"
    OWNER = "owner"
    VOUCHER = "voucher"
    FRONT = "front"
    PROFILE = "profile"


def h(*items: bytes | int) -> bytes:
    """Hash items unambiguously: each is preceded by its length (spec/handshake.md §2)."""
    digest = hashlib.sha256()
    for item in items:
        data = item.to_bytes(4, "big") if isinstance(item, int) else item
        digest.update(len(data).to_bytes(4, "big"))
        digest.update(data)
    return digest.digest()


def info(label: Label, ctx: bytes = b"") -> bytes:
    """Write the version, the purpose and the context of a derivation down as bytes."""
    return b"hamseda/1 " + label.encode() + b"\x00" + ctx


def kdf(ikm: bytes, salt: bytes, label: Label, n: int, ctx: bytes = b"") -> bytes:
    """Derive `n` bytes with HKDF-SHA256 (spec/handshake.md §3)."""
    return HKDF(SHA256(), n, salt, info(label, ctx)).derive(ikm)


def tagged_hash(label: Label, data: bytes) -> bytes:
    """Hash one value for one purpose: SHA-256("hamseda/1 " label 00 data)."""
    return hashlib.sha256(info(label) + data).digest()
