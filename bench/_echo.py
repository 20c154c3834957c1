"""Be the bare things that a home is compared with: aiohttp WebSockets over TLS on uvloop.

`/echo` sends each message back; `/pair/NAME` sends it to the other socket that asked for NAME.
It takes the home's certificate, so that both do the same TLS, and prints its port.

Usage: bench/_echo.py CERTIFICATE_AND_KEY.pem
"""

import asyncio
import ssl
import sys
from pathlib import Path

import uvloop
from aiohttp import WSMsgType, web


async def echo(request: web.Request) -> web.WebSocketResponse:
    """Send each message back."""
    ws = web.WebSocketResponse(compress=False)
    await ws.prepare(request)
    async for message in ws:
        if message.type is not WSMsgType.BINARY:
            break
        await ws.send_bytes(message.data)
    return ws


PAIRS: dict[str, list[web.WebSocketResponse]] = {}


async def pair(request: web.Request) -> web.WebSocketResponse:
    """Send each message to the other socket of the pair."""
    ws = web.WebSocketResponse(compress=False)
    await ws.prepare(request)
    both = PAIRS.setdefault(request.match_info["name"], [])
    both.append(ws)
    async for message in ws:
        if message.type is not WSMsgType.BINARY:
            break
        for other in both:
            if other is not ws:
                await other.send_bytes(message.data)
    both.remove(ws)
    return ws


async def serve(pem: Path) -> None:
    """Listen on a free port of loopback until killed."""
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(pem)
    app = web.Application()
    app.router.add_get("/echo", echo)
    app.router.add_get("/pair/{name}", pair)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=tls)
    await site.start()
    print(runner.addresses[0][1], flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    uvloop.run(serve(Path(sys.argv[1])))
