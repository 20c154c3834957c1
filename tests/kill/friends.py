"""Be two real clients below their calls: profile, ratchet, outbox and postman are the product's."""

import asyncio
from pathlib import Path
from typing import Final

from hamseda.client.api import Client
from hamseda.client.book import Book
from hamseda.client.draft import Draft
from hamseda.client.homes import HomeDirectory
from hamseda.client.line import HomeLine
from hamseda.client.lines import Lines
from hamseda.client.post import After, Arrived, Post, nothing
from hamseda.client.profile import Profile
from hamseda.client.records import OutboxItem
from hamseda.protocol.contact import Contact
from hamseda.protocol.invitation import Invitation
from hamseda.transport.websocket import Web
from hamseda.wire.codes import BodyKind
from hamseda.wire.mailbox import Deliver
from hamseda.wire.media import MediaMessage
from hamseda.wire.messages import Push
from hamseda.wire.status import Status
from tests.kill.mortal_home import PATIENCE

NUMBER_BYTES: Final = 4


async def befriend(link: str, one: Path, other: Path) -> None:
    """Let two new profiles invite and accept each other."""
    async with Client.open(one) as inviter, Client.open(other) as accepter:
        invitation = await inviter.invite(link, name="other")
        await accepter.accept(invitation.link, name="one", patience=PATIENCE)
        async with asyncio.timeout(PATIENCE):
            await inviter.event()


class Friend:
    """Count aloud to the one contact of a profile, and write down what is heard."""

    def __init__(self, profile: Profile, web: Web, tasks: asyncio.TaskGroup) -> None:
        self.said = 0
        self.heard: list[int] = []
        self.is_done = False
        self._book = Book(profile)
        (self._contact,) = self._book.contacts()
        self._lines = Lines(web, HomeDirectory(web, profile), tasks)
        self._post = Post(self._book, self._lines.by_home, self)
        self.line = self._lines.start(self._contact.home_id, self, self._post)
        self._running = [
            tasks.create_task(self._post.run_incoming()),
            tasks.create_task(self._post.run_acknowledging()),
            tasks.create_task(self._count()),
        ]

    def leave(self) -> None:
        """End what runs; the profile is closed by who opened it, when it has ended."""
        self._lines.stop()
        for task in self._running:
            task.cancel()

    async def _count(self) -> None:
        home_id = self._contact.home_id
        while not self.is_done:
            self.said += 1
            body = self.said.to_bytes(NUMBER_BYTES, "big")
            self._book.seal(self._contact.id, BodyKind.HANGUP, body)
            self._post.wake(home_id)
            await self.has_sent()

    async def has_sent(self) -> None:
        """Wait until nothing waits to leave."""
        assert await self._post.flushed(self._contact.home_id, PATIENCE)

    # Of the line

    async def line_opened(self, line: HomeLine) -> None:
        """Subscribe."""
        await self._post.open_mailboxes(line)

    def line_lost(self, line: HomeLine) -> None:
        """Lose the line."""

    def pushed(self, line: HomeLine, push: Push) -> None:
        """Pass deliveries to the postman."""
        if isinstance(push, Deliver):
            self._post.delivered(line, push)

    def media(self, line: HomeLine, message: MediaMessage) -> None:
        """Take no sound."""

    # Of the post

    def took(
        self, draft: Draft, contact: Contact, kind: int, body: bytes, arrived: Arrived
    ) -> After:
        """Be the application: commit, then act."""
        draft.put_contact(contact)
        if kind != BodyKind.HANGUP:
            return nothing
        return lambda: self.heard.append(int.from_bytes(body, "big"))

    async def took_accepts(self, invitation: Invitation, accepts: list[tuple[bytes, int]]) -> None:
        """Expect none."""
        raise AssertionError("nobody was invited")

    def out_of_step(self, contact: Contact) -> None:
        """Expect that the keys fit."""
        raise AssertionError(f"{contact.name} is out of step")

    def unreadable(self, contact: Contact, arrived: Arrived) -> None:
        """Expect that every envelope opens."""
        raise AssertionError("an envelope was altered")

    def not_subscribed(self, count: int) -> None:
        """Expect that every mailbox is read out."""
        raise AssertionError(f"{count} mailboxes are not read out")

    def put_failed(self, item: OutboxItem, status: Status) -> None:
        """Expect that the home takes everything."""
        raise AssertionError(f"the home took no envelope: {status.name}")
