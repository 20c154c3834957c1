"""Tell apart what travels in the records of a line (spec/registry.md §3)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Self, TypeAlias

from hamseda.errors import WireError
from hamseda.wire.codes import RecordType
from hamseda.wire.document import GetDocument
from hamseda.wire.fields import Fields
from hamseda.wire.line import Byes, Hello, Ping, Reply
from hamseda.wire.mailbox import (
    Ack,
    CloseMailbox,
    Create,
    DeleteBundle,
    Deliver,
    GetVoucher,
    Put,
    PutBundle,
    Replaced,
    Subscribe,
)
from hamseda.wire.relay import GetGrant, Join, Leave, RoomControl, RoomPeer

Request: TypeAlias = (
    Create
    | Put
    | Subscribe
    | Ack
    | CloseMailbox
    | PutBundle
    | DeleteBundle
    | GetVoucher
    | GetGrant
    | Join
    | Leave
    | Ping
    | GetDocument
    | RoomControl
)
"""What a client says to its home. All but `RoomControl` get a `Reply`."""


@dataclass(frozen=True, slots=True)
class UnknownRequest:
    """Stand for a request of a later release, which is answered with `BAD_REQUEST`."""

    q: int

    @classmethod
    def parse_untrusted(cls, data: bytes) -> Self:
        """Decode the number alone."""
        return cls(Fields.parse_untrusted(data, "unknown request").request())


Push: TypeAlias = Hello | Reply | Deliver | Replaced | RoomPeer | RoomControl | Byes
"""What a home says to a client."""

_REQUESTS: Mapping[int, Callable[[bytes], Request]] = MappingProxyType(
    {
        RecordType.CREATE: Create.parse_untrusted,
        RecordType.PUT: Put.parse_untrusted,
        RecordType.SUBSCRIBE: Subscribe.parse_untrusted,
        RecordType.ACK: Ack.parse_untrusted,
        RecordType.CLOSE_MAILBOX: CloseMailbox.parse_untrusted,
        RecordType.PUT_BUNDLE: PutBundle.parse_untrusted,
        RecordType.DELETE_BUNDLE: DeleteBundle.parse_untrusted,
        RecordType.VOUCHER: GetVoucher.parse_untrusted,
        RecordType.GRANT: GetGrant.parse_untrusted,
        RecordType.JOIN: Join.parse_untrusted,
        RecordType.LEAVE: Leave.parse_untrusted,
        RecordType.PING: Ping.parse_untrusted,
        RecordType.DOCUMENT: GetDocument.parse_untrusted,
        RecordType.ROOM_CONTROL: RoomControl.parse_untrusted,
    }
)
_PUSHES: Mapping[int, Callable[[bytes], Push]] = MappingProxyType(
    {
        RecordType.HELLO: Hello.parse_untrusted,
        RecordType.REPLY: Reply.parse_untrusted,
        RecordType.DELIVER: Deliver.parse_untrusted,
        RecordType.REPLACED: Replaced.parse_untrusted,
        RecordType.ROOM_PEER: RoomPeer.parse_untrusted,
        RecordType.ROOM_CONTROL: RoomControl.parse_untrusted,
        RecordType.BYE: Byes.parse_untrusted,
    }
)


def encode_message(message: Request | Push) -> tuple[RecordType, bytes]:
    """Return the record type and the body of one message."""
    return message.type, message.encode()


def parse_request_untrusted(record_type: int, body: bytes) -> Request | UnknownRequest:
    """Decode what a client sent; a type that only a home may send is a bad message."""
    if record_type in _REQUESTS:
        return _REQUESTS[record_type](body)
    if record_type in _PUSHES:
        raise WireError(f"record type {record_type:#x} is no request")
    return UnknownRequest.parse_untrusted(body)


def parse_push_untrusted(record_type: int, body: bytes) -> Push | None:
    """Decode what a home sent; None is what only a later release knows.

    A type that only a client may send is a bad message.
    """
    if record_type in _PUSHES:
        return _PUSHES[record_type](body)
    if record_type in _REQUESTS:
        raise WireError(f"record type {record_type:#x} is nothing that a home sends")
    return None
