"""What passes through a front, what does not, and what waits there."""

from __future__ import annotations

import asyncio

from hamseda.front.forwarding import forward, outbox_to
from hamseda.transport.outbox import MOST_BYTES

RECORD = b"\x02"
MEDIA = b"\x03"


class End:
    """Be one end of a connection, in memory: `said` comes from it, `heard` went to it."""

    def __init__(self) -> None:
        self.said: asyncio.Queue[bytes | None] = asyncio.Queue()
        self.heard: list[bytes] = []
        self.is_open = True
        self.reads = 0

    async def receive(self) -> bytes | None:
        """Wait for what this end says."""
        message = await self.said.get()
        self.reads += 1
        return message

    def is_clear(self) -> bool:
        """Say whether this end takes anything."""
        return self.is_open

    async def send(self, message: bytes) -> None:
        """Take a message."""
        self.heard.append(message)


class Middle:
    """Be a front between two ends, with a clock that stands still until moved."""

    def __init__(self) -> None:
        self.now = 0.0
        self.client, self.home = End(), End()
        self.task = asyncio.create_task(
            forward(
                self.client,
                outbox_to(self.client, lambda: self.now),
                self.home,
                outbox_to(self.home, lambda: self.now),
            )
        )

    async def settle(self) -> None:
        """Let everything happen that can happen now."""
        for _ in range(20):
            await asyncio.sleep(0.003)

    async def end(self) -> None:
        """Wait until the front has let go of both."""
        async with asyncio.timeout(5):
            await self.task


async def _both_ways() -> None:
    middle = Middle()
    middle.client.said.put_nowait(RECORD + b"up")
    middle.client.said.put_nowait(MEDIA + b"voice")
    middle.home.said.put_nowait(RECORD + b"down")
    await middle.settle()
    assert sorted(middle.home.heard) == [RECORD + b"up", MEDIA + b"voice"]
    assert middle.client.heard == [RECORD + b"down"]
    middle.client.said.put_nowait(None)
    await middle.end()


def test_messages_pass_unchanged_both_ways() -> None:
    """A front that altered a byte would end the line."""
    asyncio.run(_both_ways())


async def _stale() -> None:
    middle = Middle()
    middle.client.is_open = False
    for number in range(10):
        middle.home.said.put_nowait(MEDIA + bytes([number]))
    middle.home.said.put_nowait(RECORD + b"kept")
    await middle.settle()
    middle.now = 10.0
    middle.home.said.put_nowait(MEDIA + b"fresh")
    await middle.settle()
    middle.client.is_open = True
    await middle.settle()
    assert middle.client.heard == [RECORD + b"kept", MEDIA + b"fresh"]
    middle.task.cancel()


def test_sound_that_became_old_is_dropped_and_records_are_not() -> None:
    """After a stall people must hear the present; a missing record would end the line."""
    asyncio.run(_stale())


async def _bounded() -> None:
    middle = Middle()
    middle.home.is_open = False
    for _ in range(100):
        middle.client.said.put_nowait(RECORD + bytes(65_000))
    await middle.settle()
    assert middle.client.reads * 65_000 <= MOST_BYTES
    middle.home.is_open = True
    for _ in range(20):
        await middle.settle()
        if len(middle.home.heard) == 100:
            break
    assert len(middle.home.heard) == 100
    middle.task.cancel()


def test_what_the_other_side_cannot_take_is_not_read() -> None:
    """A thousand lines that stall must not fill a volunteer's memory."""
    asyncio.run(_bounded())


async def _last_words() -> None:
    middle = Middle()
    middle.client.is_open = False
    middle.home.said.put_nowait(RECORD + b"bye")
    middle.home.said.put_nowait(None)
    await middle.settle()
    middle.client.is_open = True
    await middle.end()
    assert middle.client.heard == [RECORD + b"bye"]


def test_the_homes_last_word_arrives() -> None:
    """A client that is told why it was closed does the right thing next."""
    asyncio.run(_last_words())


async def _nonsense(message: bytes) -> None:
    middle = Middle()
    middle.client.said.put_nowait(message)
    await middle.end()
    assert middle.home.heard == []


def test_what_is_no_message_of_a_line_ends_it() -> None:
    """A front is a way into a home, not a tunnel for anything."""
    for message in (b"", b"\x01again", b"\x04", b"GET / HTTP/1.1"):
        asyncio.run(_nonsense(message))
