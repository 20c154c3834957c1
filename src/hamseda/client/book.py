"""Keep contacts, invitations, unsent envelopes and seen messages, in memory and in the profile.

`change` is the one way to change anything: what a step did is one durable commit, all of it or
nothing (spec/ratchet.md §3).
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from hamseda.client.draft import Draft, State
from hamseda.client.profile import Kind, Profile
from hamseda.client.records import MissedCall, OutboxItem, decode_item, decode_missed
from hamseda.client.seen import DAY, SHARED, decode_seen
from hamseda.errors import UsageError
from hamseda.protocol.contact import (
    Contact,
    Inbox,
    Standing,
    decode_contact,
    in_the_place_of,
)
from hamseda.protocol.invitation import Drained, Invitation, decode_invitation
from hamseda.wire.codes import BodyKind
from hamseda.wire.mailbox import MailboxAddress


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
        self._state = _read(profile)

    @contextmanager
    def change(self) -> Generator[Draft]:
        """Take one step: what the draft holds at the end is committed, or nothing of it."""
        draft = Draft(self._state)
        yield draft
        draft.commit(self._profile)

    # People

    def contacts(self) -> list[Contact]:
        """List all contacts, by name."""
        return sorted(self._state.contacts.values(), key=lambda contact: contact.name)

    def invitations(self) -> list[Invitation]:
        """List the invitations that nobody has used yet."""
        return list(self._state.invitations.values())

    def invitation(self, id: bytes) -> Invitation | None:
        """Look up an invitation that nobody has used yet."""
        return self._state.invitations.get(id)

    def contact(self, id: bytes) -> Contact | None:
        """Look a contact up by its local id."""
        return self._state.contacts.get(id)

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
        found = [contact for contact in self._state.contacts.values() if contact.name == name]
        return min(found, key=lambda contact: _PREFERENCE[contact.standing], default=None)

    def free_name(self) -> str:
        """Give a name that no contact or invitation has."""
        taken = {c.name for c in self._state.contacts.values()}
        taken |= {i.name for i in self._state.invitations.values()}
        number = 1
        while (name := "friend" if number == 1 else f"friend-{number}") in taken:
            number += 1
        return name

    def home_ids(self) -> set[str]:
        """List the homes that a line is needed to."""
        homes = {contact.home_id for contact in self._state.contacts.values()}
        homes |= {invitation.home_id for invitation in self._state.invitations.values()}
        return homes | {item.home_id for item in self._state.outbox.values()}

    def inboxes(self, home_id: str) -> Iterator[Inbox]:
        """List the mailboxes that this profile reads at one home."""
        for contact in list(self._state.contacts.values()):
            if contact.home_id == home_id and contact.standing is not Standing.REFUSED:
                yield contact.inbox
        for invitation in list(self._state.invitations.values()):
            if invitation.home_id == home_id:
                yield invitation.inbox

    def owner(self, mailbox: bytes) -> Contact | Invitation | None:
        """Tell whose mailbox this is."""
        for contact in self._state.contacts.values():
            if contact.inbox.address.mailbox == mailbox:
                return contact
        for invitation in self._state.invitations.values():
            if invitation.inbox.address.mailbox == mailbox:
                return invitation
        return None

    # Invitations

    def add_invitation(self, invitation: Invitation) -> None:
        """Remember an invitation before its bundle is published."""
        with self.change() as draft:
            draft.put_invitation(invitation)

    def drop_invitation(self, invitation: Invitation) -> None:
        """Forget an invitation, and with it the key that could open an accept."""
        with self.change() as draft:
            draft.delete_invitation(invitation)

    def add_waiting(self, contact: Contact, to: MailboxAddress, envelope: bytes) -> None:
        """Remember a contact that waits for its welcome, together with its accept."""
        with self.change() as draft:
            # A contact of this name lives on until the welcome: a link must not destroy it.
            draft.delete_contacts(self.others_named(contact, standing=Standing.WAITING))
            draft.put_contact(contact)
            draft.send_once(contact.home_id, to, envelope, contact.id)

    def others_named(
        self, contact: Contact, *, standing: Standing | None = None
    ) -> tuple[Contact, ...]:
        """List the contacts of a name, but for one."""
        return tuple(
            other
            for other in self._state.contacts.values()
            if other.name == contact.name
            and other.id != contact.id
            and standing in (None, other.standing)
        )

    def take_drained(self, invitation: Invitation, drained: Drained) -> Taken:
        """Commit what an invitation's mailbox held: contact, welcome, refusals, key erased."""
        contact = drained.contact
        replaced: tuple[Contact, ...] = ()
        with self.change() as draft:
            if contact is not None:
                replaced = self.others_named(contact)
                contact = in_the_place_of(contact, replaced)
                draft.delete_contacts(replaced)
                draft.delete_invitation(invitation)
                draft.send(contact, drained.welcome)
            for refusal in drained.refusals:
                draft.send_once(invitation.home_id, refusal.to, refusal.envelope)
        return Taken(contact, len(drained.refusals), replaced)

    # Messages

    def seal(
        self, contact_id: bytes, kind: BodyKind, body: bytes, *, answered: bytes = b""
    ) -> OutboxItem:
        """Seal a body for a contact and commit it as unsent; `answered` is the call it answers."""
        with self.change() as draft:
            return draft.seal(contact_id, kind, body, answered=answered)

    def waiting(self, home_id: str) -> list[OutboxItem]:
        """List what waits for a home: a call's envelopes first, then oldest first."""
        items = [item for item in self._state.outbox.values() if item.home_id == home_id]
        return sorted(items, key=lambda item: (not item.is_of_call, item.id))

    def is_waiting(self, item: OutboxItem) -> bool:
        """Tell whether an envelope still waits, under this very number."""
        return self._state.outbox.get(item.id) == item

    def sent(self, item: OutboxItem) -> None:
        """Forget an envelope that the home has taken, or will never take."""
        if item.id in self._state.outbox:
            with self.change() as draft:
                draft.sent(item)

    def is_seen(self, mailbox: bytes, digest: bytes) -> bool:
        """Tell whether this envelope (or call id) was committed before as come to a mailbox."""
        return (mailbox, digest) in self._state.seen

    def received(self, contact: Contact, digests: tuple[bytes, ...]) -> None:
        """Commit a contact's new record and the hashes of what brought it."""
        with self.change() as draft:
            draft.received(contact, digests)

    def save(self, contact: Contact) -> None:
        """Commit a contact's record alone."""
        self.received(contact, ())

    def delete(self, contact: Contact) -> None:
        """Forget a contact and what waits for it."""
        with self.change() as draft:
            draft.delete_contacts((contact,))

    # Calls

    def missed(self) -> list[MissedCall]:
        """List the missed calls that nobody was told of, oldest first."""
        return [self._state.missed[id] for id in sorted(self._state.missed)]

    def told_of_missed(self) -> None:
        """Forget the oldest missed call: somebody was told."""
        told = self._state.missed.keys() - self._state.ringing
        if told:
            with self.change() as draft:
                draft.forget_missed(min(told))

    def rang(self, id: bytes, *, was_missed: bool) -> None:
        """Commit what became of a call that rang."""
        with self.change() as draft:
            draft.rang(id, was_missed=was_missed)

    def answered(self) -> list[tuple[bytes, bytes]]:
        """List calls that were answered and not ended, as (call id, contact id)."""
        return self._profile.items(Kind.ANSWERED)

    def call_over(self, call_id: bytes) -> None:
        """Forget that a call was answered: it has ended."""
        with self.change() as draft:
            draft.call_over(call_id)


def _read(profile: Profile) -> State:
    """Read everything; what an earlier release wrote in another form is written anew."""
    now = int(time.time())
    state = State()
    for id, value in profile.items(Kind.CONTACT):
        state.contacts[id] = decode_contact(value)
    for id, value in profile.items(Kind.INVITATION):
        state.invitations[id] = decode_invitation(value)
    for id, value in profile.items(Kind.OUTBOX):
        state.outbox[id] = decode_item(id, value, now)
    for id, value in profile.items(Kind.MISSED):
        state.missed[id] = decode_missed(value)
    kept = profile.items(Kind.SEEN)
    seen = sorted((decode_seen(*each, now // DAY) for each in kept), key=lambda it: it.counter)
    for each in seen:
        state.seen.add(each)
    ids = [*state.outbox, *state.missed]
    counters = [each.counter for each in seen]
    state.counter = max(*counters, *(int.from_bytes(id, "big") for id in ids), 0, 0)
    if old := [id for id, _ in kept if len(id) != len(SHARED) + 8]:
        with profile.transaction() as change:
            for id in old:
                change.delete(Kind.SEEN, id)
            for each in state.seen.of(SHARED):
                change.put(Kind.SEEN, each.id, each.encode())
    return state


def digest(envelope: bytes) -> bytes:
    """Name an envelope by its SHA-256."""
    return hashlib.sha256(envelope).digest()
