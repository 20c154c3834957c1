"""How long one HTTP connection is answered."""

from __future__ import annotations

import asyncio
import io
from typing import cast

from aiohttp import web

from hamseda.protocol.quota import Payer
from hamseda.serve.log import Log
from hamseda.serve.prefixes import Prefixes
from hamseda.serve.site import Site
from hamseda.serve.unfinished import Unfinished
from hamseda.serve.visits import KEEP_ALIVE, VISIT_SECONDS, Doorway
from tests.fakes import run

ASK = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"


class Wall(Doorway):
    """Have nothing behind the door."""

    async def _behind_the_door(
        self, request: web.BaseRequest, rest: list[str]
    ) -> web.StreamResponse | None:
        return None


class Browser(asyncio.Transport):
    """Take what a home answers."""

    def __init__(self) -> None:
        super().__init__()
        self.taken = b""
        self.is_open = True

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Take some bytes."""
        self.taken += bytes(data)

    def get_write_buffer_size(self) -> int:
        """Have taken all."""
        return 0

    def is_closing(self) -> bool:
        """Say whether it was closed."""
        return not self.is_open

    def close(self) -> None:
        """Be closed."""
        self.is_open = False

    abort = close


def test_asking_again_and_again_does_not_hold_a_place_for_ever() -> None:
    """Each request renewed the deadline: 5 kB a minute held a place for as long as one liked."""

    async def scene() -> float:
        wall = Wall("a-door", Site(None), Prefixes(bytes(32)), 5, Log(io.StringIO(), lambda: 0.0))
        browser = Browser()
        slot = Unfinished(1).enter(Payer(b"p"), lambda: None)
        assert slot is not None
        visit = wall.protocol(slot)
        visit.connection_made(cast("asyncio.Transport", browser))
        loop = asyncio.get_running_loop()
        while browser.is_open:
            visit.data_received(ASK)
            await asyncio.sleep(KEEP_ALIVE / 2)
            assert browser.taken.startswith(b"HTTP/1.1 200")
        assert b"Connection: close" in browser.taken
        visit.connection_lost(None)
        return loop.time()

    assert VISIT_SECONDS <= run(scene()) <= VISIT_SECONDS + KEEP_ALIVE
