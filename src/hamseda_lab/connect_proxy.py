"""Be the HTTP proxy of a firm: CONNECT to port 443, and nothing else.

Usage: python -m hamseda_lab.connect_proxy ADDRESS PORT (prints a line when it listens)
"""

import asyncio
import contextlib
import sys
from typing import Final

ALLOWED: Final = 443
_LONGEST_HEAD: Final = 8192
_CHUNK: Final = 65_536
_PATIENCE: Final = 10.0


async def serve(address: str, port: int) -> None:
    """Serve until killed."""
    server = await asyncio.start_server(_take, address, port, limit=_LONGEST_HEAD)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    async with server:
        await server.serve_forever()


async def _take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.closing(writer):
        try:
            async with asyncio.timeout(_PATIENCE):
                head = await reader.readuntil(b"\r\n\r\n")
        except (TimeoutError, OSError, EOFError, asyncio.LimitOverrunError):
            return
        target = wanted_untrusted(head)
        if target is None:
            writer.write(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")
            return
        try:
            async with asyncio.timeout(_PATIENCE):
                far_reader, far_writer = await asyncio.open_connection(target, ALLOWED)
        except (TimeoutError, OSError):
            writer.write(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n")
            return
        with contextlib.closing(far_writer):
            writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
            async with asyncio.TaskGroup() as group:
                group.create_task(_carry(reader, far_writer))
                group.create_task(_carry(far_reader, writer))


async def _carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Carry bytes one way until they end, and end the other side with them."""
    with contextlib.suppress(OSError):
        while chunk := await reader.read(_CHUNK):
            writer.write(chunk)
            await writer.drain()
        if writer.can_write_eof():
            writer.write_eof()


def wanted_untrusted(head: bytes) -> str | None:
    """Read a request; give the host that it wants to be connected to, None: it may not be."""
    words = head.partition(b"\r\n")[0].decode("latin-1").split(" ")
    if len(words) != 3 or words[0] != "CONNECT":
        return None
    host, colon, port = words[1].rpartition(":")
    return host if colon and host and port == str(ALLOWED) else None


if __name__ == "__main__":
    asyncio.run(serve(sys.argv[1], int(sys.argv[2])))
