"""Answer HTTP as a front: its door leads into one home, and nowhere else (spec/front.md §2)."""

import asyncio
import contextlib

from aiohttp import WSMsgType, web

from hamseda.crypto.invitation import INVITATION_ID_SIZE
from hamseda.crypto.line import M1_SIZE
from hamseda.errors import NetworkError, WireError
from hamseda.front.forwarding import forward, outbox_to
from hamseda.front.home import REST, HomeBehind
from hamseda.protocol.quota import Concurrency
from hamseda.serve.channel import Channel, Upgraded
from hamseda.serve.config import Settings
from hamseda.serve.log import Log
from hamseda.serve.prefixes import Prefixes
from hamseda.serve.site import Site
from hamseda.serve.visits import CLOSE_PATIENCE, Doorway, is_upgrade, opened
from hamseda.transport.websocket import WebSocket
from hamseda.wire import base64url
from hamseda.wire.line import HANDSHAKE


class _FromClient:
    """Be where a client's messages come from."""

    def __init__(self, ws: web.WebSocketResponse) -> None:
        self._ws = ws

    async def receive(self) -> bytes | None:
        """Wait for the next message; None: it is over."""
        message = await self._ws.receive()
        return message.data if message.type is WSMsgType.BINARY else None


class _ToHome:
    """Be the connection to the home, both its ends."""

    def __init__(self, websocket: WebSocket) -> None:
        self._websocket = websocket

    async def receive(self) -> bytes | None:
        """Wait for the next message; None: it is over."""
        try:
            return await self._websocket.receive()
        except NetworkError:
            return None

    def is_clear(self) -> bool:
        """Say whether what is written now leaves at once."""
        return self._websocket.is_clear()

    async def send(self, message: bytes) -> None:
        """Write one message. Raise `ConnectionError` when it is gone."""
        try:
            await self._websocket.send(message)
        except NetworkError as error:
            raise ConnectionError from error


class FrontApp(Doorway):
    """Route requests of one front. It holds the lines that are open, and nothing else."""

    def __init__(
        self,
        home: HomeBehind,
        door: str,
        site: Site,
        prefixes: Prefixes,
        settings: Settings,
        log: Log,
    ) -> None:
        super().__init__(door, site, prefixes, settings.handshake_seconds, log)
        self._home = home
        self._most = settings.lines
        self._lines = 0
        self._lines_of = Concurrency(settings.lines_per_prefix)

    async def _behind_the_door(
        self, request: web.BaseRequest, rest: list[str]
    ) -> web.StreamResponse | None:
        match rest:
            case ["home"]:
                return opened(await self._home.document())
            case ["i", text]:
                return await self._invitation(text)
            # A front of a front would be a way to send lines round in circles.
            case ["line"] if is_upgrade(request) and "Authorization" not in request.headers:
                return await self._line(request)
            case _:
                return None

    async def _invitation(self, text: str) -> web.StreamResponse | None:
        try:
            bundle_id = base64url.decode_untrusted(text)
            if len(bundle_id) != INVITATION_ID_SIZE:
                return None
            status, body = await self._home.bundle(bundle_id)
        except WireError:
            return None
        except NetworkError:
            return opened(b"", "text/plain", 503)
        match status:
            case 200:
                return opened(body)
            case 410 | 503:
                return opened(body, "text/plain", status)
            case _:
                return None

    async def _line(self, request: web.BaseRequest) -> web.StreamResponse:
        upgraded = await self._upgrade(request)
        dialling = asyncio.create_task(self._home.line(upgraded.slot.payer.prefix))
        try:
            m1 = await _FromClient(upgraded.ws).receive()
            if m1 is not None and len(m1) == M1_SIZE and m1[0] == HANDSHAKE:
                await self._forward(upgraded, await dialling, m1)
        except (NetworkError, ConnectionError, TimeoutError):
            # The client is not told why: it tries another way.
            upgraded.transport.abort()
        finally:
            await _let_go(dialling)
        try:
            async with asyncio.timeout(CLOSE_PATIENCE):
                await upgraded.ws.close()
        except TimeoutError:
            upgraded.transport.abort()
        return upgraded.ws

    async def _forward(self, upgraded: Upgraded, websocket: WebSocket, m1: bytes) -> None:
        """Pass on the handshake, then everything, until one side ends."""
        # A home that went mute must not hold this line for ever.
        async with asyncio.timeout(REST):
            await websocket.send(m1)
            m2 = await websocket.receive()
        await upgraded.ws.send_bytes(m2)
        payer = upgraded.slot.payer
        if self._lines >= self._most or not payer.enter(self._lines_of):
            return
        self._lines += 1
        try:
            upgraded.slot.leave()
            upgraded.on_handshake()
            now = asyncio.get_running_loop().time
            client, home = _FromClient(upgraded.ws), _ToHome(websocket)
            await forward(client, outbox_to(Channel(upgraded), now), home, outbox_to(home, now))
        finally:
            self._lines -= 1
            payer.leave(self._lines_of)


async def _let_go(dialling: asyncio.Task[WebSocket]) -> None:
    """Close what was opened to the home, or is being opened."""
    dialling.cancel()
    with contextlib.suppress(asyncio.CancelledError, NetworkError):
        websocket = await dialling
        await websocket.close()
