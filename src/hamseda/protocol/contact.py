"""Seal and open what two contacts say to each other, as pure steps over a frozen record.

The record is all that a profile stores of a contact (spec/ratchet.md). Each step returns the new
record; the caller commits it together with the bytes before anything leaves the device.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import IntEnum, unique

from hamseda.crypto.envelope import open_envelope_untrusted, seal_envelope
from hamseda.crypto.key_schedule import Rng
from hamseda.crypto.ratchet import (
    RatchetState,
    decode_state,
    receive_untrusted,
    send,
    turn_length,
)
from hamseda.errors import OutOfStepError, RefusedError, TrustError, WireError
from hamseda.wire import cbor
from hamseda.wire.able import ABILITIES_MOST, Able
from hamseda.wire.codes import BodyKind
from hamseda.wire.fields import Fields
from hamseda.wire.mailbox import MailboxAddress

TURN_MOST = 1000
"""Messages of one turn: with a gap of 2000, loss alone never breaks a contact."""
KEPT_FOR_CALLS = 100
"""How many of them only calls may use, and the word that a contact is out of step."""
FOR_CALLS = frozenset(
    {
        BodyKind.OFFER,
        BodyKind.ANSWER,
        BodyKind.CANCEL,
        BodyKind.DECLINE,
        BodyKind.BUSY,
        BodyKind.HANGUP,
        BodyKind.OUT_OF_STEP,
    }
)

_FORMAT = 1
_STATE_MOST = 1 << 18
_RECORD_MOST = _STATE_MOST + 65_536
_NAME_MOST = 256
_SALT_BYTES = 32


@unique
class Standing(IntEnum):
    """Say how far a contact has come."""

    WAITING = 1
    """The accept was sent; the inviter's welcome has not come."""
    WELCOMED = 2
    """The welcome was sent; nothing has come back yet."""
    CONFIRMED = 3
    REFUSED = 4
    OUT_OF_STEP = 5


@dataclass(frozen=True, slots=True)
class Inbox:
    """Be one own mailbox: its address, and the key that reads it."""

    address: MailboxAddress = field(repr=False)
    read_seed: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Contact:
    """Be one contact as this side knows it."""

    id: bytes
    """Local and random; never leaves the device."""
    name: str = field(repr=False)
    home_id: str = field(repr=False)
    standing: Standing
    identity_seed: bytes = field(repr=False)
    peer_identity: bytes = field(repr=False)
    ratchet: RatchetState = field(repr=False)
    inbox: Inbox = field(repr=False)
    ctx: bytes = field(repr=False)
    peer_address: bytes = field(repr=False, default=b"")
    """Their mailbox, as the encoded address that they signed; empty before the welcome."""
    invitation: bytes = field(repr=False, default=b"")
    """Where the invitation lay, while its outcome is not known."""
    voucher: bytes = field(repr=False, default=b"")
    """Lets this side make its mailbox at the inviter's home, while waiting."""
    verified: bool = False
    warned: bool = False
    """`out_of_step` was sent."""
    writer: bytes = field(repr=False, default=b"")
    """Names this side among those who put into their mailbox (spec/mailbox.md §1)."""
    put_number: int = 0
    """The last number that an envelope got under this writer."""
    abilities: tuple[int, ...] = ()
    """What their program said that it understands (spec/growth.md §3)."""
    changed: bool = False
    """Another key than the verified one of this name; the words were not compared since."""

    @property
    def destination(self) -> MailboxAddress:
        """Give the mailbox that this side writes into."""
        if not self.peer_address:
            raise RefusedError(
                f"{self.name} has not seen your answer to the invitation yet",
                next="try again when they have been online",
            )
        return MailboxAddress.parse_untrusted(self.peer_address)

    def encode(self) -> bytes:
        """Write the record down for the profile; as secret as the keys in it."""
        return cbor.encode(
            {
                0: _FORMAT,
                1: self.id,
                2: self.name,
                3: self.home_id,
                4: int(self.standing),
                5: self.identity_seed,
                6: self.peer_identity,
                7: self.ratchet.encode(),
                8: self.inbox.address.encode(),
                9: self.inbox.read_seed,
                10: self.ctx,
                11: self.peer_address,
                12: self.invitation,
                13: self.verified,
                14: self.warned,
                15: self.voucher,
                16: self.writer,
                17: self.put_number,
            }
            | ({18: self.abilities} if self.abilities else {})
            | ({19: True} if self.changed else {})
        )


def decode_contact(data: bytes) -> Contact:
    """Read a stored record back; damaged bytes raise `WireError`."""
    fields = Fields.parse_untrusted(data, "contact", _RECORD_MOST)
    fields.version()
    contact = Contact(
        id=fields.bytes(1),
        name=fields.text(2, _NAME_MOST),
        home_id=fields.text(3, 64),
        standing=fields.code(4, Standing),
        identity_seed=fields.bytes(5, 32),
        peer_identity=fields.bytes(6, 32),
        ratchet=decode_state(fields.bytes(7, most=_STATE_MOST)),
        inbox=Inbox(MailboxAddress.parse_untrusted(fields.bytes(8)), fields.bytes(9, 32)),
        ctx=fields.bytes(10, 32),
        peer_address=fields.bytes(11),
        invitation=fields.bytes(12),
        verified=fields.bool(13),
        warned=fields.bool(14),
        voucher=fields.bytes(15),
        # A release before put numbers did not have these.
        writer=fields.optional_bytes(16) or b"",
        put_number=fields.optional_uint(17) or 0,
        abilities=fields.optional_uints(18, ABILITIES_MOST),
        changed=fields.optional_bool(19) or False,
    )
    fields.done()
    return contact


def require_room(contact: Contact, most: int = TURN_MOST) -> None:
    """Raise `RefusedError` where the own turn holds so many messages (spec/ratchet.md §2)."""
    if turn_length(contact.ratchet) >= most:
        raise RefusedError(
            f"{contact.name} has not been online since your last {most} messages",
            next="wait until they have been online; a call still gets through",
        )


def seal_body(contact: Contact, kind: BodyKind, body: bytes, rng: Rng) -> tuple[Contact, bytes]:
    """Seal one body as an envelope for the other side's mailbox.

    Raises `RefusedError` before the welcome, and where the own turn is full (§2).
    Commit the new record and the envelope together, and
    resend the stored envelope instead of sealing again.
    """
    to = contact.destination
    require_room(contact, TURN_MOST if kind in FOR_CALLS else TURN_MOST - KEPT_FOR_CALLS)
    ratchet, message = send(contact.ratchet, bytes([kind]) + body, rng)
    envelope = seal_envelope(to.outer, to.mailbox, message, rng(_SALT_BYTES))
    return replace(contact, ratchet=ratchet), envelope


def with_abilities(contact: Contact, body: bytes) -> Contact:
    """Note what a contact says that its program understands; what cannot be read says nothing."""
    try:
        return replace(contact, abilities=Able.parse_untrusted(body).abilities)
    except WireError:
        return contact


def open_envelope(contact: Contact, envelope: bytes, now: int) -> tuple[Contact, int, bytes]:
    """Open an envelope out of this contact's mailbox: the new record, the kind, the body.

    Raises `WireError` when the outer layer fails (noise, to be counted), `OutOfStepError` when only
    the inner one does (spec/ratchet.md §4). `now` is in Unix seconds.
    """
    address = contact.inbox.address
    message = open_envelope_untrusted(address.outer, address.mailbox, envelope)
    try:
        ratchet, body = receive_untrusted(contact.ratchet, message, now)
    except WireError:
        raise out_of_step(contact.name) from None
    # An authentic body without a kind is of no kind that this version knows.
    return replace(contact, ratchet=ratchet), body[0] if body else 0, body[1:]


def no_longer_in_step(contact: Contact) -> Contact:
    """Mark a contact whose keys no longer fit; who takes its place has other keys."""
    changed = contact.changed or contact.verified
    return replace(contact, standing=Standing.OUT_OF_STEP, verified=False, changed=changed)


def in_the_place_of(contact: Contact, replaced: tuple[Contact, ...]) -> Contact:
    """Note whether a contact has another key than a verified one of its name had."""
    return replace(contact, changed=any(other.verified or other.changed for other in replaced))


def out_of_step(name: str) -> OutOfStepError:
    """Say what out of step means to a person, and the way back."""
    return OutOfStepError(
        f"the keys of {name} are out of step: one of you works with an old copy",
        next=f"send {name} a new invitation, by another way than this contact",
    )


def require_callable(contact: Contact) -> None:
    """Raise why this contact cannot be called, in words."""
    match contact.standing:
        case Standing.CONFIRMED | Standing.WELCOMED:
            return
        case Standing.WAITING:
            _ = contact.destination
        case Standing.REFUSED:
            raise RefusedError(
                f"{contact.name} refused: the invitation was used before you",
                next="ask for a new invitation",
            )
        case Standing.OUT_OF_STEP:
            raise out_of_step(contact.name)
    raise TrustError(f"{contact.name} cannot be called")
