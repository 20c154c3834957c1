"""Be the smallest client that can talk to a home: for tests of the home alone."""

import asyncio
import secrets
import socket
import ssl
from hashlib import sha256
from types import TracebackType
from typing import Any, Self

import aiohttp

from hamseda.crypto.home_identity import verify_home_document_untrusted
from hamseda.crypto.key_schedule import Label, h
from hamseda.crypto.line import Records, client_start
from hamseda.crypto.signatures import SigningKey
from hamseda.wire.line import Hello, Reply
from hamseda.wire.link import HomeLink
from hamseda.wire.mailbox import Create, Put, Subscribe
from hamseda.wire.messages import (
    Push,
    Request,
    encode_message,
    parse_push_untrusted,
)
from tests.mailbox.desk import fresh_put_id


def insecure_tls() -> ssl.SSLContext:
    """Trust any certificate: the line has its own keys."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


class LineClient:
    """Hold one line; `request` waits for its reply, everything else gathers in `pushes`."""

    hello: Hello
    records: Records

    def __init__(self, link: HomeLink, receive_buffer: int | None = None) -> None:
        self._receive_buffer = receive_buffer
        self.origin = f"{link.scheme}://{link.host}:{link.port}"
        self.base = f"{self.origin}/{link.door}"
        self._home_id = link.home_id
        self._replies: dict[int, asyncio.Future[Reply]] = {}
        self._q = 0
        self.headers: dict[str, str] = {}
        """What it says beside what every client says, when it opens its line."""
        self.pushes: asyncio.Queue[Push] = asyncio.Queue()
        self.media: asyncio.Queue[bytes] = asyncio.Queue()
        self.closed = asyncio.Event()

    async def __aenter__(self) -> Self:
        connector = aiohttp.TCPConnector(ssl=insecure_tls(), socket_factory=self._socket)  # pyright: ignore[reportUnknownMemberType]
        self.http = aiohttp.ClientSession(connector=connector, auto_decompress=False)
        await self.connect()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._reading.cancel()
        connection = self.ws._conn  # pyright: ignore[reportPrivateUsage]
        transport = connection.transport if connection is not None else None
        await self.ws.close()
        await self.http.close()
        # Under TLS the goodbye takes longer than the loop of a test may live.
        if isinstance(transport, asyncio.Transport):
            transport.abort()
        await asyncio.sleep(0)

    def _socket(self, address: tuple[Any, ...]) -> socket.socket:
        made = socket.socket(*address[:3])
        if self._receive_buffer is not None:
            made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, self._receive_buffer)
        made.setblocking(False)
        return made

    def _transport(self) -> asyncio.Transport:
        # The response's own way to its transport, which aiohttp does not offer otherwise.
        transport = self.ws._conn.transport if self.ws._conn is not None else None  # pyright: ignore[reportPrivateUsage]
        assert isinstance(transport, asyncio.Transport)
        return transport

    def stop_reading(self) -> None:
        """Leave everything in the kernel from now on."""
        self._transport().pause_reading()

    def resume_reading(self) -> None:
        """Read again."""
        self._transport().resume_reading()

    def local_port(self) -> int:
        """Return this side's port."""
        return self._transport().get_extra_info("sockname")[1]

    async def connect(self) -> None:
        """Fetch the home's document, open the WebSocket, shake hands."""
        async with self.http.get(f"{self.base}/home") as response:
            home = verify_home_document_untrusted(await response.read(), self._home_id)
        self.ws = await self.http.ws_connect(
            f"{self.base}/line", max_msg_size=0, headers=self.headers
        )
        handshake = client_start(home.line_key, secrets.token_bytes)
        await self.ws.send_bytes(handshake.m1)
        m2 = await self.ws.receive_bytes()
        self.records, record_type, body = handshake.finish_untrusted(m2)
        hello = parse_push_untrusted(record_type, body)
        assert isinstance(hello, Hello)
        self.hello = hello
        self._reading = asyncio.create_task(self._read())

    async def _read(self) -> None:
        async for message in self.ws:
            data: bytes = message.data
            if data[0] == 3:
                self.media.put_nowait(data)
                continue
            push = parse_push_untrusted(*self.records.open_untrusted(data))
            if isinstance(push, Reply):
                waiting = self._replies.pop(push.q, None)
                if waiting is not None:
                    waiting.set_result(push)
            elif push is not None:
                self.pushes.put_nowait(push)
        self.closed.set()

    def q(self) -> int:
        """Return the next request number."""
        self._q += 1
        return self._q

    async def send(self, message: Request) -> None:
        """Send without waiting."""
        await self.ws.send_bytes(self.records.seal(*encode_message(message)))

    async def request(self, message: Request) -> Reply:
        """Send and wait for the reply."""
        return await self.request_raw(getattr(message, "q", 0), *encode_message(message))

    async def request_raw(self, q: int, record_type: int, body: bytes) -> Reply:
        """Send any record, and wait for the reply to `q`."""
        future: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        self._replies[q] = future
        await self.ws.send_bytes(self.records.seal(record_type, body))
        async with asyncio.timeout(20):
            return await future

    async def push(self) -> Push:
        """Wait for the next push."""
        async with asyncio.timeout(20):
            return await self.pushes.get()


class TestMailbox:
    """Hold the keys of one mailbox."""

    __test__ = False

    def __init__(self) -> None:
        self.id = secrets.token_bytes(16)
        self.cap = secrets.token_bytes(32)
        self.key = SigningKey(secrets.token_bytes(32))

    def create(self, q: int, voucher: bytes | None = None) -> Create:
        """Return the request that creates it."""
        return Create(q, self.id, self.key.public, sha256(self.cap).digest(), voucher)

    def subscribe(self, q: int, line_id: bytes) -> Subscribe:
        """Return the request that subscribes on a line."""
        return Subscribe(q, self.id, self.key.sign(Label.READ, h(line_id, self.id)))

    def put(self, q: int, envelope: bytes, put_id: bytes | None = None) -> Put:
        """Return the request that puts an envelope."""
        return Put(q, self.id, self.cap, put_id or fresh_put_id(), envelope)
