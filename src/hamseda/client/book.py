"""Keep contacts, invitations, unsent envelopes and seen messages, in memory and in the profile.

Every change that concerns a contact is one durable commit: the new ratchet state together with
the envelope that goes out, or with the hash of the envelope that came in (spec/ratchet.md §3).
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, replace

from hamseda.client.profile import Kind, Profile, Transaction
from hamseda.client.records import MissedCall, OutboxItem, decode_item, decode_missed
from hamseda.errors import UsageError
from hamseda.protocol.contact import Contact, Inbox, Standing, decode_contact, seal_body
from hamseda.protocol.invitation import Drained, Invitation, decode_invitation
from hamseda.wire.codes import BodyKind
from hamseda.wire.mailbox import MailboxAddress

SEEN_MOST = 4096
"""Hashes of the newest received envelopes that are remembered."""
MISSED_MOST = 100
"""Missed calls that are remembered until somebody was told of them."""
_COUNTER_BYTES = 8


def _put_missed(change: Transaction, id: bytes, missed: MissedCall) -> None:
    change.put(Kind.MISSED, id, missed.encode())
    change.delete_oldest(Kind.MISSED, keep=MISSED_MOST)


@dataclass(frozen=True, slots=True)
class Taken:
    """Be the outcome of draining an invitation: the contact, and how many others tried."""

    contact: Contact | None
    refused: int
    replaced: tuple[Contact, ...]


_PREFERENCE = {
    Standing.CONFIRMED: 0,
    Standing.WELCOMED: 0,
    Standing.WAITING: 1,
    Standing.OUT_OF_STEP: 2,
    Standing.REFUSED: 3,
}


class Book:
    """Be the one place that reads and writes what a profile knows of people."""

    def __init__(self, profile: Profile) -> None:
        self._profile = profile
        self._contacts = {id: decode_contact(value) for id, value in profile.items(Kind.CONTACT)}
        self._invitations = {
            id: decode_invitation(value) for id, value in profile.items(Kind.INVITATION)
        }
        self._outbox = {id: decode_item(id, value) for id, value in profile.items(Kind.OUTBOX)}
        seen = profile.items(Kind.SEEN)
        self._seen = {value: id for id, value in seen}
        self._missed = {id: decode_missed(value) for id, value in profile.items(Kind.MISSED)}
        counters = [*self._outbox, *(id for id, _ in seen), *self._missed]
        self._counter = int.from_bytes(max(counters, default=b"\0"), "big")

    # People

    def contacts(self) -> list[Contact]:
        """List all contacts, by name."""
        return sorted(self._contacts.values(), key=lambda contact: contact.name)

    def invitations(self) -> list[Invitation]:
        """List the invitations that nobody has used yet."""
        return list(self._invitations.values())

    def invitation(self, id: bytes) -> Invitation | None:
        """Look up an invitation that nobody has used yet."""
        return self._invitations.get(id)

    def contact(self, id: bytes) -> Contact | None:
        """Look a contact up by its local id."""
        return self._contacts.get(id)

    def named(self, name: str) -> Contact:
        """Look a contact up by name; `UsageError` lists the names there are."""
        found = self.find(name)
        if found is None:
            known = ", ".join(contact.name for contact in self.contacts()) or "nobody yet"
            raise UsageError(
                f"there is no contact {name!r}; there is: {known}",
                next="see `hamseda contacts`, or invite somebody with `hamseda invite`",
            )
        return found

    def find(self, name: str) -> Contact | None:
        """Look a contact up by name: one that can be called rather than one that waits."""
        found = [contact for contact in self._contacts.values() if contact.name == name]
        return min(found, key=lambda contact: _PREFERENCE[contact.standing], default=None)

    def free_name(self) -> str:
        """Give a name that no contact or invitation has."""
        taken = {c.name for c in self._contacts.values()}
        taken |= {i.name for i in self._invitations.values()}
        number = 1
        while (name := "friend" if number == 1 else f"friend-{number}") in taken:
            number += 1
        return name

    def home_ids(self) -> set[str]:
        """List the homes that a line is needed to."""
        homes = {contact.home_id for contact in self._contacts.values()}
        homes |= {invitation.home_id for invitation in self._invitations.values()}
        return homes | {item.home_id for item in self._outbox.values()}

    def inboxes(self, home_id: str) -> Iterator[Inbox]:
        """List the mailboxes that this profile reads at one home."""
        for contact in list(self._contacts.values()):
            if contact.home_id == home_id and contact.standing is not Standing.REFUSED:
                yield contact.inbox
        for invitation in list(self._invitations.values()):
            if invitation.home_id == home_id:
                yield invitation.inbox

    def owner(self, mailbox: bytes) -> Contact | Invitation | None:
        """Tell whose mailbox this is."""
        for contact in self._contacts.values():
            if contact.inbox.address.mailbox == mailbox:
                return contact
        for invitation in self._invitations.values():
            if invitation.inbox.address.mailbox == mailbox:
                return invitation
        return None

    # Invitations

    def add_invitation(self, invitation: Invitation) -> None:
        """Remember an invitation before its bundle is published."""
        with self._profile.transaction() as change:
            change.put(Kind.INVITATION, invitation.id, invitation.encode())
        self._invitations[invitation.id] = replace(invitation, blob=b"")

    def drop_invitation(self, invitation: Invitation) -> None:
        """Forget an invitation, and with it the key that could open an accept."""
        with self._profile.transaction() as change:
            change.delete(Kind.INVITATION, invitation.id)
        self._invitations.pop(invitation.id, None)

    def add_waiting(self, contact: Contact, to: MailboxAddress, envelope: bytes) -> None:
        """Remember a contact that waits for its welcome, together with its accept."""
        item = self._new_item(contact, to, envelope)
        # A contact of this name lives on until the welcome: a link must not destroy it.
        replaced = self._others_named(contact, standing=Standing.WAITING)
        with self._profile.transaction() as change:
            for other in replaced:
                self._delete_contact(change, other)
            change.put(Kind.CONTACT, contact.id, contact.encode())
            change.put(Kind.OUTBOX, item.id, item.encode())
        self._forget(replaced)
        self._contacts[contact.id] = contact
        self._outbox[item.id] = item

    def confirm(self, contact: Contact, digests: tuple[bytes, ...]) -> tuple[Contact, ...]:
        """Commit a welcomed contact in the place of older ones of its name; give those."""
        replaced = self._others_named(contact)
        self.received(contact, digests)
        with self._profile.transaction() as change:
            for other in replaced:
                self._delete_contact(change, other)
        self._forget(replaced)
        return replaced

    def _others_named(
        self, contact: Contact, *, standing: Standing | None = None
    ) -> tuple[Contact, ...]:
        return tuple(
            other
            for other in self._contacts.values()
            if other.name == contact.name
            and other.id != contact.id
            and standing in (None, other.standing)
        )

    def take_drained(self, invitation: Invitation, drained: Drained) -> Taken:
        """Commit what an invitation's mailbox held: contact, welcome, refusals, key erased."""
        items: list[OutboxItem] = []
        contact = drained.contact
        replaced: tuple[Contact, ...] = ()
        if contact is not None:
            items.append(self._new_item(contact, contact.destination, drained.welcome))
            replaced = self._others_named(contact)
        for refusal in drained.refusals:
            items.append(  # noqa: PERF401 - the ids must be counted one after another
                self._item(b"", invitation.home_id, refusal.to, refusal.envelope)
            )
        with self._profile.transaction() as change:
            if contact is not None:
                for other in replaced:
                    self._delete_contact(change, other)
                change.delete(Kind.INVITATION, invitation.id)
                change.put(Kind.CONTACT, contact.id, contact.encode())
            for item in items:
                change.put(Kind.OUTBOX, item.id, item.encode())
        self._outbox |= {item.id: item for item in items}
        if contact is not None:
            self._forget(replaced)
            self._invitations.pop(invitation.id, None)
            self._contacts[contact.id] = contact
        return Taken(contact, len(drained.refusals), replaced)

    # Messages

    def seal(
        self, contact_id: bytes, kind: BodyKind, body: bytes, *, answered: bytes = b""
    ) -> OutboxItem:
        """Seal a body for a contact and commit it as unsent; `answered` is the call it answers."""
        contact = self._contacts[contact_id]
        changed, envelope = seal_body(contact, kind, body, secrets.token_bytes)
        if kind is BodyKind.OUT_OF_STEP:
            changed = replace(changed, warned=True)
        item = self._new_item(changed, changed.destination, envelope)
        with self._profile.transaction() as change:
            change.put(Kind.CONTACT, contact_id, changed.encode())
            change.put(Kind.OUTBOX, item.id, item.encode())
            if answered:
                change.put(Kind.ANSWERED, answered, contact_id)
        self._contacts[contact_id] = changed
        self._outbox[item.id] = item
        return item

    def unsent(self, home_id: str) -> OutboxItem | None:
        """Give the oldest envelope that waits for a home."""
        return next(
            (
                self._outbox[id]
                for id in sorted(self._outbox)
                if self._outbox[id].home_id == home_id
            ),
            None,
        )

    def sent(self, item: OutboxItem) -> None:
        """Forget an envelope that the home has taken, or will never take."""
        if self._outbox.pop(item.id, None) is not None:
            with self._profile.transaction() as change:
                change.delete(Kind.OUTBOX, item.id)

    def is_seen(self, digest: bytes) -> bool:
        """Tell whether this envelope (or call id) was committed before."""
        return digest in self._seen

    def received(
        self, contact: Contact, digests: tuple[bytes, ...], *, missed: MissedCall | None = None
    ) -> None:
        """Commit a contact's new record, the hashes of what brought it, and what it meant."""
        ids = [self._next_id() for _ in digests]
        missed_id = self._next_id()
        with self._profile.transaction() as change:
            change.put(Kind.CONTACT, contact.id, contact.encode())
            for id, digest in zip(ids, digests, strict=True):
                change.put(Kind.SEEN, id, digest)
            if len(self._seen) + len(ids) > SEEN_MOST:
                change.delete_oldest(Kind.SEEN, keep=SEEN_MOST // 2)
            if missed is not None:
                _put_missed(change, missed_id, missed)
        self._contacts[contact.id] = contact
        if missed is not None:
            self._missed[missed_id] = missed
        self._seen |= dict(zip(digests, ids, strict=True))
        if len(self._seen) > SEEN_MOST:
            newest = sorted(self._seen.items(), key=lambda pair: pair[1])[-SEEN_MOST // 2 :]
            self._seen = dict(newest)

    def save(self, contact: Contact) -> None:
        """Commit a contact's record alone."""
        self.received(contact, ())

    def delete(self, contact: Contact) -> None:
        """Forget a contact and what waits for it."""
        with self._profile.transaction() as change:
            self._delete_contact(change, contact)
        self._forget((contact,))

    # Calls

    def missed(self) -> list[MissedCall]:
        """List the missed calls that nobody was told of, oldest first."""
        return list(self._missed.values())

    def add_missed(self, missed: MissedCall) -> None:
        """Remember a missed call until somebody was told."""
        id = self._next_id()
        with self._profile.transaction() as change:
            _put_missed(change, id, missed)
        self._missed[id] = missed

    def told_of_missed(self) -> None:
        """Forget the oldest missed call: somebody was told."""
        id = next(iter(self._missed), None)
        if id is None:
            return
        with self._profile.transaction() as change:
            change.delete(Kind.MISSED, id)
        del self._missed[id]

    def answered(self) -> list[tuple[bytes, bytes]]:
        """List calls that were answered and not ended, as (call id, contact id)."""
        return self._profile.items(Kind.ANSWERED)

    def call_over(self, call_id: bytes) -> None:
        """Forget that a call was answered: it has ended."""
        with self._profile.transaction() as change:
            change.delete(Kind.ANSWERED, call_id)

    def _new_item(self, contact: Contact, to: MailboxAddress, envelope: bytes) -> OutboxItem:
        return self._item(contact.id, contact.home_id, to, envelope)

    def _item(
        self, contact_id: bytes, home_id: str, to: MailboxAddress, envelope: bytes
    ) -> OutboxItem:
        put_id = secrets.token_bytes(16)
        return OutboxItem(self._next_id(), home_id, contact_id, to, put_id, envelope)

    def _next_id(self) -> bytes:
        self._counter += 1
        return self._counter.to_bytes(_COUNTER_BYTES, "big")

    def _delete_contact(self, change: Transaction, contact: Contact) -> None:
        change.delete(Kind.CONTACT, contact.id)
        for item in self._outbox.values():
            if item.contact_id == contact.id:
                change.delete(Kind.OUTBOX, item.id)

    def _forget(self, contacts: tuple[Contact, ...]) -> None:
        for contact in contacts:
            self._contacts.pop(contact.id, None)
            gone = [id for id, item in self._outbox.items() if item.contact_id == contact.id]
            for id in gone:
                del self._outbox[id]


def digest(envelope: bytes) -> bytes:
    """Name an envelope by its SHA-256."""
    return hashlib.sha256(envelope).digest()
