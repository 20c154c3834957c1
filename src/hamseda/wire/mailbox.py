"""Hold the requests and pushes about mailboxes and bundles (spec/mailbox.md)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar, Self

from hamseda.wire.cbor import encode
from hamseda.wire.codes import BundleEnd, RecordType
from hamseda.wire.fields import Fields

ENVELOPE_SIZES = (4096, 16384, 65536)
BLOB_SIZES = (4112, 16400)
VOUCHER_BYTES = 52
ACK_MOST = 64
"""How many envelopes one acknowledgement may name."""


@dataclass(frozen=True, slots=True)
class MailboxAddress:
    """Say where a contact's envelopes go, what opens that door, and what hides their headers."""

    mailbox: bytes = field(repr=False)
    cap: bytes = field(repr=False)
    outer: bytes = field(repr=False)

    def encode(self) -> bytes:
        """Encode the address."""
        return encode({0: self.mailbox, 1: self.cap, 2: self.outer})

    @classmethod
    def parse_untrusted(cls, data: bytes) -> Self:
        """Decode an address."""
        fields = Fields.parse_untrusted(data, "mailbox address")
        return cls(fields.id(0), fields.bytes(1, 32), fields.bytes(2, 32))


@dataclass(frozen=True, slots=True)
class Create:
    """Make a mailbox; repeating the same request changes nothing."""

    type: ClassVar[RecordType] = RecordType.CREATE

    q: int
    mailbox: bytes = field(repr=False)
    read_key: bytes = field(repr=False)
    """The Ed25519 public key of who may read."""
    cap_hash: bytes = field(repr=False)
    """SHA-256 of the capability to write: all of it that the home ever stores."""
    voucher: bytes | None = field(default=None, repr=False)

    def encode(self) -> bytes:
        """Encode the body."""
        body = {0: self.q, 1: self.mailbox, 2: self.read_key, 3: self.cap_hash}
        return encode(body if self.voucher is None else {**body, 4: self.voucher})

    @classmethod
    def parse_untrusted(cls, data: bytes) -> Self:
        """Decode the body."""
        fields = Fields.parse_untrusted(data, "create")
        return cls(
            q=fields.request(),
            mailbox=fields.id(1),
            read_key=fields.bytes(2, 32),
            cap_hash=fields.bytes(3, 32),
            voucher=fields.optional_bytes(4, VOUCHER_BYTES),
        )


@dataclass(frozen=True, slots=True)
class Put:
    """Put one envelope into a mailbox; `put_id` makes a second try harmless."""

    type: ClassVar[RecordType] = RecordType.PUT

    q: int
    mailbox: bytes = field(repr=False)
    cap: bytes = field(repr=False)
    put_id: bytes = field(repr=False)
    envelope: bytes = field(repr=False)

    def encode(self) -> bytes:
        """Encode the body."""
        return encode({0: self.q, 1: self.mailbox, 2: self.cap, 3: self.put_id, 4: self.envelope})

    @classmethod
    def parse_untrusted(cls, data: bytes) -> Self:
        """Decode the body."""
        fields = Fields.parse_untrusted(data, "put")
        return cls(
            q=fields.request(),
            mailbox=fields.id(1),
            cap=fields.bytes(2, 32),
            put_id=fields.id(3),
            envelope=fields.bytes(4, ENVELOPE_SIZES),
        )


@dataclass(frozen=True, slots=True)
class Subscribe:
    """Bind a mailbox to this line; the signature covers the line, so it is of no use elsewhere."""

    type: ClassVar[RecordType] = RecordType.SUBSCRIBE

    q: int
    mailbox: bytes = field(repr=False)
    signature: bytes = field(repr=False)

    def encode(self) -> bytes:
        """Encode the body."""
        return encode({0: self.q, 1: self.mailbox, 2: self.signature})

    @classmethod
    def parse_untrusted(cls, data: bytes) -> Self:
        """Decode the body."""
        fields = Fields.parse_untrusted(data, "subscribe")
        return cls(fields.request(), fields.id(1), fields.bytes(2, 64))


@dataclass(frozen=True, slots=True)
class Ack:
    """Delete delivered envelopes by their numbers."""

    type: ClassVar[RecordType] = RecordType.ACK

    q: int
    mailbox: bytes = field(repr=False)
    seqs: tuple[int, ...]

    def encode(self) -> bytes:
        """Encode the body."""
        return encode({0: self.q, 1: self.mailbox, 2: self.seqs})

    @classmethod
    def parse_untrusted(cls, data: bytes) -> Self:
        """Decode the body."""
        fields = Fields.parse_untrusted(data, "ack")
        return cls(fields.request(), fields.id(1), fields.uints(2, ACK_MOST))


@dataclass(frozen=True, slots=True)
class CloseMailbox:
    """Delete a mailbox and all that is in it."""

    type: ClassVar[RecordType] = RecordType.CLOSE_MAILBOX

    q: int
    mailbox: bytes = field(repr=False)

    def encode(self) -> bytes:
        """Encode the body."""
        return encode({0: self.q, 1: self.mailbox})

    @classmethod
    def parse_untrusted(cls, data: bytes) -> Self:
        """Decode the body."""
        fields = Fields.parse_untrusted(data, "close_mailbox")
        return cls(fields.request(), fields.id(1))


@dataclass(frozen=True, slots=True)
class GetVoucher:
    """Ask for the permission to create one mailbox, to pass it on in an invitation."""

    type: ClassVar[RecordType] = RecordType.VOUCHER

    q: int
    mailbox: bytes = field(repr=False)

    def encode(self) -> bytes:
        """Encode the body."""
        return encode({0: self.q, 1: self.mailbox})

    @classmethod
    def parse_untrusted(cls, data: bytes) -> Self:
        """Decode the body."""
        fields = Fields.parse_untrusted(data, "voucher")
        return cls(fields.request(), fields.id(1))


@dataclass(frozen=True, slots=True)
class PutBundle:
    """Leave the encrypted bundle of an invitation at the home."""

    type: ClassVar[RecordType] = RecordType.PUT_BUNDLE

    q: int
    mailbox: bytes = field(repr=False)
    bundle: bytes = field(repr=False)
    blob: bytes = field(repr=False)
    expiry: int
    """Unix seconds, by the home's clock."""

    def encode(self) -> bytes:
        """Encode the body."""
        return encode({0: self.q, 1: self.mailbox, 2: self.bundle, 3: self.blob, 4: self.expiry})

    @classmethod
    def parse_untrusted(cls, data: bytes) -> Self:
        """Decode the body."""
        fields = Fields.parse_untrusted(data, "put_bundle")
        return cls(
            q=fields.request(),
            mailbox=fields.id(1),
            bundle=fields.id(2),
            blob=fields.bytes(3, BLOB_SIZES),
            expiry=fields.uint(4),
        )


@dataclass(frozen=True, slots=True)
class DeleteBundle:
    """Delete a bundle, and leave behind why."""

    type: ClassVar[RecordType] = RecordType.DELETE_BUNDLE

    q: int
    mailbox: bytes = field(repr=False)
    bundle: bytes = field(repr=False)
    state: BundleEnd

    def encode(self) -> bytes:
        """Encode the body."""
        return encode({0: self.q, 1: self.mailbox, 2: self.bundle, 3: self.state})

    @classmethod
    def parse_untrusted(cls, data: bytes) -> Self:
        """Decode the body."""
        fields = Fields.parse_untrusted(data, "delete_bundle")
        return cls(fields.request(), fields.id(1), fields.id(2), fields.code(3, BundleEnd))


@dataclass(frozen=True, slots=True)
class Deliver:
    """Hand one envelope to the line that is subscribed."""

    type: ClassVar[RecordType] = RecordType.DELIVER

    mailbox: bytes = field(repr=False)
    seq: int
    age_s: int
    """Seconds since the home committed it, by the home's clock."""
    envelope: bytes = field(repr=False)

    def encode(self) -> bytes:
        """Encode the body."""
        return encode({1: self.mailbox, 2: self.seq, 3: self.age_s, 4: self.envelope})

    @classmethod
    def parse_untrusted(cls, data: bytes) -> Self:
        """Decode the body."""
        fields = Fields.parse_untrusted(data, "deliver")
        return cls(fields.id(1), fields.uint(2), fields.uint(3), fields.bytes(4, ENVELOPE_SIZES))


@dataclass(frozen=True, slots=True)
class Replaced:
    """Tell a line that another one has taken over its subscription."""

    type: ClassVar[RecordType] = RecordType.REPLACED

    mailbox: bytes = field(repr=False)

    def encode(self) -> bytes:
        """Encode the body."""
        return encode({1: self.mailbox})

    @classmethod
    def parse_untrusted(cls, data: bytes) -> Self:
        """Decode the body."""
        fields = Fields.parse_untrusted(data, "replaced")
        return cls(fields.id(1))
