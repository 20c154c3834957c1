"""Be the people of a home that dies: writers who resend, readers who acknowledge.

They keep their lines with the client's own `HomeLine`, and do on them what its `Post` does, only
more of it at once.
"""

import asyncio
import random
import secrets
from collections import deque
from hashlib import sha256
from typing import Final

from hamseda.client.homes import HomeDirectory
from hamseda.client.line import HomeLine
from hamseda.crypto.key_schedule import Label, h
from hamseda.crypto.signatures import SigningKey
from hamseda.errors import NetworkError
from hamseda.mailbox.put_numbers import WINDOW
from hamseda.transport.websocket import Web
from hamseda.wire.mailbox import ACK_MOST, Ack, Create, Deliver, Put, Subscribe
from hamseda.wire.media import MediaMessage
from hamseda.wire.messages import Push, Request
from hamseda.wire.status import Status
from tests.kill.ledger import Ledger, Place, envelope_of
from tests.kill.mortal_home import PATIENCE

AT_ONCE: Final = 8
"""Puts of one writer that wait for an answer."""
UNREAD_MOST: Final = 256
"""Envelopes of one mailbox that wait; then its writers wait, as people do."""
STORING: Final = 0.004
"""Seconds that a reader takes to store what came before it acknowledges, at most."""


class Mailbox:
    """Hold the keys of one mailbox."""

    def __init__(self) -> None:
        self.id = secrets.token_bytes(16)
        self.cap = secrets.token_bytes(32)
        self.key = SigningKey(secrets.token_bytes(32))


class Participant:
    """Be one line of the load; requests are asked again on the next line until answered."""

    def __init__(self, web: Web, directory: HomeDirectory, home_id: str) -> None:
        self.line = HomeLine(web, directory, home_id, self)

    async def ask(self, request: Request) -> None:
        """Ask until an answer comes; it must be OK."""
        while True:
            try:
                reply = await self.line.request(request)
            except NetworkError:
                # The line may not know yet that it is dead.
                await asyncio.sleep(0)
                await self.line.wait_open(PATIENCE)
                continue
            assert reply.status is Status.OK, f"{type(request).__name__}: {reply.status.name}"
            return

    async def line_opened(self, line: HomeLine) -> None:
        """Begin on a new line."""

    def line_lost(self, line: HomeLine) -> None:
        """Lose the line."""

    def pushed(self, line: HomeLine, push: Push) -> None:
        """Take a push."""

    def media(self, line: HomeLine, message: MediaMessage) -> None:
        """Take no sound: there are no calls here."""


class Writer(Participant):
    """Put envelope after envelope, and some again."""

    def __init__(
        self, web: Web, directory: HomeDirectory, home_id: str, box: Mailbox, ledger: Ledger
    ) -> None:
        super().__init__(web, directory, home_id)
        self.box = box
        self._ledger = ledger
        self._writer = secrets.token_bytes(8)
        self._number = 0
        self._mine: deque[bytes] = deque(maxlen=WINDOW - 2 * AT_ONCE)
        """Put ids that the home still tells from new ones."""
        self._dice = random.Random(box.id)
        self.is_done = False

    async def write(self) -> None:
        """Write until told that it is done, with `AT_ONCE` puts under way."""
        async with asyncio.TaskGroup() as tasks:
            for _ in range(AT_ONCE):
                tasks.create_task(self._write_one_by_one())

    async def _write_one_by_one(self) -> None:
        while not self.is_done:
            if len(self._ledger.put) - len(self._ledger.taken) > UNREAD_MOST:
                await asyncio.sleep(0.001)
                continue
            self._number += 1
            put_id = self._writer + self._number.to_bytes(8, "big")
            self._mine.append(put_id)
            await self._put(put_id)
            if self._dice.random() < 0.2:
                # As after a lost answer: of now, or of some time ago and fetched since.
                await self._put(self._dice.choice((put_id, self._dice.choice(self._mine))))

    async def _put(self, put_id: bytes) -> None:
        self._ledger.putting.add(put_id)
        await self.ask(Put(0, self.box.id, self.box.cap, put_id, envelope_of(put_id)))
        self._ledger.put.add(put_id)


class Reader(Participant):
    """Own a mailbox, take what comes, acknowledge it a moment later."""

    def __init__(
        self, web: Web, directory: HomeDirectory, home_id: str, box: Mailbox, ledger: Ledger
    ) -> None:
        super().__init__(web, directory, home_id)
        self.box = box
        self._ledger = ledger
        self._unacknowledged: list[Place] = []
        self._arrived = asyncio.Event()
        self._dice = random.Random(box.id)

    async def line_opened(self, line: HomeLine) -> None:
        """Subscribe; the mailbox is made when this is its first line."""
        box = self.box
        create = Create(0, box.id, box.key.public, sha256(box.cap).digest())
        assert (await line.request(create)).status is Status.OK
        signature = box.key.sign(Label.READ, h(line.line_id, box.id))
        assert (await line.request(Subscribe(0, box.id, signature))).status is Status.OK

    def line_lost(self, line: HomeLine) -> None:
        """Forget what was to be acknowledged: it comes again."""
        self._unacknowledged.clear()

    def pushed(self, line: HomeLine, push: Push) -> None:
        """Take one delivery."""
        assert isinstance(push, Deliver), push
        place = (push.mailbox, push.seq)
        self._ledger.deliver(place, push.envelope)
        self._unacknowledged.append(place)
        self._arrived.set()

    async def acknowledge(self) -> None:
        """Acknowledge what was taken, until cancelled."""
        while True:
            await self._arrived.wait()
            await asyncio.sleep(self._dice.uniform(0, STORING))
            self._arrived.clear()
            while batch := self._unacknowledged[:ACK_MOST]:
                del self._unacknowledged[:ACK_MOST]
                self._ledger.begin_ack(batch)
                request = Ack(0, self.box.id, tuple(seq for _, seq in batch))
                try:
                    reply = await self.line.request(request)
                except NetworkError:
                    break
                assert reply.status is Status.OK, reply.status.name
                self._ledger.end_ack(batch)
