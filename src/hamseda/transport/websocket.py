"""Speak HTTP and WebSocket to a home through aiohttp.

TLS is camouflage here: an installed client does not rely on certificates, because the line
authenticates the home by its own key (spec/line.md, docs/adr/0004). So they are not checked, and
a home with a self-signed certificate or behind a middlebox that breaks TLS is reached alike.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import socket
import ssl
from collections.abc import Mapping
from http import HTTPStatus
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult

from hamseda.errors import NetworkError
from hamseda.transport.dialling import Dialling, Reach, dial, may_reach, note_hello
from hamseda.transport.names import Names
from hamseda.transport.own_address import host_of, is_own, own_address, own_network
from hamseda.transport.proxies import Proxy, proxy_for, system_proxy
from hamseda.transport.tcp_queue import watch
from hamseda.transport.thin_stream import resend_soon
from hamseda.transport.web_failures import translated, unreachable

CONNECT_SECONDS = 10.0
NAME_SECONDS = 600
"""How long the address of a name is remembered: a network that just came back answers a call
sooner than a question."""
CLOSE_SECONDS = 1.0
GET_SECONDS = 20.0
_BEFORE_PROXY_SECONDS = 4.0
MAX_MESSAGE = 65_809
MAX_DOCUMENT = 65_536
_FOREIGN = (aiohttp.ClientError, OSError, UnicodeError)
"""What a connection may end with; `UnicodeError` for a name that no DNS could hold."""
_NOTSENT_LOWAT = 4096
"""Bytes the kernel takes beyond what is on its way: half a second of speech (spec/media.md §5)."""


class _OpenResponse(aiohttp.ClientWebSocketResponse):
    """Show the transport below a WebSocket, to see whether it holds anything unsent."""

    @property
    def transport(self) -> asyncio.WriteTransport | None:
        connection = self._response.connection
        return None if connection is None else connection.transport


class WebSocket:
    """Exchange binary messages; a message that cannot be sent or received is `NetworkError`."""

    def __init__(self, websocket: _OpenResponse) -> None:
        self._websocket = websocket
        tcp = websocket.get_extra_info("socket")
        if tcp is not None:
            # Closed already: the first receive says so. uvloop says it with a ValueError.
            with contextlib.suppress(OSError, ValueError):
                tcp.setsockopt(socket.IPPROTO_TCP, socket.TCP_NOTSENT_LOWAT, _NOTSENT_LOWAT)
            resend_soon(tcp)
        self._queue = watch(tcp)
        self._address = host_of(websocket.get_extra_info("sockname"))
        self._peer = host_of(websocket.get_extra_info("peername"))

    async def send(self, data: bytes) -> None:
        """Send one message, waiting while the network takes none."""
        try:
            await self._websocket.send_bytes(data)
        except (aiohttp.ClientError, OSError) as error:
            raise translated(error) from None

    def is_clear(self) -> bool:
        """Tell whether what is sent now leaves now: neither kernel nor path holds a queue."""
        transport = self._websocket.transport
        if transport is None:
            return True
        is_short = self._queue.is_short(asyncio.get_running_loop().time())
        return is_short and transport.get_write_buffer_size() == 0

    def waiting(self) -> int:
        """Count the bytes that were written and not acknowledged."""
        transport = self._websocket.transport
        here = 0 if transport is None else transport.get_write_buffer_size()
        return here + self._queue.waiting()

    def abort(self) -> None:
        """Break it off at once, without a word to the other side."""
        transport = self._websocket.transport
        if transport is not None:
            transport.abort()

    @property
    def certificate_hash(self) -> bytes | None:
        """Give SHA-256 of the certificate (DER) that the other end showed; None without TLS."""
        tls = self._websocket.get_extra_info("ssl_object")
        shown = None if tls is None else tls.getpeercert(binary_form=True)
        return None if shown is None else hashlib.sha256(shown).digest()

    def progress(self) -> int | None:
        """Count the bytes that came and that the other side acknowledged; None: not told."""
        return self._queue.progress()

    def is_stranded(self) -> bool:
        """Tell whether this machine no longer has the address that the connection began with."""
        return self._address is not None and not is_own(self._address)

    def has_better_way(self) -> bool:
        """Tell whether packets to the same place would now leave from another address."""
        if self._peer is None:
            return False
        return own_address(self._peer) not in (None, self._address)

    async def receive(self) -> bytes:
        """Wait for the next message."""
        try:
            message = await self._websocket.receive()
        except (aiohttp.ClientError, OSError) as error:
            raise translated(error) from None
        if message.type is aiohttp.WSMsgType.BINARY:
            return message.data
        raise NetworkError("the home closed the line", failure="eof_error")

    async def close(self) -> None:
        """Close without waiting long for the other side."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(CLOSE_SECONDS):
                await self._websocket.close()


class Web:
    """Hold the HTTP connections of one client, at most `connections` at a time (0: any number)."""

    def __init__(self, connections: int = 8) -> None:
        self._connections = connections
        self._session: aiohttp.ClientSession | None = None
        self._connector: aiohttp.TCPConnector | None = None
        self._names = _Names()

    async def __aenter__(self) -> Self:
        self._connector = aiohttp.TCPConnector(
            ssl=_any_certificate(),
            limit=self._connections,
            ttl_dns_cache=NAME_SECONDS,
            socket_factory=dial,
            resolver=self._names,
        )
        self._session = aiohttp.ClientSession(
            connector=self._connector,
            ws_response_class=_OpenResponse,
            timeout=aiohttp.ClientTimeout(total=GET_SECONDS, sock_connect=CONNECT_SECONDS),
            # What a browser says; a name of ours would be a fingerprint.
            headers={"User-Agent": "Mozilla/5.0"},
            # Whoever breaks TLS could tell this process's lines together by a cookie of his own.
            cookie_jar=aiohttp.DummyCookieJar(),
            middlewares=(self._ask_once, _refuse_redirect),
        )
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

    @property
    def _open_session(self) -> aiohttp.ClientSession:
        if self._session is None:
            raise RuntimeError("use `async with Web()`")
        return self._session

    def forget_names(self) -> None:
        """Look every name up again when it is needed next."""
        if self._connector is not None:
            self._connector.clear_dns_cache()

    def own_network(self) -> str:
        """Name the network that this machine is in, without sending anything; "" for none."""
        return own_network()

    def has_proxy(self, host: str) -> bool:
        """Tell whether this system has a proxy for a host."""
        return system_proxy(host) is not None

    async def connect(
        self,
        url: str,
        *,
        reach: Reach,
        answer: float = CONNECT_SECONDS,
        rest: float = CONNECT_SECONDS,
        tls_name: str = "",
        by_proxy: bool = False,
        headers: Mapping[str, str] | None = None,
    ) -> WebSocket:
        """Open a WebSocket at a ws:// or wss:// URL, no nearer than `reach` says.

        `answer`: seconds until TCP is through, name included; `rest`: seconds for what follows.
        `tls_name`: the name to show in TLS, "" for the host; `by_proxy`: through the system's.
        Raises `UnansweredError` when it never was, `NetworkError` for what went wrong later.
        """
        _require(url, reach)
        proxy = proxy_for(url) if by_proxy else None
        dialling = Dialling(reach if proxy is None else None)
        with dialling:
            # In a task of its own: an attempt is judged while it is under way.
            opening = asyncio.create_task(self._upgrade(url, tls_name, proxy, headers))
        try:
            is_answered = await dialling.is_answered(opening, answer)
            if is_answered:
                await asyncio.wait((opening,), timeout=rest)
            if not opening.done():
                raise translated(TimeoutError(), is_answered=is_answered)
            return WebSocket(opening.result())
        except _FOREIGN as error:
            raise translated(error) from None
        finally:
            if not opening.done():
                opening.cancel()
                await asyncio.wait((opening,))

    async def _upgrade(
        self, url: str, tls_name: str, proxy: Proxy | None, headers: Mapping[str, str] | None
    ) -> _OpenResponse:
        websocket = await self._open_session.ws_connect(
            url,
            server_hostname=tls_name or None,
            proxy=None if proxy is None else proxy.url,
            proxy_headers=None if proxy is None else proxy.headers,
            headers=headers,
            # aiohttp refuses what has this size, not only what is above it.
            max_msg_size=MAX_MESSAGE + 1,
            compress=0,
        )
        if not isinstance(websocket, _OpenResponse):
            raise TypeError("the session was made with another WebSocket class")
        return websocket

    async def get(
        self, url: str, *, reach: Reach, tls_name: str = "", patience: float = GET_SECONDS
    ) -> tuple[int, bytes]:
        """Fetch a small document; return its HTTP status and at most 64 KiB of body.

        Nowhere nearer than `reach` says, which learns where it was. Where nothing answers and this
        system has a proxy, that one is asked.
        """
        _require(url, reach)
        proxy = proxy_for(url)
        if proxy is None:
            return await self._get(url, tls_name, reach, patience)
        try:
            patience_before = min(patience, _BEFORE_PROXY_SECONDS)
            return await self._get(url, tls_name, reach, patience_before)
        except NetworkError:
            reach.went = None
            return await self._get(url, tls_name, proxy, patience)

    async def _get(
        self, url: str, tls_name: str, way: Reach | Proxy, patience: float
    ) -> tuple[int, bytes]:
        proxy, reach = (None, way) if isinstance(way, Reach) else (way, None)
        try:
            with Dialling(reach):
                return await self._get_document(url, tls_name, proxy, patience)
        except _FOREIGN as error:
            raise translated(error) from None

    async def _get_document(
        self, url: str, tls_name: str, proxy: Proxy | None, patience: float
    ) -> tuple[int, bytes]:
        async with (
            asyncio.timeout(patience),
            self._open_session.get(
                url,
                allow_redirects=False,
                server_hostname=tls_name or None,
                proxy=None if proxy is None else proxy.url,
                proxy_headers=None if proxy is None else proxy.headers,
            ) as response,
        ):
            body = await response.content.read(MAX_DOCUMENT + 1)
            while len(body) <= MAX_DOCUMENT:
                more = await response.content.read(MAX_DOCUMENT + 1 - len(body))
                if not more:
                    break
                body += more
        if len(body) > MAX_DOCUMENT:
            raise NetworkError("the document is too large", failure="http_not_a_home")
        return response.status, body

    async def _ask_once(
        self, request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType
    ) -> aiohttp.ClientResponse:
        """Let an attempt be one: aiohttp makes a GET again at once when the other side hangs up.

        That would be a second TLS hello a few milliseconds after the first, and who counts equal
        hellos blocks sooner (spec/endpoints.md §1). What fails in our words is not made again.
        """
        try:
            return await handler(request)
        except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as error:
            self._names.begin_elsewhere(request.url.raw_host or "")
            raise translated(error) from None

    async def location(self, url: str) -> str | None:
        """Fetch a URL and return where it redirects to, or None when it does not."""
        try:
            async with self._open_session.get(url, allow_redirects=False) as response:
                return response.headers.get("Location")
        except _FOREIGN as error:
            raise translated(error) from None


class _Names(AbstractResolver):
    """Look names up for aiohttp."""

    def __init__(self) -> None:
        self._names = Names()
        self._turns: dict[str, int] = {}

    def begin_elsewhere(self, host: str) -> None:
        """Give another address of a name first from now on: one attempt greets one only."""
        self._turns[host] = self._turns.get(host, 0) + 1

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """Give the addresses of a name."""
        addresses = [
            ResolveResult(
                hostname=host, host=found.host, port=port, family=found.family, proto=0, flags=0
            )
            for found in await self._names.look_up(host, family)
        ]
        turn = self._turns.get(host, 0) % max(1, len(addresses))
        return addresses[turn:] + addresses[:turn]

    async def close(self) -> None:
        """Hold nothing."""


def _require(url: str, reach: Reach) -> None:
    """Raise `UnansweredError` for an address that is nearer than it may be, however spelled."""
    with contextlib.suppress(ValueError):
        if not may_reach(urlsplit(url).hostname or "", reach.floor):
            raise unreachable()


async def _refuse_redirect(
    request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType
) -> aiohttp.ClientResponse:
    """Go nowhere else for a line: an endpoint must not choose what this machine asks, and whom.

    aiohttp follows redirects when it opens a WebSocket and has no option against it.
    """
    response = await handler(request)
    if "Upgrade" in request.headers and response.status != HTTPStatus.SWITCHING_PROTOCOLS:
        response.close()
        raise aiohttp.WSServerHandshakeError(
            response.request_info, response.history, status=response.status
        )
    return response


class _NotedTls(ssl.SSLContext):
    """Note each hello for the attempt that it belongs to."""

    def wrap_bio(
        self,
        incoming: ssl.MemoryBIO,
        outgoing: ssl.MemoryBIO,
        server_side: bool = False,
        server_hostname: str | bytes | None = None,
        session: ssl.SSLSession | None = None,
    ) -> ssl.SSLObject:
        """Begin TLS over memory, as asyncio and uvloop do."""
        note_hello()
        return super().wrap_bio(incoming, outgoing, server_side, server_hostname, session)


def _any_certificate() -> ssl.SSLContext:
    context = _NotedTls(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.set_alpn_protocols(["http/1.1"])
    return context
