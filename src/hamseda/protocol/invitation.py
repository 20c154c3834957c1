"""Invite, accept, welcome and refuse: how two strangers become contacts (spec/invitation.md)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from hmac import compare_digest

from hamseda.crypto.envelope import open_envelope_untrusted, seal_envelope
from hamseda.crypto.invitation import (
    AcceptOpened,
    AcceptReply,
    contact_secrets,
    invitation_id,
    open_accept_untrusted,
    seal_accept,
    seal_bundle,
    sign_refused,
    sign_welcome,
    verify_refused_untrusted,
    verify_welcome_untrusted,
)
from hamseda.crypto.kem import key_pair
from hamseda.crypto.key_schedule import Rng
from hamseda.crypto.ratchet import initiator_state, responder_state, send
from hamseda.crypto.signatures import SigningKey
from hamseda.errors import RefusedError, TrustError, WireError
from hamseda.protocol.contact import Contact, Inbox, Standing
from hamseda.wire import cbor
from hamseda.wire.codes import BodyKind, RefusedReason
from hamseda.wire.fields import Fields
from hamseda.wire.invitation import AcceptBody, Bundle, Refused, Welcome
from hamseda.wire.mailbox import MailboxAddress

_ID_BYTES = 16
_KEY_BYTES = 32
_CONTACT_ID_BYTES = 8
_SALT_BYTES = 32


def new_inbox(rng: Rng) -> Inbox:
    """Make the keys of a mailbox that does not exist yet."""
    address = MailboxAddress(rng(_ID_BYTES), rng(_KEY_BYTES), rng(_KEY_BYTES))
    return Inbox(address, rng(_KEY_BYTES))


@dataclass(frozen=True, slots=True)
class Invitation:
    """Be one invitation that nobody has used yet, as the inviter stores it."""

    link_hash: bytes = field(repr=False)
    name: str = field(repr=False)
    home_id: str = field(repr=False)
    kem_seed: bytes = field(repr=False)
    identity_seed: bytes = field(repr=False)
    inbox: Inbox = field(repr=False)
    expiry: int
    """Unix seconds, by the home's clock."""
    blob: bytes = field(repr=False, default=b"")

    @property
    def id(self) -> bytes:
        """Give the id under which the home keeps the bundle."""
        return invitation_id(self.link_hash)

    def encode(self) -> bytes:
        """Write the record down for the profile; as secret as the keys in it."""
        return cbor.encode(
            {
                0: 1,
                1: self.link_hash,
                2: self.name,
                3: self.home_id,
                4: self.kem_seed,
                5: self.identity_seed,
                6: self.inbox.address.encode(),
                7: self.inbox.read_seed,
                8: self.expiry,
            }
        )


def decode_invitation(data: bytes) -> Invitation:
    """Read a stored record back; damaged bytes raise `WireError`."""
    fields = Fields.parse_untrusted(data, "invitation")
    fields.version()
    invitation = Invitation(
        link_hash=fields.bytes(1, 32),
        name=fields.text(2, 256),
        home_id=fields.text(3, 64),
        kem_seed=fields.bytes(4, 32),
        identity_seed=fields.bytes(5, 32),
        inbox=Inbox(MailboxAddress.parse_untrusted(fields.bytes(6)), fields.bytes(7, 32)),
        expiry=fields.uint(8),
    )
    fields.done()
    return invitation


def make_invitation(
    name: str,
    home_id: str,
    signed_descriptor: bytes,
    voucher: bytes,
    inbox: Inbox,
    expiry: int,
    rng: Rng,
) -> Invitation:
    """Make an invitation; `inbox` exists at the home already. The result carries its blob."""
    kem_seed, identity_seed = rng(_KEY_BYTES), rng(_KEY_BYTES)
    bundle = Bundle(
        home=signed_descriptor,
        voucher=voucher,
        mailbox=inbox.address.mailbox,
        cap=inbox.address.cap,
        outer=inbox.address.outer,
        kem_key=key_pair(kem_seed).public,
        id_key=SigningKey(identity_seed).public,
        expiry=expiry,
        random=rng(_KEY_BYTES),
    ).encode()
    link_hash, _, blob = seal_bundle(bundle)
    return Invitation(link_hash, name, home_id, kem_seed, identity_seed, inbox, expiry, blob)


def accept_bundle(
    bundle: Bundle, link_hash: bytes, name: str, home_id: str, rng: Rng
) -> tuple[Contact, bytes]:
    """Accept: the waiting contact, and the envelope for the invitation's mailbox.

    The contact's mailbox must be made at the home (with the bundle's voucher) before the envelope
    is put.
    """
    identity, pair, seed0 = SigningKey(rng(_KEY_BYTES)), key_pair(rng(_KEY_BYTES)), rng(_KEY_BYTES)
    inbox = new_inbox(rng)
    body = AcceptBody(seed0, identity.public, pair.public, inbox.address.encode()).encode()
    sealed, ctx = seal_accept(bundle.kem_key, link_hash, body, identity)
    envelope = seal_envelope(bundle.outer, bundle.mailbox, sealed, rng(_SALT_BYTES))
    root0, sid = contact_secrets(seed0, ctx)
    contact = Contact(
        id=rng(_CONTACT_ID_BYTES),
        name=name,
        home_id=home_id,
        standing=Standing.WAITING,
        identity_seed=identity.seed,
        peer_identity=bundle.id_key,
        ratchet=responder_state(sid, root0, identity.public, bundle.id_key, pair),
        inbox=inbox,
        ctx=ctx,
        invitation=invitation_id(link_hash),
        voucher=bundle.voucher,
    )
    return contact, envelope


@dataclass(frozen=True, slots=True)
class Refusal:
    """Be one refusal to put into the mailbox of somebody who came too late."""

    to: MailboxAddress = field(repr=False)
    envelope: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Drained:
    """Say what came out of an invitation's mailbox."""

    contact: Contact | None
    welcome: bytes = field(repr=False)
    """The envelope for the new contact; its record already counts it as sent."""
    refusals: tuple[Refusal, ...]
    noise: int
    """Envelopes that were no valid accept."""


def drain(
    invitation: Invitation, envelopes: Sequence[tuple[bytes, int]], now: int, rng: Rng
) -> Drained:
    """Take all accepts that lie in the mailbox, oldest first, as (envelope, age in seconds).

    The first valid one becomes the contact; the others are refused. `now` is the home's clock.
    """
    contact: Contact | None = None
    welcome = b""
    taken: set[bytes] = set()
    refusals: list[Refusal] = []
    noise = 0
    for envelope, age in envelopes:
        try:
            accept = _open_accept_untrusted(invitation, envelope)
        except WireError:
            noise += 1
            continue
        if accept.ctx in taken:
            # The same acceptance again: refusing it would refuse whom it welcomes.
            continue
        taken.add(accept.ctx)
        if now - age > invitation.expiry:
            refusals.append(_refuse(invitation, accept, RefusedReason.EXPIRED, rng))
        elif contact is not None:
            refusals.append(_refuse(invitation, accept, RefusedReason.USED, rng))
        else:
            contact, welcome = _welcome(invitation, accept, rng)
    return Drained(contact, welcome, tuple(refusals), noise)


def _open_accept_untrusted(invitation: Invitation, envelope: bytes) -> AcceptOpened:
    address = invitation.inbox.address
    sealed = open_envelope_untrusted(address.outer, address.mailbox, envelope)
    accept = open_accept_untrusted(key_pair(invitation.kem_seed), invitation.link_hash, sealed)
    MailboxAddress.parse_untrusted(accept.accept.mailbox)
    return accept


def _welcome(invitation: Invitation, accept: AcceptOpened, rng: Rng) -> tuple[Contact, bytes]:
    contact = _inviters_contact(invitation, accept, rng)
    address = contact.inbox.address.encode()
    signature = sign_welcome(SigningKey(invitation.identity_seed), _reply_to(contact), address)
    body = Welcome(accept.ctx, address, signature).encode()
    return _seal_first(contact, BodyKind.WELCOME, body, rng)


def _refuse(
    invitation: Invitation, accept: AcceptOpened, reason: RefusedReason, rng: Rng
) -> Refusal:
    contact = _inviters_contact(invitation, accept, rng)
    signature = sign_refused(SigningKey(invitation.identity_seed), _reply_to(contact), reason)
    body = Refused(accept.ctx, reason, signature).encode()
    _, envelope = _seal_first(contact, BodyKind.REFUSED, body, rng)
    return Refusal(contact.destination, envelope)


def _inviters_contact(invitation: Invitation, accept: AcceptOpened, rng: Rng) -> Contact:
    root0, sid = contact_secrets(accept.accept.seed0, accept.ctx)
    my_id = SigningKey(invitation.identity_seed).public
    peer_id = accept.accept.id_key
    return Contact(
        id=rng(_CONTACT_ID_BYTES),
        name=invitation.name,
        home_id=invitation.home_id,
        standing=Standing.WELCOMED,
        identity_seed=invitation.identity_seed,
        peer_identity=peer_id,
        ratchet=initiator_state(sid, root0, my_id, peer_id, accept.accept.kem_key),
        inbox=new_inbox(rng),
        ctx=accept.ctx,
        peer_address=accept.accept.mailbox,
    )


def _reply_to(contact: Contact) -> AcceptReply:
    """Say what the inviter's signature covers, as the inviter sees it."""
    return AcceptReply(
        sid=contact.ratchet.sid,
        ctx=contact.ctx,
        id_a=contact.ratchet.my_id,
        id_b=contact.peer_identity,
        mailbox_b=contact.peer_address,
    )


def _reply_expected(contact: Contact) -> AcceptReply:
    """Say what the inviter's signature must cover, as the acceptor sees it."""
    return AcceptReply(
        sid=contact.ratchet.sid,
        ctx=contact.ctx,
        id_a=contact.peer_identity,
        id_b=contact.ratchet.my_id,
        mailbox_b=contact.inbox.address.encode(),
    )


def _seal_first(contact: Contact, kind: BodyKind, body: bytes, rng: Rng) -> tuple[Contact, bytes]:
    ratchet, message = send(contact.ratchet, bytes([kind]) + body, rng)
    to = contact.destination
    envelope = seal_envelope(to.outer, to.mailbox, message, rng(_SALT_BYTES))
    return replace(contact, ratchet=ratchet), envelope


def take_welcome(contact: Contact, body: bytes) -> Contact:
    """Confirm the contact on the inviter's welcome; `TrustError` when it was altered."""
    try:
        welcome = Welcome.parse_untrusted(body)
        _check_ctx_untrusted(contact, welcome.ctx)
        MailboxAddress.parse_untrusted(welcome.mailbox)
        verify_welcome_untrusted(_reply_expected(contact), welcome.mailbox, welcome.signature)
    except WireError:
        raise TrustError(
            f"the welcome of {contact.name} was altered on its way",
            next="ask for a new invitation, by another way",
        ) from None
    return replace(
        contact,
        standing=Standing.CONFIRMED,
        peer_address=welcome.mailbox,
        invitation=b"",
        voucher=b"",
    )


def _check_ctx_untrusted(contact: Contact, ctx: bytes) -> None:
    if not compare_digest(ctx, contact.ctx):
        raise WireError("this answers another acceptance")


def take_refused(contact: Contact, body: bytes) -> RefusedError:
    """Check the inviter's refusal and give its words; `TrustError` when it was altered."""
    try:
        refused = Refused.parse_untrusted(body)
        _check_ctx_untrusted(contact, refused.ctx)
        verify_refused_untrusted(_reply_expected(contact), refused.reason, refused.signature)
    except WireError:
        raise TrustError(
            "the answer to your acceptance was altered on its way", next="ask for a new invitation"
        ) from None
    return refusal_words("expired" if refused.reason == RefusedReason.EXPIRED else "used")


def refusal_words(state: str) -> RefusedError:
    """Say in words why an invitation no longer works: used, expired or cancelled."""
    if state == "expired":
        return RefusedError("this invitation is too old", next="ask for a new one")
    if state == "cancelled":
        return RefusedError("this invitation was withdrawn", next="ask for a new one")
    return RefusedError(
        "this invitation was already used",
        next="if not by you, tell the sender; ask for a new one",
    )
