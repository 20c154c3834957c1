"""Be a web server that stands before a home, as docs/how-to/run-a-home.md sets one up."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import threading
from collections.abc import Generator

from tests.attacks.sockets import PATIENCE
from tests.integration.world import Home
from tests.serve.line_client import insecure_tls

PROXY = "127.0.0.3"
"""The address from which it asks the home; people are told apart by theirs."""
HEAD_MOST = 16_384


@contextlib.contextmanager
def listening() -> Generator[socket.socket]:
    """Bind the address that people know, before there is a home behind it."""
    with socket.create_server(("127.0.0.1", 0)) as sock:
        yield sock


@contextlib.contextmanager
def passing_on(sock: socket.socket, home: Home) -> Generator[None]:
    """Pass everything on to the home, and say each time who asked."""
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(home.data / "tls.pem")
    loop = asyncio.new_event_loop()
    stop = asyncio.Event()
    thread = threading.Thread(target=loop.run_until_complete, args=(_serve(sock, tls, home, stop),))
    thread.start()
    try:
        yield
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(PATIENCE)
        loop.close()


async def _serve(sock: socket.socket, tls: ssl.SSLContext, home: Home, stop: asyncio.Event) -> None:
    tasks: set[asyncio.Task[None]] = set()

    async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        try:
            await _pass_on(reader, writer, home)
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            tasks.discard(task)
            writer.transport.abort()

    server = await asyncio.start_server(take, sock=sock, ssl=tls, limit=HEAD_MOST)
    await stop.wait()
    server.close()
    for task in tasks:
        task.cancel()
    if tasks:
        await asyncio.wait(tasks)


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, home: Home) -> None:
    person = writer.get_extra_info("peername")[0]
    from_home, to_home = await asyncio.open_connection(
        "127.0.0.1", home.port, ssl=insecure_tls(), local_addr=(PROXY, 0)
    )
    back = asyncio.create_task(_copy(from_home, writer))
    try:
        is_upgraded = False
        while not is_upgraded:
            head = await reader.readuntil(b"\r\n\r\n")
            is_upgraded = b"\r\nupgrade: websocket\r\n" in head.lower()
            # Behind what the client said of itself, as nginx's $proxy_add_x_forwarded_for does.
            to_home.write(head[:-2] + f"X-Forwarded-For: {person}\r\n\r\n".encode())
        await _copy(reader, to_home)
    finally:
        back.cancel()
        to_home.transport.abort()


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()
    writer.transport.abort()
