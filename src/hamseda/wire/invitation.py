"""Hold what two strangers exchange to become contacts (spec/invitation.md §2 and §3)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Self

from hamseda.wire.cbor import encode
from hamseda.wire.codes import RefusedReason
from hamseda.wire.descriptor import SignedDescriptor
from hamseda.wire.fields import Fields
from hamseda.wire.mailbox import VOUCHER_BYTES, MailboxAddress

KEM_KEY_BYTES = 1216


@dataclass(frozen=True, slots=True)
class Bundle:
    """Carry all that an invitation link leads to."""

    home: bytes = field(repr=False)
    """An encoded `SignedDescriptor`, as the home signed it."""
    voucher: bytes = field(repr=False)
    mailbox: bytes = field(repr=False)
    cap: bytes = field(repr=False)
    outer: bytes = field(repr=False)
    kem_key: bytes = field(repr=False)
    """The key to which the accept is sealed; it exists for this invitation alone."""
    id_key: bytes = field(repr=False)
    """The inviter's identity for this contact alone (Ed25519)."""
    expiry: int
    """Unix seconds, by the home's clock."""
    random: bytes = field(repr=False)

    @property
    def address(self) -> MailboxAddress:
        """Return where the accept goes."""
        return MailboxAddress(self.mailbox, self.cap, self.outer)

    def encode(self) -> bytes:
        """Encode the bundle."""
        return encode(
            {
                0: 1,
                1: self.home,
                2: self.voucher,
                3: self.mailbox,
                4: self.cap,
                5: self.outer,
                6: self.kem_key,
                7: self.id_key,
                8: self.expiry,
                9: self.random,
            }
        )

    @classmethod
    def parse_untrusted(cls, data: bytes) -> Self:
        """Decode a bundle; the home's signature is not checked here."""
        fields = Fields.parse_untrusted(data, "bundle")
        fields.version("this invitation")
        value = cls(
            home=fields.bytes(1),
            voucher=fields.bytes(2, VOUCHER_BYTES),
            mailbox=fields.id(3),
            cap=fields.bytes(4, 32),
            outer=fields.bytes(5, 32),
            kem_key=fields.bytes(6, KEM_KEY_BYTES),
            id_key=fields.bytes(7, 32),
            expiry=fields.uint(8),
            random=fields.bytes(9, 32),
        )
        SignedDescriptor.parse_untrusted(value.home)
        return value


@dataclass(frozen=True, slots=True)
class AcceptBody:
    """Carry what the invited side offers: identity, key, mailbox and the first secret."""

    seed0: bytes = field(repr=False)
    id_key: bytes = field(repr=False)
    kem_key: bytes = field(repr=False)
    mailbox: bytes = field(repr=False)
    """An encoded `MailboxAddress`: the welcome's signature covers these bytes."""

    def encode(self) -> bytes:
        """Encode the body, without its signature."""
        return encode({0: 1, 1: self.seed0, 2: self.id_key, 3: self.kem_key, 4: self.mailbox})

    @classmethod
    def parse_untrusted(cls, data: bytes) -> Self:
        """Decode the body."""
        fields = Fields.parse_untrusted(data, "accept")
        fields.version()
        value = cls(
            seed0=fields.bytes(1, 32),
            id_key=fields.bytes(2, 32),
            kem_key=fields.bytes(3, KEM_KEY_BYTES),
            mailbox=fields.bytes(4),
        )
        MailboxAddress.parse_untrusted(value.mailbox)
        return value


@dataclass(frozen=True, slots=True)
class Welcome:
    """Tell the invited side that it is a contact now, and where to write."""

    ctx: bytes = field(repr=False)
    mailbox: bytes = field(repr=False)
    """An encoded `MailboxAddress`."""
    signature: bytes = field(repr=False)

    def encode(self) -> bytes:
        """Encode the message."""
        return encode({0: self.ctx, 1: self.mailbox, 2: self.signature})

    @classmethod
    def parse_untrusted(cls, data: bytes) -> Self:
        """Decode the message."""
        fields = Fields.parse_untrusted(data, "welcome")
        value = cls(fields.bytes(0, 32), fields.bytes(1), fields.bytes(2, 64))
        MailboxAddress.parse_untrusted(value.mailbox)
        return value


@dataclass(frozen=True, slots=True)
class Refused:
    """Tell the invited side that it is no contact, and why."""

    ctx: bytes = field(repr=False)
    reason: RefusedReason
    signature: bytes = field(repr=False)

    def encode(self) -> bytes:
        """Encode the message."""
        return encode({0: self.ctx, 1: self.reason, 2: self.signature})

    @classmethod
    def parse_untrusted(cls, data: bytes) -> Self:
        """Decode the message."""
        fields = Fields.parse_untrusted(data, "refused")
        return cls(fields.bytes(0, 32), fields.code(1, RefusedReason), fields.bytes(2, 64))


parse_accept_body_untrusted = AcceptBody.parse_untrusted
