"""Hold grants, and the requests and pushes about rooms (spec/relay.md §1)."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from typing import ClassVar, Self

from hamseda.errors import WireError
from hamseda.wire.cbor import encode
from hamseda.wire.codes import RecordType
from hamseda.wire.fields import Fields

GRANT_BYTES = 96
SIGNED_BYTES = 64
HANDLE_MOST = 7
CONTROL_MOST = 4097
"""The largest body of a room control: its kind and one small envelope."""

_GRANT = struct.Struct("!16s16s16sI8sHH32s")


@dataclass(frozen=True, slots=True)
class Grant:
    """Hold what a home needs to let two seats meet, MACed by its relay key."""

    room: bytes = field(repr=False)
    h0: bytes = field(repr=False)
    """First 16 bytes of SHA-256 of the secret of seat 0."""
    h1: bytes = field(repr=False)
    exp: int
    """Unix seconds, by the home's clock."""
    owner: bytes = field(repr=False)
    """Tells the rooms of one mailbox together without naming the mailbox."""
    packets_per_s: int
    kbit_per_s: int
    mac: bytes = field(repr=False)

    @property
    def signed_part(self) -> bytes:
        """Return the 64 bytes that the MAC covers."""
        return self.encode()[:SIGNED_BYTES]

    def encode(self) -> bytes:
        """Encode the grant in its 96 bytes."""
        return _GRANT.pack(
            self.room,
            self.h0,
            self.h1,
            self.exp,
            self.owner,
            self.packets_per_s,
            self.kbit_per_s,
            self.mac,
        )

    @classmethod
    def parse_untrusted(cls, data: bytes) -> Self:
        """Decode a grant; the MAC is for `hamseda.crypto.grants` to check."""
        if len(data) != GRANT_BYTES:
            raise WireError(f"a grant of {len(data)} bytes, it has {GRANT_BYTES}")
        return cls(*_GRANT.unpack(data))


def parse_grant_untrusted(data: bytes) -> Grant:
    """Decode a grant without judging its MAC or its expiry."""
    return Grant.parse_untrusted(data)


@dataclass(frozen=True, slots=True)
class GetGrant:
    """Ask for a grant of a room with two seats."""

    type: ClassVar[RecordType] = RecordType.GRANT

    q: int
    mailbox: bytes = field(repr=False)
    room: bytes = field(repr=False)
    h0: bytes = field(repr=False)
    h1: bytes = field(repr=False)

    def encode(self) -> bytes:
        """Encode the body."""
        return encode({0: self.q, 1: self.mailbox, 2: self.room, 3: self.h0, 4: self.h1})

    @classmethod
    def parse_untrusted(cls, data: bytes) -> Self:
        """Decode the body."""
        fields = Fields.parse_untrusted(data, "grant request")
        return cls(
            q=fields.request(),
            mailbox=fields.id(1),
            room=fields.id(2),
            h0=fields.bytes(3, 16),
            h1=fields.bytes(4, 16),
        )


@dataclass(frozen=True, slots=True)
class Join:
    """Take a seat of a room by showing its secret."""

    type: ClassVar[RecordType] = RecordType.JOIN

    q: int
    handle: int
    """The client's own number for the room on this line, 0 to 7."""
    grant: bytes = field(repr=False)
    seat: int
    secret: bytes = field(repr=False)

    def encode(self) -> bytes:
        """Encode the body."""
        return encode({0: self.q, 1: self.handle, 2: self.grant, 3: self.seat, 4: self.secret})

    @classmethod
    def parse_untrusted(cls, data: bytes) -> Self:
        """Decode the body."""
        fields = Fields.parse_untrusted(data, "join")
        return cls(
            q=fields.request(),
            handle=fields.uint(1, 0, HANDLE_MOST),
            grant=fields.bytes(2, GRANT_BYTES),
            seat=fields.uint(3, 0, 1),
            secret=fields.bytes(4, 16),
        )


@dataclass(frozen=True, slots=True)
class Leave:
    """Give a seat up."""

    type: ClassVar[RecordType] = RecordType.LEAVE

    q: int
    handle: int

    def encode(self) -> bytes:
        """Encode the body."""
        return encode({0: self.q, 1: self.handle})

    @classmethod
    def parse_untrusted(cls, data: bytes) -> Self:
        """Decode the body."""
        fields = Fields.parse_untrusted(data, "leave")
        return cls(fields.request(), fields.uint(1, 0, HANDLE_MOST))


@dataclass(frozen=True, slots=True)
class RoomPeer:
    """Tell a line whether the other seat of a room has a line."""

    type: ClassVar[RecordType] = RecordType.ROOM_PEER

    handle: int
    present: bool

    def encode(self) -> bytes:
        """Encode the body."""
        return encode({1: self.handle, 2: self.present})

    @classmethod
    def parse_untrusted(cls, data: bytes) -> Self:
        """Decode the body."""
        fields = Fields.parse_untrusted(data, "room_peer")
        return cls(fields.uint(1, 0, HANDLE_MOST), fields.bool(2))


@dataclass(frozen=True, slots=True)
class RoomControl:
    """Carry one control body from seat to seat; the relay does not look inside."""

    type: ClassVar[RecordType] = RecordType.ROOM_CONTROL

    handle: int
    body: bytes = field(repr=False)

    def encode(self) -> bytes:
        """Encode the body."""
        return encode({1: self.handle, 2: self.body})

    @classmethod
    def parse_untrusted(cls, data: bytes) -> Self:
        """Decode the body."""
        fields = Fields.parse_untrusted(data, "room_control")
        return cls(fields.uint(1, 0, HANDLE_MOST), fields.bytes(2, most=CONTROL_MOST))
