"""Be the page of a network at which people log in: every request is sent there.

Usage: python -m hamseda_lab.portal ADDRESS CERTIFICATE KEY (prints a line when it listens)
"""

import asyncio
import contextlib
import ssl
import sys
from typing import Final

HTTP: Final = 80
HTTPS: Final = 443
PORTAL_NAME: Final = "login.example"
_PATIENCE: Final = 10.0
_ANSWER: Final = (
    f"HTTP/1.1 302 Found\r\nLocation: http://{PORTAL_NAME}/\r\n"
    "Content-Length: 0\r\nConnection: close\r\n\r\n"
).encode()


async def serve(address: str, certificate: str, key: str) -> None:
    """Serve until killed."""
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate, key)
    await asyncio.start_server(_send_away, address, HTTP)
    server = await asyncio.start_server(_send_away, address, HTTPS, ssl=tls)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    await server.serve_forever()


async def _send_away(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.closing(writer), contextlib.suppress(TimeoutError, OSError, EOFError):
        async with asyncio.timeout(_PATIENCE):
            await reader.readuntil(b"\r\n\r\n")
            writer.write(_ANSWER)
            await writer.drain()


if __name__ == "__main__":
    asyncio.run(serve(*sys.argv[1:4]))
