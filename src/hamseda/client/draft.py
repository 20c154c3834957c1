"""Change what a profile knows of people, one whole step at a time.

A step's changes are committed together, or none of them: a ratchet state stands or falls with the
envelope that it made, or with the hash of the one that it opened and all that followed from it
(spec/ratchet.md §3).
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TypeVar

from hamseda.client.profile import Kind, Profile
from hamseda.client.records import MissedCall, OutboxItem
from hamseda.client.seen import DAY, Seen, SeenDigests
from hamseda.errors import UsageError
from hamseda.protocol.contact import FOR_CALLS, Contact, seal_body
from hamseda.protocol.invitation import Invitation
from hamseda.wire.codes import BodyKind
from hamseda.wire.mailbox import MailboxAddress

T = TypeVar("T")

MISSED_MOST = 100
"""Missed calls that are remembered until somebody was told of them."""
_COUNTER_BYTES = 8
_WRITER_BYTES = 8
OF_CALLS = FOR_CALLS - {BodyKind.OUT_OF_STEP}
"""What leaves first, and is of no use later."""


@dataclass(slots=True)
class State:
    """Hold everything that is known and committed, by local id."""

    contacts: dict[bytes, Contact] = field(default_factory=dict[bytes, Contact])
    invitations: dict[bytes, Invitation] = field(default_factory=dict[bytes, Invitation])
    outbox: dict[bytes, OutboxItem] = field(default_factory=dict[bytes, OutboxItem])
    missed: dict[bytes, MissedCall] = field(default_factory=dict[bytes, MissedCall])
    ringing: set[bytes] = field(default_factory=set[bytes])
    """Missed calls that are ringing in this process."""
    seen: SeenDigests = field(default_factory=SeenDigests)
    counter: int = 0


class Draft:
    """Be one step that is being taken; `Book.change` commits it."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._writes: list[tuple[Kind, bytes, bytes | None]] = []
        self._contacts: dict[bytes, Contact | None] = {}
        self._invitations: dict[bytes, Invitation | None] = {}
        self._outbox: dict[bytes, OutboxItem | None] = {}
        self._missed: dict[bytes, MissedCall | None] = {}
        self._ringing: dict[bytes, bool] = {}
        self._seen: list[Seen] = []
        self._unseen: list[Seen] = []

    # People

    def contact(self, id: bytes) -> Contact | None:
        """Look a contact up as this step has left it."""
        return self._contacts[id] if id in self._contacts else self._state.contacts.get(id)

    def put_contact(self, contact: Contact) -> None:
        """Write a contact's new record."""
        self._contacts[contact.id] = contact
        self._write(Kind.CONTACT, contact.id, contact.encode())

    def delete_contacts(self, contacts: Iterable[Contact]) -> None:
        """Forget contacts, what waits for them, and what came from them."""
        for contact in contacts:
            self._contacts[contact.id] = None
            self._write(Kind.CONTACT, contact.id, None)
            for item in self._waiting():
                if item.contact_id == contact.id:
                    self.sent(item)
            for seen in self._state.seen.of(contact.inbox.address.mailbox):
                self._forget_seen(seen)

    def put_invitation(self, invitation: Invitation) -> None:
        """Remember an invitation; its bundle stays on the disk alone."""
        self._invitations[invitation.id] = replace(invitation, blob=b"")
        self._write(Kind.INVITATION, invitation.id, invitation.encode())

    def delete_invitation(self, invitation: Invitation) -> None:
        """Forget an invitation, and with it the key that could open an accept."""
        self._invitations[invitation.id] = None
        self._write(Kind.INVITATION, invitation.id, None)

    # Envelopes that go

    def seal(
        self, contact_id: bytes, kind: BodyKind, body: bytes, *, answered: bytes = b""
    ) -> OutboxItem:
        """Seal a body for a contact, as of its newest record, and keep it as unsent.

        `answered` is the call that it answers. Raises `RefusedError` before the welcome, and
        where the turn is full (spec/ratchet.md §2).
        """
        contact = self.contact(contact_id)
        if contact is None:
            raise UsageError("this contact was deleted")
        changed, envelope = seal_body(contact, kind, body, secrets.token_bytes)
        if kind is BodyKind.OUT_OF_STEP:
            changed = replace(changed, warned=True)
        if answered:
            self._write(Kind.ANSWERED, answered, contact_id)
        return self.send(changed, envelope, is_of_call=kind in OF_CALLS)

    def send(self, contact: Contact, envelope: bytes, *, is_of_call: bool = False) -> OutboxItem:
        """Keep an envelope for a contact as unsent, under the next put number of its mailbox."""
        writer, number = contact.writer or _new_writer(), contact.put_number + 1
        contact = replace(contact, writer=writer, put_number=number)
        self.put_contact(contact)
        put_id = writer + number.to_bytes(8, "big")
        return self._send(
            contact.home_id, contact.id, contact.destination, put_id, envelope, is_of_call
        )

    def send_once(
        self, home_id: str, to: MailboxAddress, envelope: bytes, contact_id: bytes = b""
    ) -> OutboxItem:
        """Keep an envelope for a mailbox that no other of this side follows into."""
        put_id = _new_writer() + (1).to_bytes(8, "big")
        return self._send(home_id, contact_id, to, put_id, envelope, False)

    def _send(
        self,
        home_id: str,
        contact_id: bytes,
        to: MailboxAddress,
        put_id: bytes,
        envelope: bytes,
        is_of_call: bool,
    ) -> OutboxItem:
        id, now = self._next_id(), int(time.time())
        item = OutboxItem(id, home_id, contact_id, to, put_id, envelope, is_of_call, now)
        self._put_item(item)
        return item

    def renumber(self, item: OutboxItem) -> None:
        """Give all that waits for an item's mailbox the numbers of a new writer.

        The home knows numbers that this copy never sent: it was restored from an older one
        (spec/mailbox.md §1).
        """
        writer, number = _new_writer(), 0
        for waiting in self._waiting():
            if waiting.to.mailbox == item.to.mailbox:
                number += 1
                put_id = writer + number.to_bytes(8, "big")
                self._put_item(replace(waiting, put_id=put_id))
        contact = self.contact(item.contact_id)
        if contact is not None and contact.peer_address:
            self.put_contact(replace(contact, writer=writer, put_number=number))

    def sent(self, item: OutboxItem) -> None:
        """Forget an envelope that the home has taken, or will never take."""
        self._outbox[item.id] = None
        self._write(Kind.OUTBOX, item.id, None)

    def _put_item(self, item: OutboxItem) -> None:
        self._outbox[item.id] = item
        self._write(Kind.OUTBOX, item.id, item.encode())

    def _waiting(self) -> list[OutboxItem]:
        items = {**self._state.outbox, **self._outbox}
        return [item for _, item in sorted(items.items()) if item is not None]

    # Envelopes that came

    def received(self, contact: Contact, digests: tuple[bytes, ...]) -> None:
        """Write a contact's new record with the hashes of what brought it."""
        self.put_contact(contact)
        self.see(contact.inbox.address.mailbox, digests)

    def see(self, mailbox: bytes, digests: tuple[bytes, ...]) -> None:
        """Remember hashes of what came into a mailbox; the oldest of the same make room."""
        today = int(time.time()) // DAY
        for old in self._state.seen.surplus(mailbox, len(digests), today):
            self._forget_seen(old)
        for digest in digests:
            seen = Seen(mailbox, self._next_counter(), today, digest)
            self._seen.append(seen)
            self._write(Kind.SEEN, seen.id, seen.encode())

    def _forget_seen(self, seen: Seen) -> None:
        self._unseen.append(seen)
        self._write(Kind.SEEN, seen.id, None)

    # Calls

    def add_missed(self, missed: MissedCall, *, is_ringing: bool = False) -> bytes:
        """Remember a missed call until somebody was told, and give its id.

        One that is ringing still is told of only when it ended so, or by a later process.
        """
        id = self._next_id()
        self._missed[id] = missed
        self._write(Kind.MISSED, id, missed.encode())
        if is_ringing:
            self._ringing[id] = True
        for old in sorted(self._state.missed)[: len(self._state.missed) + 1 - MISSED_MOST]:
            self.forget_missed(old)
        return id

    def rang(self, id: bytes, *, was_missed: bool) -> None:
        """Say what became of a call that rang."""
        self._ringing[id] = False
        if not was_missed:
            self.forget_missed(id)

    def forget_missed(self, id: bytes) -> None:
        """Forget a missed call."""
        self._missed[id] = None
        self._write(Kind.MISSED, id, None)

    def call_over(self, call_id: bytes) -> None:
        """Forget that a call was answered: it has ended."""
        self._write(Kind.ANSWERED, call_id, None)

    # The end of the step

    def commit(self, profile: Profile) -> None:
        """Write all of it durably, then let everybody see it."""
        if self._writes:
            with profile.transaction() as change:
                for kind, id, value in self._writes:
                    if value is None:
                        change.delete(kind, id)
                    else:
                        change.put(kind, id, value)
        _overlay(self._state.contacts, self._contacts)
        _overlay(self._state.invitations, self._invitations)
        _overlay(self._state.outbox, self._outbox)
        _overlay(self._state.missed, self._missed)
        for id, is_ringing in self._ringing.items():
            (self._state.ringing.add if is_ringing else self._state.ringing.discard)(id)
        for seen in self._unseen:
            self._state.seen.forget(seen)
        for seen in self._seen:
            self._state.seen.add(seen)

    def _write(self, kind: Kind, id: bytes, value: bytes | None) -> None:
        self._writes.append((kind, id, value))

    def _next_counter(self) -> int:
        # Never given twice, also when the step comes to nothing.
        self._state.counter += 1
        return self._state.counter

    def _next_id(self) -> bytes:
        return self._next_counter().to_bytes(_COUNTER_BYTES, "big")


def _overlay(base: dict[bytes, T], changes: Mapping[bytes, T | None]) -> None:
    for id, value in changes.items():
        if value is None:
            base.pop(id, None)
        else:
            base[id] = value


def _new_writer() -> bytes:
    return secrets.token_bytes(_WRITER_BYTES)
