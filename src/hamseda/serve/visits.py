"""Answer HTTP around one door: all that a stranger sees of a home or a front.

Both are built on this, so that nothing tells one from the other, or either from a small web site.
"""

import asyncio
import hmac
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, Final

from aiohttp import web
from aiohttp.http import HttpVersion11

from hamseda.protocol.quota import Payer
from hamseda.serve import pages
from hamseda.serve.channel import Upgraded
from hamseda.serve.listener import RECEIVE_BUFFER
from hamseda.serve.log import Log
from hamseda.serve.prefixes import Prefixes
from hamseda.serve.site import Site, plain
from hamseda.serve.unfinished import Slot
from hamseda.wire.host import is_loopback
from hamseda.wire.line import MESSAGE_MOST

VISIT_SECONDS: Final = 60.0
"""A connection that is no line is answered for so long, and then asked to come anew."""
ANSWER_SECONDS: Final = 120.0
"""It is cut off so long after its last request, whatever it is doing."""
KEEP_ALIVE: Final = 15.0
HEADER_LINE: Final = 4096
HEADERS: Final = 64
READ_BUFFER: Final = 64 * 1024
CLOSE_PATIENCE: Final = 1.0
"""Seconds to wait for the other side's closing handshake."""
FORWARDED_FOR: Final = "X-Forwarded-For"
PROXY_HEADERS: Final = ("Authorization", "Forwarded", "Via", FORWARDED_FOR, "X-Real-IP")
"""What stands between somebody else and this machine adds some of these."""
BINARY: Final = "application/octet-stream"


class Visit(web.RequestHandler):
    """Be one HTTP connection: it has a deadline until it is a line, and says nothing of aiohttp.

    aiohttp has no deadline for a first request that comes a byte at a time.
    """

    __slots__ = ("_deadline", "_handshake_seconds", "_log", "_made", "slot")

    def __init__(
        self, log: Log, handshake_seconds: float, slot: Slot, server: web.Server, **options: Any
    ) -> None:
        super().__init__(server, loop=asyncio.get_running_loop(), **options)
        self._log = log
        self._handshake_seconds = handshake_seconds
        self.slot = slot
        self._deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin; the first request must be whole soon."""
        super().connection_made(transport)
        self._made = asyncio.get_running_loop().time()
        self.slot.end = self._cut
        limit = getattr(transport, "set_read_buffer_limits", None)
        if limit is not None:
            # Under TLS: else 256 KiB wait undecrypted while nothing is read, and come all at once.
            limit(high=RECEIVE_BUFFER)
        self.give(self._handshake_seconds)

    def connection_lost(self, exc: BaseException | None) -> None:
        """End, and make room for the prefix's next connection."""
        self.take_all_time()
        self.slot.leave()
        super().connection_lost(exc)

    def give(self, seconds: float) -> None:
        """Cut the connection off in so many seconds."""
        self.take_all_time()
        self._deadline = asyncio.get_running_loop().call_later(seconds, self._cut)

    def _cut(self) -> None:
        if self.transport is not None:
            self.transport.abort()

    @property
    def is_old(self) -> bool:
        """Say whether this request shall be the last one of its connection."""
        return asyncio.get_running_loop().time() >= self._made + VISIT_SECONDS

    async def finish_response(
        self, request: web.BaseRequest, resp: web.StreamResponse, start_time: float | None
    ) -> tuple[web.StreamResponse, bool]:
        """Answer; who has taken all of the answer is idle from then on."""
        done = await super().finish_response(request, resp, start_time)
        if self.transport is not None and not self.transport.get_write_buffer_size():
            self.slot.rest()
        return done

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
                self._log.bug(exc)
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
            self._log.bug(error)


class Doorway(ABC):
    """Send those who know the door through it, and everybody else to the site."""

    def __init__(
        self, door: str, site: Site, prefixes: Prefixes, handshake_seconds: float, log: Log
    ) -> None:
        self._door = door.encode()
        self._prefixes = prefixes
        self._site = site
        self._handshake_seconds = handshake_seconds
        self._log = log
        self.server = web.Server(self._answer)

    def protocol(self, slot: Slot) -> Visit:
        """Return the protocol of a new connection."""
        return Visit(
            self._log,
            self._handshake_seconds,
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

    @abstractmethod
    async def _behind_the_door(
        self, request: web.BaseRequest, rest: list[str]
    ) -> web.StreamResponse | None:
        """Answer a GET for a path below the door; None: there is nothing."""

    def _redirect(self, request: web.BaseRequest) -> web.StreamResponse | None:  # noqa: ARG002
        """Answer the owner of this machine, who asks for `/`."""
        return None

    async def _answer(self, request: web.BaseRequest) -> web.StreamResponse:
        protocol = request.protocol
        is_last = False
        if isinstance(protocol, Visit):
            protocol.slot.work()
            protocol.give(ANSWER_SECONDS)
            is_last = protocol.is_old
        response = await self._page_for(request)
        if is_last:
            response.force_close()
        return response

    async def _page_for(self, request: web.BaseRequest) -> web.StreamResponse:
        raw_path = request.rel_url.raw_path
        parts = raw_path.split("/")
        first = parts[1] if len(parts) > 1 else ""
        if not hmac.compare_digest(first.encode(), self._door):
            if raw_path == "/" and request.method == "GET":
                redirect = self._redirect(request)
                if redirect is not None:
                    return redirect
            return self._site.answer(request.method, raw_path)
        if request.method == "GET":
            behind = await self._behind_the_door(request, parts[2:])
            if behind is not None:
                return behind
        # Like any other path: a door must not be told by what it lacks.
        return self._site.answer(request.method, raw_path)

    def _payer(self, request: web.BaseRequest, slot: Slot) -> Payer:
        """Say whose rations a request costs."""
        peer = request.remote or ""
        if not self._prefixes.is_proxy(peer):
            return slot.payer
        return Payer(self._prefixes.key_behind(peer, request.headers.getall(FORWARDED_FOR, ())))

    def _is_at_home(self, request: web.BaseRequest) -> bool:
        """Say whether somebody on this machine asks, and nobody through it."""
        peer = (request.remote or "").partition("%")[0]
        host = request.headers.get("Host", "")
        name = host.rpartition(":")[0] if not host.endswith("]") and ":" in host else host
        return (
            is_loopback(peer)
            and is_loopback(name.strip("[]"))
            and not self._prefixes.is_proxy(peer)
            and not any(header in request.headers for header in PROXY_HEADERS)
        )

    async def _upgrade(self, request: web.BaseRequest) -> Upgraded:
        """Make a WebSocket of a request; its handshake must be done soon.

        Raise `ConnectionError` where who pays for it has no place left.
        """
        protocol, transport = request.protocol, request.transport
        if not isinstance(protocol, Visit) or transport is None:
            raise ConnectionError("the connection is gone")
        protocol.give(self._handshake_seconds)
        ws = web.WebSocketResponse(
            # permessage-deflate leaks what is sealed beside what is chosen (spec/line.md).
            compress=False,
            # aiohttp refuses a message of exactly its limit.
            max_msg_size=MESSAGE_MOST + 1,
            timeout=CLOSE_PATIENCE,
            decode_text=False,
        )
        ws.headers["Server"] = pages.SERVER
        try:
            await ws.prepare(request)
        except web.HTTPException as failed:
            # Else one connection could try thousands of times a second.
            failed.force_close()
            raise
        # A place among those of who asks, and not of what stands between.
        payer = self._payer(request, protocol.slot)
        if payer != protocol.slot.payer and not protocol.slot.move_to(payer):
            transport.abort()
            raise ConnectionError("there is no place")
        return Upgraded(
            ws, transport, protocol.slot, protocol.take_all_time, self._is_at_home(request)
        )


def private(
    body: bytes, kind: str, status: int = 200, headers: Mapping[str, str] | None = None
) -> web.Response:
    """Return an answer from behind the door, which leaves no trace."""
    response = plain(body, status, kind)
    response.headers.update(headers or pages.PRIVATE_HEADERS)
    return response


def opened(body: bytes, kind: str = BINARY, status: int = 200) -> web.Response:
    """Return an answer that a page from elsewhere may read, too."""
    return private(body, kind, status, pages.OPEN_HEADERS)


def is_upgrade(request: web.BaseRequest) -> bool:
    """Say whether a request asks for a WebSocket."""
    return (
        request.version == HttpVersion11
        and request.headers.get("Upgrade", "").lower() == "websocket"
        and "Sec-WebSocket-Key" in request.headers
    )
