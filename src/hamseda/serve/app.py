"""Answer HTTP: the door and what is behind it, and the ordinary web site around it."""

import asyncio
import hmac
from collections.abc import Callable, Mapping
from typing import Any, Final

from aiohttp import web
from aiohttp.http import HttpVersion11

from hamseda.errors import HamsedaError, WireError
from hamseda.mailbox.bundles import BundleState
from hamseda.serve import pages
from hamseda.serve.home import Home, unix_now
from hamseda.serve.line_connection import CLOSE_PATIENCE, LineConnection
from hamseda.serve.listener import Slot
from hamseda.serve.page import Page
from hamseda.serve.site import Site, plain
from hamseda.wire import base64url
from hamseda.wire.host import is_loopback
from hamseda.wire.line import MESSAGE_MOST

VISIT_SECONDS: Final = 120.0
"""A connection that is no line is cut off after so long, whatever it is doing."""
KEEP_ALIVE: Final = 15.0
HEADER_LINE: Final = 4096
HEADERS: Final = 64
READ_BUFFER: Final = 64 * 1024
BINARY: Final = "application/octet-stream"
GONE: Final = {
    BundleState.USED: b"used",
    BundleState.EXPIRED: b"expired",
    BundleState.CANCELLED: b"cancelled",
}
PROXY_HEADERS: Final = ("Forwarded", "Via", "X-Forwarded-For", "X-Real-IP")


class HomeProtocol(web.RequestHandler):
    """Be one HTTP connection: it has a deadline until it is a line, and says nothing of aiohttp.

    aiohttp has no deadline for a first request that comes a byte at a time.
    """

    __slots__ = ("_deadline", "_home", "slot")

    def __init__(self, home: Home, slot: Slot, server: web.Server, **options: Any) -> None:
        super().__init__(server, loop=asyncio.get_running_loop(), **options)
        self._home = home
        self.slot = slot
        self._deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin; the first request must be whole soon."""
        super().connection_made(transport)
        self.give(self._home.settings.handshake_seconds)

    def connection_lost(self, exc: BaseException | None) -> None:
        """End, and make room for the prefix's next connection."""
        self.take_all_time()
        self.slot.leave()
        super().connection_lost(exc)

    def give(self, seconds: float) -> None:
        """Cut the connection off in so many seconds."""
        self.take_all_time()
        transport = self.transport
        if transport is not None:
            loop = asyncio.get_running_loop()
            self._deadline = loop.call_later(seconds, transport.abort)

    def take_all_time(self) -> None:
        """Lift the deadline."""
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,  # noqa: ARG002 -- it describes our parser to a prober
    ) -> web.StreamResponse:
        """Answer nonsense as a plain web server would."""
        if status >= 500 and exc is not None:
            # A visitor who hangs up in mid-answer is no bug, and must not fill the log.
            if not isinstance(exc, ConnectionError):
                self._home.log.bug(exc)
            response = plain(pages.SERVER_ERROR, 500)
        else:
            response = plain(pages.BAD_REQUEST, 400)
        if request.writer.output_size > 0:
            raise ConnectionError("the answer was begun already")
        response.force_close()
        return response

    def log_exception(self, *args: Any, **kw: Any) -> None:  # noqa: ARG002 -- it names a peer
        """Log no request: it names a peer and a path."""
        error = kw.get("exc_info")
        if isinstance(error, BaseException) and not isinstance(error, OSError | web.HTTPException):
            self._home.log.bug(error)


class App:
    """Route requests of one home."""

    def __init__(self, home: Home, site: Site, page: Page | None = None) -> None:
        self._home = home
        self._site = site
        self._page = page
        self._door = home.keys.door.encode()
        self.server = web.Server(self._answer)

    def protocol(self, slot: Slot) -> HomeProtocol:
        """Return the protocol of a new connection."""
        return HomeProtocol(
            self._home,
            slot,
            self.server,
            keepalive_timeout=KEEP_ALIVE,
            access_log=None,
            max_line_size=HEADER_LINE,
            max_field_size=HEADER_LINE,
            max_headers=HEADERS,
            lingering_time=0,
            read_bufsize=READ_BUFFER,
        )

    async def _answer(self, request: web.BaseRequest) -> web.StreamResponse:
        protocol = request.protocol
        if isinstance(protocol, HomeProtocol):
            protocol.give(VISIT_SECONDS)
        raw_path = request.rel_url.raw_path
        parts = raw_path.split("/")
        first = parts[1] if len(parts) > 1 else ""
        if not hmac.compare_digest(first.encode(), self._door):
            if raw_path == "/" and request.method == "GET" and self._is_at_home(request):
                return self._redirect()
            return self._site.answer(request.method, raw_path)
        if request.method == "GET":
            behind = await self._behind_the_door(request, parts[2:])
            if behind is not None:
                return behind
        # Like any other path: a door must not be told by what it lacks.
        return self._site.answer(request.method, raw_path)

    async def _behind_the_door(
        self, request: web.BaseRequest, rest: list[str]
    ) -> web.StreamResponse | None:
        match rest:
            case [] | [""] if self._page is None:
                return _private(pages.DOOR_PAGE, pages.HTML, headers=pages.DOOR_HEADERS)
            case ["home"]:
                return _private(self._home.identity.document, BINARY)
            case ["i", text]:
                return await self._invitation(text)
            case ["line"] if _is_upgrade(request):
                return await self._line(request)
            case _:
                return self._page_file(request, "/".join(rest))

    def _page_file(self, request: web.BaseRequest, path: str) -> web.StreamResponse | None:
        file = None if self._page is None else self._page.file(path)
        if file is None:
            return None
        if file.packed is None or "gzip" not in request.headers.get("Accept-Encoding", ""):
            return _private(file.body, file.kind, headers=file.headers)
        response = _private(file.packed, file.kind, headers=file.headers)
        response.headers["Content-Encoding"] = "gzip"
        return response

    async def _invitation(self, text: str) -> web.StreamResponse | None:
        try:
            bundle_id = base64url.decode_untrusted(text)
        except WireError:
            return None
        try:
            bundle = await self._home.store.get_bundle(bundle_id, unix_now())
        except HamsedaError:
            return _private(b"", "text/plain", status=503)
        if bundle.state == BundleState.OPEN and bundle.blob is not None:
            return _private(bundle.blob, BINARY)
        gone = GONE.get(bundle.state)
        return None if gone is None else _private(gone, "text/plain", status=410)

    async def _line(self, request: web.BaseRequest) -> web.StreamResponse:
        protocol, transport = request.protocol, request.transport
        if not isinstance(protocol, HomeProtocol) or transport is None:
            raise ConnectionError("the connection is gone")
        protocol.give(self._home.settings.handshake_seconds)
        ws = web.WebSocketResponse(
            # permessage-deflate leaks what is sealed beside what is chosen (spec/line.md).
            compress=False,
            # aiohttp refuses a message of exactly its limit.
            max_msg_size=MESSAGE_MOST + 1,
            timeout=CLOSE_PATIENCE,
            decode_text=False,
        )
        ws.headers["Server"] = pages.SERVER
        await ws.prepare(request)
        line = self.make_line(ws, transport, protocol.slot, protocol.take_all_time)
        await line.run()
        return ws

    def make_line(
        self,
        ws: web.WebSocketResponse,
        transport: asyncio.Transport,
        slot: Slot,
        on_handshake: Callable[[], None],
    ) -> LineConnection:
        """Return the line that a WebSocket will carry."""
        return LineConnection(self._home, ws, transport, slot, on_handshake)

    def _is_at_home(self, request: web.BaseRequest) -> bool:
        """Say whether the owner of this machine asks, and nobody through it.

        The door is a secret: a proxy on this machine would otherwise hand it to everybody.
        """
        settings = self._home.settings
        host = request.headers.get("Host", "")
        name = host.rpartition(":")[0] if not host.endswith("]") and ":" in host else host
        return (
            not settings.public
            and is_loopback(settings.host)
            and is_loopback(name.strip("[]"))
            and is_loopback((request.remote or "").partition("%")[0])
            and not any(header in request.headers for header in PROXY_HEADERS)
        )

    def _redirect(self) -> web.Response:
        identity = self._home.identity
        location = f"/{self._home.keys.door}#h={identity.home_id}"
        response = _private(b"", "text/plain", status=302)
        response.headers["Location"] = location
        return response


def _private(
    body: bytes, kind: str, status: int = 200, headers: Mapping[str, str] | None = None
) -> web.Response:
    response = plain(body, status, kind)
    response.headers.update(headers or pages.PRIVATE_HEADERS)
    return response


def _is_upgrade(request: web.BaseRequest) -> bool:
    return (
        request.version == HttpVersion11
        and request.headers.get("Upgrade", "").lower() == "websocket"
        and "Sec-WebSocket-Key" in request.headers
    )
