"""Lay out the messages of the contact channel (spec/ratchet.md §2 and §5).

`message = header ‖ ciphertext`; the decrypted body is `kind(1) ‖ CBOR`. Integers are big-endian.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from typing import Self

from hamseda.errors import WireError
from hamseda.wire.cbor import encode
from hamseda.wire.codes import BodyKind
from hamseda.wire.fields import Fields

VERSION = 1
HEADER_BYTES = 2413
_HEADER = struct.Struct("!BIII16s1168s1216s")
_TAG_BYTES = 16

EMPTY_BODY = encode({})
"""What `confirm` and `out_of_step` carry."""


@dataclass(frozen=True, slots=True)
class RatchetHeader:
    """Say which key opens a message; the home never sees it (spec/mailbox.md §2)."""

    turn: int
    """t, from 1: odd ones are the inviter's."""
    previous: int
    """PN: how many messages the sender's previous turn had."""
    number: int
    """N, from 0 in each turn."""
    salt: bytes = field(repr=False)
    ct: bytes = field(repr=False)
    kem_key: bytes = field(repr=False)

    def encode(self) -> bytes:
        """Encode the header in its 2413 bytes."""
        return _HEADER.pack(
            VERSION, self.turn, self.previous, self.number, self.salt, self.ct, self.kem_key
        )

    @classmethod
    def parse_untrusted(cls, data: bytes) -> Self:
        """Decode a header. Whatever the bytes, raise `WireError` or nothing."""
        if len(data) != HEADER_BYTES:
            raise WireError(f"a ratchet header of {len(data)} bytes, it has {HEADER_BYTES}")
        version, *rest = _HEADER.unpack(data)
        if version != VERSION:
            raise WireError(f"ratchet version {version}, this side speaks {VERSION}")
        header = cls(*rest)
        if header.turn == 0:
            raise WireError("a ratchet header names turn 0, turns start at 1")
        return header


def split_message_untrusted(message: bytes) -> tuple[RatchetHeader, bytes, bytes]:
    """Split a message into header, the header's bytes (they are authenticated) and ciphertext."""
    if len(message) <= HEADER_BYTES + _TAG_BYTES:
        raise WireError(f"a ratchet message of {len(message)} bytes has no body")
    head, ciphertext = message[:HEADER_BYTES], message[HEADER_BYTES:]
    return RatchetHeader.parse_untrusted(head), head, ciphertext


def join_body(kind: BodyKind, content: bytes = EMPTY_BODY) -> bytes:
    """Put the kind in front of encoded CBOR."""
    return bytes((kind,)) + content


def split_body_untrusted(body: bytes) -> tuple[int, bytes]:
    """Split a decrypted body into its kind and its CBOR, which is not decoded here.

    The kind may be none of `BodyKind`: the receiver ignores such a body.
    """
    if not body:
        raise WireError("the body of a ratchet message is empty")
    return body[0], body[1:]


def check_empty_untrusted(content: bytes) -> None:
    """Refuse a `confirm` or `out_of_step` that carries anything."""
    Fields.parse_untrusted(content, "empty body")
