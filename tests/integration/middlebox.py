"""Break TLS between a home and its people, as a firm's proxy or a state does."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import threading
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from hamseda.serve.certificates import TLS_NAME, context_from_files, self_signed
from tests.serve.line_client import insecure_tls

_CHUNK = 65_536


class Middlebox:
    """Show a certificate of its own on a port of its own, and pass everything on in clear."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self_signed(folder, ("127.0.0.1",), time.time())
        self._tls = context_from_files(folder / TLS_NAME, folder / TLS_NAME)
        self.home_port = 0
        self.port = 0
        self.seen = b""
        """What people said, as it reads in the middle."""
        self._running = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve()), daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._running.wait(10)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(10)

    async def _serve(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        server = await asyncio.start_server(self._take, "127.0.0.1", 0, ssl=self._tls)
        self.port = int(server.sockets[0].getsockname()[1])
        self._running.set()
        await self._stop.wait()
        server.close()

    async def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there = await asyncio.open_connection("127.0.0.1", self.home_port, ssl=insecure_tls())
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._pass_on(reader, there[1], is_heard=True))
                tasks.create_task(self._pass_on(there[0], writer, is_heard=False))
        finally:
            writer.transport.abort()
            there[1].transport.abort()

    async def _pass_on(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, is_heard: bool
    ) -> None:
        with contextlib.suppress(OSError, ssl.SSLError):
            while data := await reader.read(_CHUNK):
                if is_heard:
                    self.seen += data
                writer.write(data)
                await writer.drain()
        writer.close()
