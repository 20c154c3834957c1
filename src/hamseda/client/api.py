"""Be one person's client: contacts, invitations, calls. This is the class that people import.

async with Client.open(folder) as client:
call = await client.call("Maryam", source, sink)
async for event in call:
print(event)
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

from hamseda.client.book import Book
from hamseda.client.call import Call
from hamseda.client.calling import Calling
from hamseda.client.draft import Draft
from hamseda.client.endpoint_lists import EndpointLists, homes_named, sole_home
from hamseda.client.events import Event, InvitationMade, Missed, Problem, Ready
from hamseda.client.homes import HomeDirectory
from hamseda.client.inviting import INVITATION_DAYS, Inviting
from hamseda.client.line import HomeLine
from hamseda.client.lines import PATIENCE, Lines
from hamseda.client.names import clean_name
from hamseda.client.networks import Networks
from hamseda.client.notices import Security, notice
from hamseda.client.post import After, Arrived, Post, nothing
from hamseda.client.profile import Profile
from hamseda.client.profile_key import Passphrase
from hamseda.client.records import OutboxItem
from hamseda.errors import NetworkError, sole
from hamseda.protocol.call_events import EndReason
from hamseda.protocol.caller import RING_SECONDS
from hamseda.protocol.contact import (
    Contact,
    Standing,
    require_callable,
    with_abilities,
)
from hamseda.protocol.invitation import Invitation, refusal_words
from hamseda.transport.audio_source import AudioSink, AudioSource
from hamseda.transport.websocket import Web
from hamseda.wire.codes import BodyKind
from hamseda.wire.mailbox import Deliver, Replaced
from hamseda.wire.media import MediaMessage
from hamseda.wire.messages import Push
from hamseda.wire.relay import RoomControl
from hamseda.wire.status import Status

log = logging.getLogger(__name__)

CLOCK_TOLERANCE = 600
"""Seconds by which this machine's clock may differ from the home's without a word."""
_EVENTS_MOST = 1024
_CATCH_UP_SECONDS = 2.0


class Client:
    """Be the open client of one profile; make it with `Client.open`."""

    def __init__(self, web: Web, profile: Profile, tasks: asyncio.TaskGroup) -> None:
        self._book = Book(profile)
        self._directory = HomeDirectory(web, profile)
        self._lines = Lines(web, self._directory, tasks, Networks(profile))
        self._post = Post(self._book, self._lines.by_home, self)
        self._inviting = Inviting(web, self._directory, self._book, self._post, self, self._tell)
        self._calling = Calling(self._book, self._post, self._tell, tasks)
        self._lists = EndpointLists(self._directory, self._tell, tasks)
        self._events: asyncio.Queue[Event] = asyncio.Queue(_EVENTS_MOST)
        self._clock_told = False
        self._spoiled_told: set[bytes] = set()
        self._running = [
            tasks.create_task(self._post.run_incoming()),
            tasks.create_task(self._post.run_gathering()),
            tasks.create_task(self._post.run_acknowledging()),
        ]

    @classmethod
    @asynccontextmanager
    async def open(cls, folder: Path, *, passphrase: Passphrase = None) -> AsyncGenerator[Client]:
        """Open a profile and its lines; raises `ProfileError` when another process has it."""
        async with Web() as web, cls.over(web, Profile.open(folder, passphrase=passphrase)) as it:
            yield it

    @classmethod
    @asynccontextmanager
    async def over(cls, web: Web, profile: Profile) -> AsyncGenerator[Client]:
        """Run on this network and this profile, which is closed at the end."""
        try:
            async with asyncio.TaskGroup() as tasks:
                client = cls(web, profile, tasks)
                try:
                    client._tell_what_was_missed()
                    client._start_lines()
                    client._calling.end_left_over()
                    yield client
                finally:
                    await client._stop()
        except BaseExceptionGroup as group:
            # One error is raised as itself: callers think in our errors, not in groups.
            raise sole(group) from None
        finally:
            profile.close()

    def _tell_what_was_missed(self) -> None:
        """Tell of calls that an earlier process took in and told nobody of."""
        for missed in self._book.missed():
            self._tell(Missed(missed.name, max(0, int(time.time()) - missed.at)))

    def _start_lines(self) -> None:
        for home_id in self._book.home_ids():
            self._lines.start(home_id, self, self._post)

    async def _stop(self) -> None:
        call = self._calling.current
        if call is not None:
            call.hang_up()
            await call.ended()
        for home_id, line in list(self._lines.by_home.items()):
            if line.is_open:
                await self._post.flushed(home_id, 1.0)
        self._lines.stop()
        for task in self._running:
            task.cancel()

    # People

    def contacts(self) -> list[Contact]:
        """List all contacts, by name."""
        return self._book.contacts()

    def invitations(self) -> list[Invitation]:
        """List the invitations that nobody has used yet."""
        return self._book.invitations()

    async def invite(
        self, home_link: str, *, name: str | None = None, days: int = INVITATION_DAYS
    ) -> InvitationMade:
        """Make an invitation at a home; who opens its link first becomes the contact `name`."""
        return await self._inviting.invite(home_link, name and clean_name(name), days)

    async def accept(
        self, link: str, *, name: str, patience: float = 5.0, endpoints: str | None = None
    ) -> Contact:
        """Accept an invitation as the contact `name`; wait up to `patience` for the welcome.

        The contact that comes back may still wait for the inviter to come online. `endpoints` is
        the text of a list of ways to the home, for where the link's own address is blocked.
        """
        contact = await self._inviting.accept(link, clean_name(name), endpoints)
        try:
            return await self._inviting.wait_for_welcome(contact, patience)
        finally:
            await self._post.flushed(contact.home_id, 2.0)

    def verify(self, name: str) -> None:
        """Mark a contact as verified: both read the same five words in the running call."""
        contact = self._book.named(name)
        self._book.save(replace(contact, verified=True, changed=False))

    async def delete(self, name: str) -> None:
        """Forget a contact; it takes a new invitation to talk again."""
        self._book.delete(self._book.named(name))

    async def pass_on_endpoints(self, name: str, home: str | None = None) -> None:
        """Send a contact the newest list of a home: of the one you share where none is named."""
        contact = self._book.named(name)
        require_callable(contact)
        wanted = contact.home_id if home is None else home
        known = sole_home(await homes_named(wanted, self._directory, self._book))
        line = await self.line_to(contact.home_id)
        require_callable(self._book.named(name))
        self._book.seal(contact.id, BodyKind.ENDPOINTS, known.signed)
        self._post.wake(contact.home_id)
        if not await self._post.flushed(line.home_id, PATIENCE):
            raise NetworkError(
                "the home has not taken the list yet",
                failure="generic_timeout_error",
                next="it is sent with the next command that reaches the home",
            )

    # Calls

    async def call(
        self,
        name: str,
        source: AudioSource,
        sink: AudioSink,
        *,
        patience: float = RING_SECONDS,
    ) -> Call:
        """Call a contact and let it ring for `patience` seconds; iterate the call for what happens.

        Raises `UsageError` for an unknown name, `RefusedError`, `OutOfStepError` for a contact that
        cannot be called, `NetworkError` when the home cannot be reached.
        """
        await self._catch_up(name)
        contact = self._book.named(name)
        require_callable(contact)
        line = await self.line_to(contact.home_id)
        # What lies in the mailbox may say that this contact is out of step.
        require_callable(self._book.named(name))
        return await self._calling.call(contact, line, source, sink, patience)

    async def _catch_up(self, name: str) -> None:
        """Wait a moment for a contact that an unread envelope may bring about, or refuse."""
        found = waiting = self._book.find(name)
        if found is not None and found.standing is not Standing.WAITING:
            return
        if found is None and not self._book.invitations():
            return
        if await self._lines.settled(PATIENCE) is not None:
            return
        loop = asyncio.get_running_loop()
        until = loop.time() + _CATCH_UP_SECONDS
        while loop.time() < until:
            found = self._book.find(name)
            if found is not None and found.standing is not Standing.WAITING:
                return
            if waiting is not None:
                await self._inviting.wait_for_welcome(waiting, _CATCH_UP_SECONDS)
                return
            await asyncio.sleep(0.02)

    async def incoming(self) -> Call:
        """Wait for the next call that rings here."""
        return await self._calling.incoming.get()

    async def event(self) -> Event:
        """Wait for the next event that belongs to no call."""
        return self._told(await self._events.get())

    def events_so_far(self) -> list[Event]:
        """Take the events that belong to no call and wait already."""
        return [self._told(self._events.get_nowait()) for _ in range(self._events.qsize())]

    def _told(self, event: Event) -> Event:
        if isinstance(event, Missed):
            self._book.told_of_missed()
        return event

    async def ready(self) -> list[Ready]:
        """Wait until every line is open; `NetworkError` when one is not."""
        failure = await self._lines.settled(PATIENCE)
        if failure is not None:
            raise failure
        found: list[Ready] = []
        for home_id in list(self._lines.by_home):
            end = (await self._directory.get(home_id)).endpoints[0]
            found.append(Ready(f"{end.scheme}://{end.host}:{end.port}"))
        return found

    async def settled(self, patience: float) -> None:
        """Wait until what lies in the mailboxes has been taken in and nothing waits to go."""
        await self._lines.settled(patience)
        for home_id in list(self._lines.by_home):
            await self._post.flushed(home_id, patience)
        await self._lists.settled(patience)

    # For the parts

    async def line_to(self, home_id: str) -> HomeLine:
        """Wait for the line to a home; raise `NetworkError` when it does not open."""
        line = self._lines.start(home_id, self, self._post)
        await line.wait_open(PATIENCE)
        return line

    def home_now(self, line: HomeLine) -> int:
        """Give the home's clock, which judges expiry: this machine's may be wrong."""
        return int(time.time()) + line.clock_offset

    def _tell(self, event: Event) -> None:
        if self._events.full():
            self._events.get_nowait()
        self._events.put_nowait(event)

    async def line_opened(self, line: HomeLine) -> None:
        """Subscribe and take the seat of a running call again."""
        call = self._calling.current
        if call is not None and call.line is line:
            await call.line_opened()
        self._inviting.forget_expired(line)
        await self._post.open_mailboxes(line)
        self._lists.line_opened(line)
        if abs(line.clock_offset) > CLOCK_TOLERANCE and not self._clock_told:
            self._clock_told = True
            self._tell(
                Problem(
                    "this device's clock looks wrong; calls work all the same",
                    "set date and time to automatic",
                )
            )

    def line_lost(self, line: HomeLine) -> None:
        """Nothing to do: the line comes back by itself, and calls notice silence themselves."""

    def pushed(self, line: HomeLine, push: Push) -> None:
        """Route one record of a line."""
        call = self._calling.current
        if isinstance(push, Deliver):
            self._post.delivered(line, push)
        elif isinstance(push, RoomControl):
            if call is not None and call.line is line and call.handle == push.handle:
                call.room_body(push.body)
        elif isinstance(push, Replaced):
            owner = self._book.owner(push.mailbox)
            name = owner.name if owner is not None else "a contact"
            self._tell(notice(Security.REPLACED, name))

    def media(self, line: HomeLine, message: MediaMessage) -> None:
        """Route sealed frames to the running call."""
        call = self._calling.current
        if call is not None and call.line is line and call.handle == message.handle:
            call.media(message.frames)

    def took(
        self, draft: Draft, contact: Contact, kind: int, body: bytes, arrived: Arrived
    ) -> After:
        """Hand one authentic body to whom it concerns, within the step that commits it."""
        if kind == BodyKind.WELCOME:
            return self._inviting.took_welcome(draft, contact, body)
        if kind == BodyKind.REFUSED:
            return self._inviting.took_refused(draft, contact, body)
        if kind == BodyKind.OUT_OF_STEP:
            self._post.mark_out_of_step(draft, contact)
            return lambda: self.out_of_step(contact)
        if contact.standing is Standing.WAITING:
            # Nothing may come before the welcome, and there is no address to answer to.
            draft.put_contact(contact)
            return nothing
        if contact.standing is Standing.WELCOMED:
            contact = replace(contact, standing=Standing.CONFIRMED)
        if kind == BodyKind.ENDPOINTS:
            draft.put_contact(contact)
            return lambda: self._lists.took(contact, body)
        if kind == BodyKind.ABLE:
            draft.put_contact(with_abilities(contact, body))
            return nothing
        line = self._lines.start(contact.home_id, self, self._post)
        return self._calling.took(draft, contact, kind, body, arrived.age_s, line)

    async def took_accepts(self, invitation: Invitation, accepts: list[tuple[bytes, int]]) -> None:
        """Let the first acceptance win."""
        line = await self.line_to(invitation.home_id)
        await self._inviting.took_accepts(invitation, accepts, line)

    def out_of_step(self, contact: Contact) -> None:
        """Tell the person; what the other side is told was committed with it."""
        self._tell(notice(Security.OUT_OF_STEP, contact.name))
        self._post.wake(contact.home_id)
        call = self._calling.current
        if call is not None and call.contact.id == contact.id and not call.machine.is_talking:
            call.step(lambda _: call.machine.fail(EndReason.OUT_OF_STEP))

    def unreadable(self, contact: Contact, arrived: Arrived) -> None:
        """Tell the person once that something was altered; a call that waits for it ends."""
        if contact.standing is Standing.WAITING:
            self._inviting.spoiled(contact)
        if contact.id not in self._spoiled_told:
            self._spoiled_told.add(contact.id)
            self._tell(notice(Security.ENVELOPE_ALTERED, contact.name))
        self._calling.unreadable(contact, arrived.age_s)

    def not_subscribed(self, count: int) -> None:
        """Tell that some of the people here cannot ring: "ready" would be no truth."""
        self._tell(
            Problem(
                f"{count} of your people cannot reach you: this home serves no more on one line",
                "delete people you no longer talk to, or use a second profile for some",
            )
        )

    def put_failed(self, item: OutboxItem, status: Status) -> None:
        """Tell that an envelope was not taken: the mailbox is full, or gone."""
        contact = self._book.contact(item.contact_id)
        if contact is None:
            return
        if contact.standing is Standing.WAITING:
            self._inviting.gone(contact, refusal_words("used"))
            return
        full = status is Status.FULL
        what = "mailbox is full" if full else "mailbox is gone"
        after = "try again when they have been online" if full else "invite them again"
        self._tell(Problem(f"the {what} of {contact.name}: they cannot be reached", after))
        self._calling.put_failed(contact.id, EndReason.FULL if full else EndReason.FAILED)
