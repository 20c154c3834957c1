"""Open many lines to a home from one lean process, and ask them things.

The client library keeps a profile, reconnects and queues; a measurement of the home needs none
of that, and 5,000 of it would cost more than the home itself.
"""

import asyncio
import secrets
import ssl
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from hashlib import sha256
from types import TracebackType
from typing import Final, Self

import aiohttp

from hamseda.crypto.home_identity import verify_home_document_untrusted
from hamseda.crypto.key_schedule import Label, h
from hamseda.crypto.line import Records, client_start
from hamseda.crypto.signatures import SigningKey
from hamseda.wire.line import MEDIA, RECORD, Reply
from hamseda.wire.link import HomeLink, parse_link
from hamseda.wire.mailbox import Create, Subscribe
from hamseda.wire.messages import Push, Request, encode_message, parse_push_untrusted
from hamseda.wire.status import Status

AT_ONCE: Final = 32
"""Handshakes under way: a home allows that many of one address prefix."""
MESSAGE_MOST: Final = 2**17


class Sockets:
    """Open TLS WebSockets, as many as are wanted, under one TLS context."""

    async def __aenter__(self) -> Self:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        self.http = aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=context, limit=0))
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.http.close()

    async def open(self, url: str) -> aiohttp.ClientWebSocketResponse:
        """Open one WebSocket without compression, as a line has none."""
        return await self.http.ws_connect(url, max_msg_size=MESSAGE_MOST, compress=0)


class Line:
    """Hold one line. `on_push` and `on_media` are called from its own reading task."""

    def __init__(self, ws: aiohttp.ClientWebSocketResponse, records: Records) -> None:
        self.ws = ws
        self.records = records
        self.on_push: Callable[[Push], None] = lambda _: None
        self.on_media: Callable[[bytes], None] = lambda _: None
        self._waiting: dict[int, asyncio.Future[Status]] = {}
        self._data: dict[int, bytes | None] = {}
        self._q = 0

    def q(self) -> int:
        """Give the next request number."""
        self._q += 1
        return self._q

    async def tell(self, request: Request) -> None:
        """Send a request and look at no answer."""
        await self.ws.send_bytes(self.records.seal(*encode_message(request)))

    async def ask(self, request: Request) -> bytes | None:
        """Send a request, insist on OK, and give what the reply carries."""
        q = getattr(request, "q", 0)
        future = self._waiting[q] = asyncio.get_running_loop().create_future()
        await self.tell(request)
        status = await future
        assert status is Status.OK, f"{type(request).__name__}: {status.name}"
        return self._data.pop(q)

    async def read(self) -> None:
        """Take what comes until the line ends."""
        async for message in self.ws:
            data: bytes = message.data
            if data[0] == MEDIA:
                self.on_media(data)
            elif data[0] == RECORD:
                self._take(parse_push_untrusted(*self.records.open_untrusted(data)))

    def _take(self, push: Push | None) -> None:
        future = self._waiting.pop(push.q, None) if isinstance(push, Reply) else None
        if isinstance(push, Reply) and future is not None:
            self._data[push.q] = push.data
            future.set_result(push.status)
        elif push is not None:
            self.on_push(push)


class Lines:
    """Hold all lines of one measurement to one home."""

    def __init__(self, link: str) -> None:
        parsed = parse_link(link)
        assert isinstance(parsed, HomeLink)
        self._base = f"{parsed.host}:{parsed.port}/{parsed.door}"
        self._home_id = parsed.home_id
        self._all: list[Line] = []
        self._readers: list[asyncio.Task[None]] = []
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        self._sockets = await self._stack.enter_async_context(Sockets())
        async with self._sockets.http.get(f"https://{self._base}/home") as response:
            document = await response.read()
        self._line_key = verify_home_document_untrusted(document, self._home_id).line_key
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for reader in self._readers:
            reader.cancel()
        await self._stack.aclose()

    async def open_many(self, count: int) -> list[Line]:
        """Open lines, a few at a time."""
        gate = asyncio.Semaphore(AT_ONCE)

        async def open_one() -> Line:
            async with gate:
                return await self.open()

        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(open_one()) for _ in range(count)]
        return [task.result() for task in tasks]

    async def open(self) -> Line:
        """Open a WebSocket, shake hands, and read from it from now on."""
        ws = await self._sockets.open(f"wss://{self._base}/line")
        handshake = client_start(self._line_key, secrets.token_bytes)
        await ws.send_bytes(handshake.m1)
        records, _, _ = handshake.finish_untrusted(await ws.receive_bytes())
        line = Line(ws, records)
        self._all.append(line)
        self._readers.append(asyncio.get_running_loop().create_task(line.read()))
        return line


@dataclass(frozen=True, slots=True)
class Box:
    """Hold the keys of one mailbox."""

    id: bytes = field(default_factory=lambda: secrets.token_bytes(16), repr=False)
    cap: bytes = field(default_factory=lambda: secrets.token_bytes(32), repr=False)
    key: SigningKey = field(default_factory=lambda: SigningKey(secrets.token_bytes(32)), repr=False)

    async def create(self, line: Line) -> None:
        """Make the mailbox and subscribe to it on this line."""
        cap_hash = sha256(self.cap).digest()
        await line.ask(Create(line.q(), self.id, self.key.public, cap_hash, None))
        signature = self.key.sign(Label.READ, h(line.records.line_id, self.id))
        await line.ask(Subscribe(line.q(), self.id, signature))
