"""Hold the messages of a call (spec/call.md).

What is signed stays bytes in `Signed.body`: hashes and signatures cover what was received.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Self

from hamseda.errors import WireError
from hamseda.wire.cbor import Value, encode
from hamseda.wire.codes import ControlKind, HangupReason, RoomBody
from hamseda.wire.fields import Fields
from hamseda.wire.relay import GRANT_BYTES

MODES_MOST = 8
CALL_KEY_BYTES = 1216
SEALED_SEED_BYTES = 1168

CONTROL_BYTES = 256
ENVELOPE_BYTES = 4096
"""Only the smallest envelope fits into a room control."""

_ROOM_BODY_BYTES: Mapping[int, int] = MappingProxyType(
    {RoomBody.ENVELOPE: ENVELOPE_BYTES, RoomBody.CONTROL: CONTROL_BYTES}
)
_VALUE_BYTES: Mapping[int, int] = MappingProxyType(
    {ControlKind.RINGING: 16, ControlKind.ALIVE: 16, ControlKind.REVEAL: 32}
)


@dataclass(frozen=True, slots=True)
class Signed:
    """Carry an encoded offer or answer body and its signature."""

    body: bytes = field(repr=False)
    signature: bytes = field(repr=False)

    def encode(self) -> bytes:
        """Encode both."""
        return encode({0: self.body, 1: self.signature})

    @classmethod
    def parse_untrusted(cls, data: bytes) -> Self:
        """Decode both; the body is not looked at before its signature was verified."""
        fields = Fields.parse_untrusted(data, "signed")
        return cls(fields.bytes(0), fields.bytes(1, 64))


@dataclass(frozen=True, slots=True)
class OfferBody:
    """Offer a call: keys, a commitment for the emoji, and a seat in a room (§1)."""

    call_id: bytes = field(repr=False)
    s_a: bytes = field(repr=False)
    commitment: bytes = field(repr=False)
    kem_key: bytes = field(repr=False)
    modes: tuple[int, ...]
    grant: bytes = field(repr=False)
    seat_secret: bytes = field(repr=False)

    def encode(self) -> bytes:
        """Encode the body."""
        return encode(
            {
                0: 1,
                1: self.call_id,
                2: self.s_a,
                3: self.commitment,
                4: self.kem_key,
                5: self.modes,
                6: self.grant,
                7: self.seat_secret,
            }
        )

    @classmethod
    def parse_untrusted(cls, data: bytes) -> Self:
        """Decode the body."""
        fields = Fields.parse_untrusted(data, "offer")
        fields.version()
        return cls(
            call_id=fields.id(1),
            s_a=fields.bytes(2, 32),
            commitment=fields.bytes(3, 32),
            kem_key=fields.bytes(4, CALL_KEY_BYTES),
            modes=fields.uints(5, MODES_MOST),
            grant=fields.bytes(6, GRANT_BYTES),
            seat_secret=fields.bytes(7, 16),
        )


@dataclass(frozen=True, slots=True)
class AnswerBody:
    """Answer a call: the sealed seed of its keys, and the callee's share of the emoji (§3)."""

    call_id: bytes = field(repr=False)
    ct: bytes = field(repr=False)
    nonce_b: bytes = field(repr=False)
    mode: int

    def encode(self) -> bytes:
        """Encode the body."""
        return encode({0: 1, 1: self.call_id, 2: self.ct, 3: self.nonce_b, 4: self.mode})

    @classmethod
    def parse_untrusted(cls, data: bytes) -> Self:
        """Decode the body."""
        fields = Fields.parse_untrusted(data, "answer")
        fields.version()
        return cls(
            call_id=fields.id(1),
            ct=fields.bytes(2, SEALED_SEED_BYTES),
            nonce_b=fields.bytes(3, 32),
            mode=fields.uint(4),
        )


@dataclass(frozen=True, slots=True)
class CallRef:
    """Name the call that a cancel, decline or busy means."""

    call_id: bytes = field(repr=False)

    def encode(self) -> bytes:
        """Encode the body."""
        return encode({0: self.call_id})

    @classmethod
    def parse_untrusted(cls, data: bytes) -> Self:
        """Decode the body."""
        fields = Fields.parse_untrusted(data, "call reference")
        return cls(fields.id(0))


@dataclass(frozen=True, slots=True)
class Hangup:
    """End a call and say why."""

    call_id: bytes = field(repr=False)
    reason: HangupReason

    def encode(self) -> bytes:
        """Encode the body."""
        return encode({0: self.call_id, 1: self.reason})

    @classmethod
    def parse_untrusted(cls, data: bytes) -> Self:
        """Decode the body."""
        fields = Fields.parse_untrusted(data, "hangup")
        return cls(fields.id(0), _reason_untrusted(fields, 1))


@dataclass(frozen=True, slots=True)
class Control:
    """Say one thing in the room, under a key of the call (§4)."""

    seq: int
    """Grows by one per direction and key."""
    kind: ControlKind
    value: bytes | None = field(default=None, repr=False)
    reason: HangupReason | None = None

    def encode(self) -> bytes:
        """Encode the plaintext, without padding."""
        fields: dict[int, Value] = {0: self.seq, 1: self.kind}
        if self.value is not None:
            fields[2] = self.value
        if self.reason is not None:
            fields[3] = self.reason
        return encode(fields)

    @classmethod
    def parse_untrusted(cls, data: bytes) -> Self:
        """Decode the plaintext; value and reason are there exactly when the kind has them."""
        fields = Fields.parse_untrusted(data, "control")
        seq, kind = fields.uint(0), fields.code(1, ControlKind)
        size = _VALUE_BYTES.get(kind)
        return cls(
            seq=seq,
            kind=kind,
            value=None if size is None else fields.bytes(2, size),
            reason=_reason_untrusted(fields, 3) if kind is ControlKind.HANGUP else None,
        )


def _reason_untrusted(fields: Fields, key: int) -> HangupReason:
    """Take why a call was ended; what a later release adds is an end like any other."""
    return fields.code(key, HangupReason, otherwise=HangupReason.HUNG_UP)


def join_room_body(kind: RoomBody, content: bytes) -> bytes:
    """Put the kind in front of an envelope or a sealed control message."""
    return bytes((kind,)) + content


def split_room_body_untrusted(body: bytes) -> tuple[RoomBody, bytes]:
    """Split the body of a room control into its kind and content, whose size must fit."""
    size = _ROOM_BODY_BYTES.get(body[0]) if body else None
    if size is None or len(body) != 1 + size:
        raise WireError(f"a room control of {len(body)} bytes is neither envelope nor control")
    return RoomBody(body[0]), body[1:]


parse_signed_untrusted = Signed.parse_untrusted
parse_offer_body_untrusted = OfferBody.parse_untrusted
parse_answer_body_untrusted = AnswerBody.parse_untrusted
