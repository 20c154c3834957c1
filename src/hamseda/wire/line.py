"""Name the sizes of a line and hold the messages about the line itself (spec/line.md).

The encryption of a line is in `hamseda.crypto.line`; here are its numbers and four bodies.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar, Self

from hamseda.wire.cbor import Value, encode
from hamseda.wire.codes import FEATURES_MOST, Bye, RecordType
from hamseda.wire.fields import Fields
from hamseda.wire.status import Status

HANDSHAKE = 0x01
RECORD = 0x02
MEDIA = 0x03

M1_BYTES = 2385
M2_BYTES = 1441
LINE_ID_BYTES = 32

RECORD_BUCKETS = (256, 1024, 4352, 16640, 65792)
"""The sizes of a record's padded plaintext; the smallest that fits is used (spec/line.md §2)."""

BODY_MOST = RECORD_BUCKETS[-1] - 2
"""What the largest bucket holds beside the type and the first byte of padding."""

MESSAGE_MOST = 1 + RECORD_BUCKETS[-1] + 16
"""The largest WebSocket message of a line: kind, padded plaintext, tag."""

RECORDS_MOST = 2**32


@dataclass(frozen=True, slots=True)
class Hello:
    """Open a line from the home's side: it confirms the home's key (spec/line.md §4)."""

    type: ClassVar[RecordType] = RecordType.HELLO

    now: int
    """The home's clock in Unix seconds."""
    window: int
    """How many deliveries of one mailbox may be unacknowledged."""
    idle: int
    """After how many silent seconds the home closes the line."""
    features: tuple[int, ...] = ()
    """What the home understands beyond the beginnings of version 1, known here or not."""

    def encode(self) -> bytes:
        """Encode the body."""
        body: dict[int, Value] = {0: 1, 1: self.now, 2: self.window, 3: self.idle}
        return encode(body | {4: self.features} if self.features else body)

    @classmethod
    def parse_untrusted(cls, data: bytes) -> Self:
        """Decode the body; another version than 1 is a bad message."""
        fields = Fields.parse_untrusted(data, "hello")
        fields.version("this home")
        return cls(
            now=fields.uint(1),
            window=fields.uint(2, 1),
            idle=fields.uint(3, 1),
            features=fields.optional_uints(4, FEATURES_MOST),
        )


@dataclass(frozen=True, slots=True)
class Reply:
    """Answer the request `q`."""

    type: ClassVar[RecordType] = RecordType.REPLY

    q: int
    status: Status
    data: bytes | None = field(default=None, repr=False)
    """A grant, a voucher, a seat's answer or a document, where the request asks for one."""

    def encode(self) -> bytes:
        """Encode the body."""
        if self.data is None:
            return encode({0: self.q, 1: self.status})
        return encode({0: self.q, 1: self.status, 2: self.data})

    @classmethod
    def parse_untrusted(cls, data: bytes) -> Self:
        """Decode the body; a status of a later release reads as `BAD_REQUEST`."""
        fields = Fields.parse_untrusted(data, "reply")
        status = fields.code(1, Status, otherwise=Status.BAD_REQUEST)
        return cls(fields.request(), status, fields.optional_bytes(2))


@dataclass(frozen=True, slots=True)
class Ping:
    """Keep a silent line alive; the reply shows that the home is there."""

    type: ClassVar[RecordType] = RecordType.PING

    q: int

    def encode(self) -> bytes:
        """Encode the body."""
        return encode({0: self.q})

    @classmethod
    def parse_untrusted(cls, data: bytes) -> Self:
        """Decode the body."""
        fields = Fields.parse_untrusted(data, "ping")
        return cls(fields.request())


@dataclass(frozen=True, slots=True)
class Byes:
    """Say why the home closes the line."""

    type: ClassVar[RecordType] = RecordType.BYE

    reason: Bye

    def encode(self) -> bytes:
        """Encode the body."""
        return encode({1: self.reason})

    @classmethod
    def parse_untrusted(cls, data: bytes) -> Self:
        """Decode the body."""
        fields = Fields.parse_untrusted(data, "bye")
        return cls(fields.code(1, Bye, otherwise=Bye.UNKNOWN))
