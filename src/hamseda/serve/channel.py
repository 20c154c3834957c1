"""Hold a WebSocket that a client opened, with what belongs to it."""

import asyncio
import select
import socket
from collections.abc import Callable
from dataclasses import dataclass, field

from aiohttp import web

from hamseda.serve.unfinished import Slot
from hamseda.transport.tcp_queue import SeldomAsked, watch


@dataclass(frozen=True, slots=True)
class Upgraded:
    """Be a connection that has just become a WebSocket."""

    ws: web.WebSocketResponse = field(repr=False)
    transport: asyncio.Transport = field(repr=False)
    slot: Slot
    """Its place among the unfinished ones of its prefix."""
    on_handshake: Callable[[], None] = field(repr=False)
    """Lifts the deadline."""
    is_at_home: bool = False
    """Somebody on this machine opened it, and nobody through them."""


class Channel:
    """Be the WebSocket under a line, as its outbox sees it."""

    __slots__ = ("_now", "_poll", "_queue", "_transport", "_ws")

    def __init__(self, upgraded: Upgraded) -> None:
        self._ws = upgraded.ws
        self._transport = upgraded.transport
        connection: socket.socket = self._transport.get_extra_info("socket")
        self._poll = select.poll()
        self._poll.register(connection.fileno(), select.POLLOUT)
        self._queue = SeldomAsked(watch(connection))
        self._now = asyncio.get_running_loop().time

    def is_clear(self) -> bool:
        """Say whether what is written now leaves at once.

        All questions are needed: under TLS uvloop's transport does not count up to 64 KiB that
        wait below it, and 64 KiB are ten seconds of speech; and a narrow path holds what was sent.
        """
        if self._transport.get_write_buffer_size() or not self._poll.poll(0):
            return False
        return self._queue.is_short(self._now())

    async def send(self, message: bytes) -> None:
        """Write one message; aiohttp does so before its first suspension."""
        await self._ws.send_bytes(message)
