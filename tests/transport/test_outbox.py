"""What is written to a line, and in which order."""

import asyncio

from hamseda.transport.outbox import ENTRY_BYTES, MOST_BYTES, ROOM_BYTES, Outbox


class FakeChannel:
    """Be a connection that can be stopped."""

    def __init__(self) -> None:
        self.is_open = True
        self.is_gone = False
        self.sent: list[bytes] = []

    def is_clear(self) -> bool:
        """Say whether it takes anything."""
        return self.is_open

    async def send(self, message: bytes) -> None:
        """Take a message."""
        if self.is_gone:
            raise ConnectionResetError
        self.sent.append(message)


class Line:
    """Hold an outbox on a fake connection, with a clock that stands still."""

    def __init__(self) -> None:
        self.now = 0.0
        self.sealed = 0
        self.overflows = 0
        self.channel = FakeChannel()
        self.outbox = Outbox(self.channel, self.seal, lambda: self.now, self.overflow)

    def seal(self, kind: int, body: bytes) -> bytes:
        """Give a record its number, as the real one does."""
        self.sealed += 1
        return b"%d:%d:%s" % (self.sealed, kind, body)

    def overflow(self) -> None:
        """Count."""
        self.overflows += 1

    async def settle(self) -> list[bytes]:
        """Let the outbox work until it has nothing more to do."""
        async with asyncio.timeout(5):
            while self.outbox.is_busy:  # noqa: ASYNC110 -- it has no end to wait for
                await asyncio.sleep(0.001)
        return self.channel.sent


async def _media_at_once() -> None:
    line = Line()
    await line.outbox.media(b"frame")
    assert line.channel.sent == [b"frame"]


def test_media_is_written_at_once_when_the_line_is_free() -> None:
    """Each turn of the event loop that a frame waits is heard as delay."""
    asyncio.run(_media_at_once())


async def _stalled() -> None:
    line = Line()
    line.channel.is_open = False
    for number in range(150):
        line.now = number * 0.020
        await line.outbox.media(b"frame %d" % number)
    line.outbox.push(0x20, b"reveal")
    line.now = 3.0
    line.channel.is_open = True
    sent = await line.settle()
    assert sent[0] == b"1:32:reveal"
    assert sent[1:] == [b"frame %d" % number for number in range(138, 150)]
    assert line.outbox.dropped == 138


def test_after_a_stall_records_come_first_and_media_is_fresh() -> None:
    """One reader stalled for 3 s: nothing older than 250 ms may follow (spec/relay.md §3)."""
    asyncio.run(_stalled())


async def _sealed_in_order() -> None:
    line = Line()
    line.channel.is_open = False
    for number in range(3):
        line.outbox.push(0x32, b"%d" % number)
    await asyncio.sleep(0)
    assert line.sealed == 0
    line.channel.is_open = True
    assert await line.settle() == [b"1:50:0", b"2:50:1", b"3:50:2"]


def test_records_are_sealed_when_written() -> None:
    """Their counters are implicit: one that is sealed and not sent would end the line."""
    asyncio.run(_sealed_in_order())


async def _overflow() -> None:
    line = Line()
    line.channel.is_open = False
    for _ in range(MOST_BYTES // (4096 + ENTRY_BYTES) + 5):
        line.outbox.push(0x20, bytes(4096))
    assert line.overflows == 5
    line.outbox.close()


def test_line_that_takes_nothing_is_reported_instead_of_remembered() -> None:
    """Somebody who never reads must not fill the home's memory."""
    asyncio.run(_overflow())


async def _room() -> None:
    line = Line()
    line.channel.is_open = False
    line.outbox.push(0x32, bytes(ROOM_BYTES + 1))
    waiting = asyncio.create_task(line.outbox.room())
    await asyncio.sleep(0)
    assert not waiting.done()
    line.channel.is_open = True
    async with asyncio.timeout(5):
        await waiting
    await line.settle()


def test_deliveries_wait_for_a_slow_reader() -> None:
    """A mailbox of 16 MiB stays on the disk until its reader takes it."""
    asyncio.run(_room())


async def _gone() -> None:
    line = Line()
    line.channel.is_gone = True
    await line.outbox.media(b"frame")
    line.outbox.push(0x20, b"body")
    await line.outbox.media(b"frame")
    await line.settle()
    assert line.channel.sent == []
    await line.outbox.room()


def test_connection_that_is_gone_takes_nothing_and_hurts_nobody() -> None:
    """The other side of a call must not pay for a line that just broke."""
    asyncio.run(_gone())


async def _finish() -> None:
    line = Line()
    line.channel.is_open = False
    line.outbox.push(0x32, b"envelope")
    await line.outbox.media(b"frame")
    await line.outbox.finish(0x35, b"bye")
    line.channel.is_open = True
    await asyncio.sleep(0)
    assert line.channel.sent == [b"1:53:bye"]


def test_goodbye_overtakes_what_is_queued() -> None:
    """A home that stops says so; what it drops was stored, and comes after the restart."""
    asyncio.run(_finish())
