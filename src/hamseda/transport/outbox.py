"""Write to one line: records before media, nothing old, nothing without bound (spec/relay.md §3).

Records are sealed at the moment they are written: their counters are implicit, so a record that
was sealed and then dropped would end the line.
"""

import asyncio
from collections.abc import Callable
from typing import Final, Protocol

from hamseda.protocol.media_queue import MediaQueue

ROOM_BYTES: Final = 64 * 1024
"""Who can wait (deliveries, replies) waits while more than this is queued."""
MOST_BYTES: Final = 3 * ROOM_BYTES
"""Queued record bytes at which a line is closed: one envelope that had room to start with, one
that came on top, and the 64 KiB of room control bodies that cannot wait."""
ENTRY_BYTES: Final = 128
"""What an entry costs beside its body: small ones must not be free."""
FIRST_WAIT: Final = 0.001
LONGEST_WAIT: Final = 0.020
"""Seconds between looks at a connection that takes nothing: asyncio has no public way to be told
that all has left, and a look costs 2 microseconds."""


class Channel(Protocol):
    """Be the connection under a line."""

    def is_clear(self) -> bool:
        """Say whether what is written now leaves at once."""
        ...

    async def send(self, message: bytes) -> None:
        """Write one message before the first suspension. Raise `ConnectionError` when gone."""
        ...


class Outbox:
    """Own what waits to be written to one line."""

    __slots__ = (
        "_bytes", "_channel", "_flusher", "_has_room", "_is_closed", "_media", "_now",
        "_on_overflow", "_records", "_seal",
    )  # fmt: skip

    def __init__(
        self,
        channel: Channel,
        seal: Callable[[int, bytes], bytes],
        now: Callable[[], float],
        on_overflow: Callable[[], None],
    ) -> None:
        self._channel = channel
        self._seal = seal
        self._now = now
        self._on_overflow = on_overflow
        self._records: list[tuple[int, bytes]] = []
        self._bytes = 0
        self._media = MediaQueue()
        self._has_room: asyncio.Event | None = None
        self._flusher: asyncio.Task[None] | None = None
        self._is_closed = False

    @property
    def dropped(self) -> int:
        """Count the media messages that were dropped because they had become old."""
        return self._media.dropped

    @property
    def is_busy(self) -> bool:
        """Say whether something waits to be written."""
        return self._flusher is not None

    async def media(self, message: bytes) -> None:
        """Write a media message at once, or queue it where the line is busy. Never waits."""
        if self._flusher is None and not self._is_closed and self._channel.is_clear():
            try:
                await self._channel.send(message)
            except ConnectionError:
                self.close()
        elif not self._is_closed:
            self._media.put(message, self._now())
            self._start()

    def push(self, kind: int, body: bytes) -> None:
        """Queue a record. A line that cannot take it is reported to `on_overflow`."""
        if self._is_closed:
            return
        size = len(body) + ENTRY_BYTES
        if self._bytes + size > MOST_BYTES:
            self._on_overflow()
            return
        self._records.append((kind, body))
        self._bytes += size
        if self._bytes > ROOM_BYTES:
            self._has_room = self._has_room or asyncio.Event()
        self._start()

    async def room(self) -> None:
        """Wait until little enough is queued to push one more record."""
        while self._has_room is not None:
            await self._has_room.wait()

    async def drained(self, seconds: float) -> None:
        """Wait until nothing is queued, but no longer than that."""
        if self._flusher is not None:
            await asyncio.wait((self._flusher,), timeout=seconds)

    async def finish(self, kind: int, body: bytes) -> None:
        """Write a last record, ahead of everything queued, which is dropped."""
        self.close()
        try:
            await self._channel.send(self._seal(kind, body))
        except ConnectionError:
            return

    def close(self) -> None:
        """Drop what is queued and take nothing more."""
        self._is_closed = True
        self._records.clear()
        self._bytes = 0
        self._media.clear()
        self._make_room()
        if self._flusher is not None:
            self._flusher.cancel()
            self._flusher = None

    def _make_room(self) -> None:
        has_room, self._has_room = self._has_room, None
        if has_room is not None:
            has_room.set()

    def _start(self) -> None:
        if self._flusher is None:
            self._flusher = asyncio.get_running_loop().create_task(self._flush())

    async def _flush(self) -> None:
        wait = 0.0
        while self._records or len(self._media):
            if not self._channel.is_clear():
                # The first time only for the loop to hand to the kernel what it has gathered.
                await asyncio.sleep(wait)
                wait = min(LONGEST_WAIT, max(FIRST_WAIT, 2 * wait))
                continue
            wait = 0.0
            try:
                await self._write_next()
            except ConnectionError:
                self._flusher = None
                self.close()
                return
        self._flusher = None

    async def _write_next(self) -> None:
        if self._records:
            kind, body = self._records.pop(0)
            self._bytes -= len(body) + ENTRY_BYTES
            if self._bytes <= ROOM_BYTES:
                self._make_room()
            await self._channel.send(self._seal(kind, body))
            return
        message = self._media.take(self._now())
        if message is not None:
            await self._channel.send(message)
