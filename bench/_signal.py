"""Serve the page of a bare WebRTC call, and pass on what its two sides signal.

Over plain HTTP, which a browser takes as secure on localhost. Prints its port.

Usage: bench/_signal.py [ADDRESS]
"""

import asyncio
import sys
from pathlib import Path

from aiohttp import WSMsgType, web

PAGE = Path(__file__).with_name("page")

LINES: set[web.WebSocketResponse] = set()


async def signal(request: web.Request) -> web.WebSocketResponse:
    """Send each message to everybody else."""
    line = web.WebSocketResponse()
    await line.prepare(request)
    LINES.add(line)
    async for message in line:
        if message.type is not WSMsgType.TEXT:
            break
        for other in LINES - {line}:
            await other.send_str(message.data)
    LINES.discard(line)
    return line


async def nothing(_request: web.Request) -> web.Response:
    """Give a worklet that holds nothing; the ear is loaded beside it, as beside our page's."""
    return web.Response(content_type="text/javascript", text="")


async def serve(address: str) -> None:
    """Listen on a free port of an address until killed."""
    app = web.Application()
    app.router.add_get("/bare/signal", signal)
    app.router.add_get("/bare/nothing.js", nothing)
    app.router.add_static("/bare", PAGE)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, address, 0).start()
    print(runner.addresses[0][1], flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(serve(sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"))
