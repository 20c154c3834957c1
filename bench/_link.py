"""Put distance between a client and a home: a TCP proxy on loopback that holds all bytes back.

Each direction of each connection has its own queue, and every chunk leaves it `delay` seconds
after it came. There is no limit of bandwidth and no loss. A far TCP endpoint also opens slowly;
here connecting is at once, so only what travels over an open line is measured.
"""

import asyncio
import contextlib
import threading
from types import TracebackType
from typing import Final, Self

CHUNK: Final = 65_536
QUEUED: Final = 1024
"""Chunks on their way in one direction; then the sender's kernel holds the rest."""


class Link:
    """Listen on a free port of loopback and forward to `target`, from a thread of its own.

    The round trip is `2 * delay` longer than without it. `target` may be set after `port` was
    given away, but before anybody connects.
    """

    def __init__(self, delay: float) -> None:
        self.delay = delay
        self.target = 0
        self.port = 0
        self._loop = asyncio.new_event_loop()
        self._listening = threading.Event()
        self._stop = asyncio.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        if not self._listening.wait(5.0):
            raise RuntimeError("the link does not listen")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(5.0)

    def _run(self) -> None:
        self._loop.run_until_complete(self._serve())
        self._loop.close()

    async def _serve(self) -> None:
        connections: set[asyncio.Task[None]] = set()

        def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = self._loop.create_task(self._connect(reader, writer))
            connections.add(task)
            task.add_done_callback(connections.discard)

        server = await asyncio.start_server(accept, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        self._listening.set()
        await self._stop.wait()
        server.close()
        for task in connections:
            task.cancel()
        await asyncio.wait(connections or {self._loop.create_task(asyncio.sleep(0))})

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_writer: asyncio.StreamWriter | None = None
        try:
            far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self.target)
            async with asyncio.TaskGroup() as ways:
                ways.create_task(self._carry(reader, far_writer))
                ways.create_task(self._carry(far_reader, writer))
        except* OSError:
            pass
        finally:
            for end in (writer, far_writer):
                if end is not None:
                    end.close()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        queue: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue(QUEUED)
        async with asyncio.TaskGroup() as both:
            both.create_task(self._take(reader, queue))
            both.create_task(self._give(queue, writer))

    async def _take(
        self, reader: asyncio.StreamReader, queue: "asyncio.Queue[tuple[float, bytes]]"
    ) -> None:
        chunk = b"?"
        while chunk:
            chunk = await reader.read(CHUNK)
            await queue.put((self._loop.time() + self.delay, chunk))

    async def _give(
        self, queue: "asyncio.Queue[tuple[float, bytes]]", writer: asyncio.StreamWriter
    ) -> None:
        while True:
            due, chunk = await queue.get()
            wait = due - self._loop.time()
            if wait > 0:
                await asyncio.sleep(wait)
            if not chunk:
                with contextlib.suppress(OSError):
                    writer.write_eof()
                return
            writer.write(chunk)
            await writer.drain()
