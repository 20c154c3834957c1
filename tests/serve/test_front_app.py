"""A front's side of a line, when the home behind it does not do its part."""

from __future__ import annotations

import asyncio
import io
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

from aiohttp import WSMsgType, web

from hamseda.crypto.line import M1_SIZE
from hamseda.front.home import REST
from hamseda.protocol.quota import Payer
from hamseda.serve.channel import Upgraded
from hamseda.serve.config import Settings
from hamseda.serve.front_app import FrontApp
from hamseda.serve.log import Log
from hamseda.serve.prefixes import Prefixes
from hamseda.serve.site import Site
from hamseda.serve.unfinished import Unfinished
from hamseda.wire.line import HANDSHAKE
from tests.fakes import run

if TYPE_CHECKING:
    from hamseda.front.home import HomeBehind
    from hamseda.transport.websocket import WebSocket

M1 = bytes([HANDSHAKE]) + bytes(M1_SIZE - 1)


class MuteHome:
    """Be a home that takes what it is told and says nothing, and a connection to it."""

    def __init__(self) -> None:
        self.heard: list[bytes] = []
        self.is_closed = False

    async def line(self, pseudonym: bytes) -> WebSocket:
        """Open a line."""
        assert pseudonym
        return cast("WebSocket", self)

    async def send(self, message: bytes) -> None:
        """Take a message."""
        self.heard.append(message)

    async def receive(self) -> bytes:
        """Say nothing, for ever."""
        return await asyncio.get_running_loop().create_future()

    async def close(self) -> None:
        """End the connection."""
        self.is_closed = True


class Client:
    """Be a client's WebSocket and what is under it: it says m1 and waits."""

    is_cut = False

    async def receive(self) -> object:
        """Say the first message."""
        return SimpleNamespace(type=WSMsgType.BINARY, data=M1)

    async def close(self) -> None:
        """End the connection."""

    def abort(self) -> None:
        """Cut the connection."""
        self.is_cut = True


class OneClientApp(FrontApp):
    """Be a front whose only visitor is this client."""

    def __init__(self, home: MuteHome, client: Client) -> None:
        log = Log(io.StringIO(), lambda: 0.0)
        behind = cast("HomeBehind", home)
        prefixes = Prefixes(bytes(32))
        super().__init__(behind, "a-door-of-a-front", Site(None), prefixes, Settings(), log)
        self._client = client

    async def _upgrade(self, request: web.BaseRequest) -> Upgraded:
        ws = cast("web.WebSocketResponse", self._client)
        transport = cast("asyncio.Transport", self._client)
        slot = Unfinished(1).enter(Payer(b"p" * 16), self._client.abort)
        assert slot is not None
        return Upgraded(ws, transport, slot, lambda: None)

    async def visit(self) -> None:
        """Let the client open a line."""
        await self._line(cast("web.BaseRequest", None))


def test_a_home_that_goes_mute_in_the_handshake_holds_nothing() -> None:
    """Each line that was opened then would stay in a volunteer's memory until the next restart."""
    home, client = MuteHome(), Client()

    async def scene() -> float:
        await OneClientApp(home, client).visit()
        return asyncio.get_running_loop().time()

    assert run(scene()) == REST
    assert home.heard == [M1]
    assert home.is_closed
    assert client.is_cut
