"""Be a client of a home that has its keys right and means ill."""

# An attacker does not stop at an underscore.
# pyright: reportPrivateUsage=false

from __future__ import annotations

import asyncio
from dataclasses import replace
from types import TracebackType
from typing import Self

import aiohttp

from hamseda.wire.link import HomeLink, parse_link
from tests.attacks.sockets import ATTACKER
from tests.serve.line_client import LineClient, insecure_tls


class AttackerLine(LineClient):
    """Hold a line from the attacker's own address prefix."""

    def __init__(self, home_link: str, source: str = ATTACKER) -> None:
        link = parse_link(home_link)
        assert isinstance(link, HomeLink)
        super().__init__(replace(link, host="127.0.0.1"))
        self._source = source

    async def __aenter__(self) -> Self:
        connector = aiohttp.TCPConnector(ssl=insecure_tls(), local_addr=(self._source, 0))
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
        connection = self.ws._response.connection
        if connection is not None and connection.transport is not None:
            # An attacker says no goodbye, and may be deaf to one.
            connection.transport.abort()
        self.ws._response.close()
        await self.http.close()
        # What was aborted is closed in the loop's next rounds.
        for _ in range(5):
            await asyncio.sleep(0)

    @property
    def transport(self) -> asyncio.Transport:
        """Give what lies below the WebSocket."""
        connection = self.ws._response.connection
        assert connection is not None
        transport = connection.transport
        assert isinstance(transport, asyncio.Transport)
        return transport

    def stop_reading(self) -> None:
        """Let everything that comes pile up on the other side."""
        self.transport.pause_reading()

    async def is_closed(self, patience: float = 15.0) -> bool:
        """Wait until the home has closed this line."""
        try:
            async with asyncio.timeout(patience):
                await self.closed.wait()
        except TimeoutError:
            return False
        return True


def honest_line(home_link: str) -> AttackerLine:
    """Give a line from the address prefix of honest people."""
    return AttackerLine(home_link, "127.0.0.1")
