"""Do the mailbox duties on the lines: subscribe, take deliveries in, acknowledge, send what waits.

Bytes are judged in one task, in the order they came. An envelope is acknowledged only after what
it changed is on disk; one that cannot be read is acknowledged too, and counted, so that it cannot
jam the mailbox (spec/ratchet.md §3).
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import islice
from typing import Protocol, TypeAlias

from hamseda.client.book import Book, digest
from hamseda.client.draft import Draft
from hamseda.client.line import HomeLine
from hamseda.client.outgoing import Outgoing
from hamseda.client.records import OutboxItem
from hamseda.crypto.key_schedule import Label, h
from hamseda.crypto.signatures import SigningKey
from hamseda.errors import NetworkError, OutOfStepError, WireError
from hamseda.protocol.contact import Contact, Inbox, no_longer_in_step, open_envelope
from hamseda.protocol.invitation import Invitation
from hamseda.wire.codes import BodyKind
from hamseda.wire.mailbox import Ack, Create, Deliver, GetVoucher, Subscribe
from hamseda.wire.ratchet import EMPTY_BODY
from hamseda.wire.status import Status

log = logging.getLogger(__name__)

QUEUE_MOST = 1024
ACK_MOST = 64
VOUCHER_TRIES = 8
"""Mailboxes over which a voucher is asked for; the newest is not ours at the home yet."""
SUBSCRIPTIONS_AT_ONCE = 512
GATHER_SECONDS = 0.1
"""How long accepts of one invitation are gathered, so that who came second is refused."""


@dataclass(frozen=True, slots=True)
class Arrived:
    """Be one envelope as it came: out of a mailbox (`seq` set) or through a room."""

    home_id: str = field(repr=False)
    mailbox: bytes = field(repr=False)
    envelope: bytes = field(repr=False)
    age_s: int
    seq: int | None


After: TypeAlias = Callable[[], None]
"""What is done once a step was committed."""


def nothing() -> None:
    """Do nothing more: it is written down."""


class PostListener(Protocol):
    """Act on what the post brought; calls come from the post's own task."""

    def took(
        self, draft: Draft, contact: Contact, kind: int, body: bytes, arrived: Arrived
    ) -> After:
        """Take one authentic body within the step that commits it.

        The contact's new record is not put into the draft yet; the implementation puts it, perhaps
        changed, and gives back all that may be done only when the step is on the disk.
        """
        ...

    async def took_accepts(self, invitation: Invitation, accepts: list[tuple[bytes, int]]) -> None:
        """Take everything that came for an invitation, as (envelope, age)."""
        ...

    def out_of_step(self, contact: Contact) -> None:
        """Learn that a contact's keys no longer fit."""
        ...

    def unreadable(self, contact: Contact, arrived: Arrived) -> None:
        """Learn that an envelope of a contact was noise: damaged, or altered on its way."""
        ...

    def put_failed(self, item: OutboxItem, status: Status) -> None:
        """Learn that the home does not take an envelope: the mailbox is full or gone."""
        ...

    def not_subscribed(self, count: int) -> None:
        """Learn that a home reads out no more mailboxes on a line: so many cannot ring."""
        ...


class Post:
    """Be the postman of one client, over all its lines."""

    def __init__(self, book: Book, lines: dict[str, HomeLine], listener: PostListener) -> None:
        self._book = book
        self._lines = lines
        self._listener = listener
        self._arrived: asyncio.Queue[Arrived] = asyncio.Queue(QUEUE_MOST)
        self._acks: dict[tuple[str, bytes], list[int]] = {}
        self._acks_waiting = asyncio.Event()
        self._outgoing: dict[str, Outgoing] = {}
        self._accepts: dict[bytes, dict[int, Arrived]] = {}
        self._gathered: asyncio.Queue[bytes] = asyncio.Queue()
        self.unreadable = 0
        """Envelopes that no key of ours opens."""

    # Lines

    async def open_mailboxes(self, line: HomeLine) -> None:
        """Subscribe to all own mailboxes of a home on a new line, all at once: one round trip."""
        at_once = asyncio.Semaphore(SUBSCRIPTIONS_AT_ONCE)

        async def subscribed(inbox: Inbox) -> Status:
            async with at_once:
                return await self.subscribe(line, inbox)

        try:
            async with asyncio.TaskGroup() as tasks:
                asked = [
                    tasks.create_task(subscribed(inbox))
                    for inbox in self._book.inboxes(line.home_id)
                ]
        except ExceptionGroup as group:
            # The line broke under all of them: one says so.
            raise group.exceptions[0] from None
        left_out = sum(task.result() is Status.QUOTA for task in asked)
        if left_out:
            self._listener.not_subscribed(left_out)
        self._outgoing_to(line.home_id, line).line_opened()

    async def subscribe(self, line: HomeLine, inbox: Inbox) -> Status:
        """Subscribe one mailbox; make it first when the home does not have it (any more)."""
        status = await self._subscribe(line, inbox)
        owner = self._book.owner(inbox.address.mailbox)
        if status is Status.REFUSED and isinstance(owner, Contact):
            # The contact was committed here before its mailbox could be made there.
            status = await self.create(line, inbox, owner.voucher or None)
            if status is Status.REFUSED and owner.voucher:
                # Somebody spent the voucher first. Who came second still asks, so that the
                # inviter learns of both.
                status = await self.create(line, inbox)
            if status is Status.OK:
                status = await self._subscribe(line, inbox)
        return status

    async def _subscribe(self, line: HomeLine, inbox: Inbox) -> Status:
        mailbox = inbox.address.mailbox
        signature = SigningKey(inbox.read_seed).sign(Label.READ, h(line.line_id, mailbox))
        return (await line.request(Subscribe(0, mailbox, signature))).status

    async def create(self, line: HomeLine, inbox: Inbox, voucher: bytes | None = None) -> Status:
        """Make a mailbox; at a home that wants a voucher for it, with one over another mailbox."""
        status = await self._create(line, inbox, voucher)
        if status is Status.REFUSED and voucher is None:
            voucher = await self._voucher(line)
            if voucher is not None:
                status = await self._create(line, inbox, voucher)
        return status

    async def _voucher(self, line: HomeLine) -> bytes | None:
        """Ask for a voucher over a mailbox that is ours on this line, if there is one."""
        for inbox in islice(self._book.inboxes(line.home_id), VOUCHER_TRIES):
            reply = await line.request(GetVoucher(0, inbox.address.mailbox))
            if reply.status is Status.OK:
                return reply.data
        return None

    async def _create(self, line: HomeLine, inbox: Inbox, voucher: bytes | None) -> Status:
        read_key = SigningKey(inbox.read_seed).public
        request = Create(0, inbox.address.mailbox, read_key, digest(inbox.address.cap), voucher)
        return (await line.request(request)).status

    # Incoming

    def delivered(self, line: HomeLine, push: Deliver) -> None:
        """Take a delivery out of a line; the home's window bounds how many can wait."""
        self._enqueue(Arrived(line.home_id, push.mailbox, push.envelope, push.age_s, push.seq))

    def came_through_room(self, home_id: str, mailbox: bytes, envelope: bytes) -> None:
        """Take the copy of an envelope that came through a call's room."""
        self._enqueue(Arrived(home_id, mailbox, envelope, 0, None))

    def _enqueue(self, arrived: Arrived) -> None:
        try:
            self._arrived.put_nowait(arrived)
        except asyncio.QueueFull:
            # Not acknowledged, so the home delivers it again on the next line.
            log.warning("too many envelopes wait; one is left at the home")

    async def run_incoming(self) -> None:
        """Judge what arrives, one after another, until cancelled."""
        while True:
            arrived = await self._arrived.get()
            try:
                await self._take(arrived)
            except NetworkError as error:
                log.info("an envelope waits for the line: %s", error.failure)

    async def _take(self, arrived: Arrived) -> None:
        owner = self._book.owner(arrived.mailbox)
        if isinstance(owner, Invitation):
            await self._take_accept(owner, arrived)
            return
        with self._book.change() as draft:
            after = nothing if owner is None else self._judge(draft, owner, arrived)
        self._acknowledge(arrived)
        after()

    def _judge(self, draft: Draft, owner: Contact, arrived: Arrived) -> After:
        """Say in the draft what an envelope changes, and what follows once that is committed."""
        hashed = digest(arrived.envelope)
        if self._book.is_seen(arrived.mailbox, hashed):
            return nothing
        try:
            contact, kind, body = open_envelope(owner, arrived.envelope, int(time.time()))
        except OutOfStepError:
            draft.see(arrived.mailbox, (hashed,))
            self.mark_out_of_step(draft, owner)
            return lambda: self._listener.out_of_step(owner)
        except WireError:
            self.unreadable += 1
            log.info("an envelope could not be opened; %d so far", self.unreadable)
            return lambda: self._listener.unreadable(owner, arrived)
        draft.see(arrived.mailbox, (hashed,))
        if contact.peer_address:
            self._release(contact)
        return self._listener.took(draft, contact, kind, body, arrived)

    def mark_out_of_step(self, draft: Draft, contact: Contact) -> None:
        """Write down that a contact is out of step, and tell the other side once."""
        draft.put_contact(no_longer_in_step(contact))
        if not contact.warned and contact.peer_address:
            draft.seal(contact.id, BodyKind.OUT_OF_STEP, EMPTY_BODY)

    def _release(self, contact: Contact) -> None:
        """Try a mailbox that was full at once: who writes has been online, and reads."""
        outgoing = self._outgoing.get(contact.home_id)
        if outgoing is not None:
            outgoing.release(contact.destination.mailbox)

    async def _take_accept(self, invitation: Invitation, arrived: Arrived) -> None:
        """Collect what lies in an invitation's mailbox, so that who came second is refused."""
        if arrived.seq is None:
            return
        waiting = self._accepts.setdefault(invitation.id, {})
        # By its number at the home: a new line delivers again what was not acknowledged.
        waiting[arrived.seq] = arrived
        if len(waiting) > 1:
            return
        asyncio.get_running_loop().call_later(
            GATHER_SECONDS, self._gathered.put_nowait, invitation.id
        )

    async def run_gathering(self) -> None:
        """Hand on what came for an invitation, a moment after the first, until cancelled."""
        while True:
            id = await self._gathered.get()
            gathered = self._accepts.pop(id, {})
            invitation = self._book.invitation(id)
            accepts = [gathered[seq] for seq in sorted(gathered)]
            try:
                if invitation is not None:
                    await self._listener.took_accepts(
                        invitation, [(arrived.envelope, arrived.age_s) for arrived in accepts]
                    )
            except NetworkError as error:
                log.info("an acceptance waits for the line: %s", error.failure)
                continue
            for arrived in accepts:
                self._acknowledge(arrived)

    def _acknowledge(self, arrived: Arrived) -> None:
        if arrived.seq is None:
            return
        self._acks.setdefault((arrived.home_id, arrived.mailbox), []).append(arrived.seq)
        self._acks_waiting.set()

    async def run_acknowledging(self) -> None:
        """Acknowledge in batches until cancelled; what a lost line forgets comes again."""
        while True:
            await self._acks_waiting.wait()
            self._acks_waiting.clear()
            for (home_id, mailbox), seqs in list(self._acks.items()):
                del self._acks[home_id, mailbox]
                line = self._lines.get(home_id)
                for start in range(0, len(seqs), ACK_MOST):
                    if line is None or not line.is_open:
                        break
                    try:
                        await line.request(Ack(0, mailbox, tuple(seqs[start : start + ACK_MOST])))
                    except NetworkError:
                        break

    # Outgoing

    def wake(self, home_id: str) -> None:
        """Send now what waits for a home."""
        line = self._lines.get(home_id)
        if line is not None:
            self._outgoing_to(home_id, line).wake()

    async def run_outgoing(self, line: HomeLine) -> None:
        """Put what waits for one home, until cancelled."""
        await self._outgoing_to(line.home_id, line).run()

    def _outgoing_to(self, home_id: str, line: HomeLine) -> Outgoing:
        if home_id not in self._outgoing:
            self._outgoing[home_id] = Outgoing(self._book, line, self._listener.put_failed)
        return self._outgoing[home_id]

    async def flushed(self, home_id: str, patience: float) -> bool:
        """Wait until nothing waits here or for a home; False when that took too long."""
        try:
            async with asyncio.timeout(patience):
                while self._is_busy(home_id):  # noqa: ASYNC110 - four things, none an event
                    await asyncio.sleep(0.005)
        except TimeoutError:
            return False
        return True

    def _is_busy(self, home_id: str) -> bool:
        is_taking = bool(self._accepts) or not self._arrived.empty()
        outgoing = self._outgoing.get(home_id)
        is_sending = bool(self._book.waiting(home_id)) if outgoing is None else outgoing.is_busy()
        return is_taking or bool(self._acks) or is_sending
