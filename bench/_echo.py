"""Be the bare thing that a home is compared with: an aiohttp WebSocket echo over TLS on uvloop.

It takes the home's certificate, so that both do the same TLS, and prints its port.

Usage: bench/_echo.py CERTIFICATE_AND_KEY.pem
"""

import asyncio
import sys
from pathlib import Path

import uvloop
from aiohttp import WSMsgType, web

from hamseda.serve.certificates import context_from_files


async def echo(request: web.Request) -> web.WebSocketResponse:
    """Send each message back."""
    ws = web.WebSocketResponse(compress=False)
    await ws.prepare(request)
    async for message in ws:
        if message.type is not WSMsgType.BINARY:
            break
        await ws.send_bytes(message.data)
    return ws


async def serve(pem: Path) -> None:
    """Listen on a free port of loopback until killed."""
    app = web.Application()
    app.router.add_get("/", echo)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context_from_files(pem, pem))
    await site.start()
    print(runner.addresses[0][1], flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    uvloop.run(serve(Path(sys.argv[1])))
