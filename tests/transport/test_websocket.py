"""Whatever a network does becomes one error with a name from the closed list."""

from __future__ import annotations

import asyncio
import ssl
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from aiohttp.client_reqrep import ConnectionKey
from multidict import CIMultiDict, CIMultiDictProxy
from yarl import URL

from hamseda.errors import NetworkError
from hamseda.transport import websocket
from hamseda.transport.websocket import Web

FAILURES = Path(__file__).parents[2].joinpath("spec", "failures.md").read_text(encoding="utf-8")
translated = vars(websocket)["_translated"]
KEY = ConnectionKey("home.example", 443, True, True, None, None, None)
HEADERS: CIMultiDictProxy[str] = CIMultiDictProxy(CIMultiDict[str]())
REQUEST = aiohttp.RequestInfo(URL("wss://home.example/"), "GET", HEADERS)


def connector(cause: OSError) -> aiohttp.ClientConnectorError:
    """Wrap what the system said, as aiohttp does."""
    return aiohttp.ClientConnectorError(KEY, cause)


@pytest.mark.parametrize(
    ("error", "failure"),
    [
        (TimeoutError(), "generic_timeout_error"),
        (aiohttp.ServerTimeoutError(), "generic_timeout_error"),
        (connector(ConnectionRefusedError()), "connection_refused"),
        (connector(ConnectionResetError()), "connection_reset"),
        (connector(OSError("no route")), "host_unreachable"),
        (aiohttp.ClientConnectorDNSError(KEY, OSError()), "dns_lookup_error"),
        (aiohttp.ClientConnectorSSLError(KEY, ssl.SSLError()), "ssl_failed_handshake"),
        (aiohttp.ClientConnectionResetError(), "connection_reset"),
        (ConnectionResetError(), "connection_reset"),
        (aiohttp.ServerDisconnectedError(), "eof_error"),
        (aiohttp.WSServerHandshakeError(REQUEST, (), status=404), "http_not_a_home"),
        (OSError("something"), "unknown_failure"),
        (aiohttp.ClientError(), "unknown_failure"),
    ],
)
def test_foreign_errors_get_a_name(error: Exception, failure: str) -> None:
    """A person, a script and a later diagnosis all read these names."""
    found = translated(error)
    assert isinstance(found, NetworkError)
    assert found.failure == failure
    assert f"`{failure}`" in FAILURES
    assert found.next
    assert "route" not in str(found)


@pytest.mark.parametrize(
    "url", ["https://" + "a" * 70 + ".example/x/home", "https://[::zz]/x/home", "https:///x/home"]
)
def test_an_address_that_is_none_is_the_one_error(url: str) -> None:
    """Links and descriptors are written by others; nothing is looked up for these."""

    async def main() -> None:
        async with Web() as web:
            with pytest.raises(NetworkError):
                await web.get(url)
            with pytest.raises(NetworkError):
                await web.connect(url.replace("https", "wss"))

    asyncio.run(main())


def test_a_web_must_be_opened() -> None:
    """A mistake of ours is told as one."""
    with pytest.raises(RuntimeError):
        asyncio.run(Web().get("https://home.example/"))


def test_a_line_follows_no_redirect_and_no_cookie_is_kept() -> None:
    """Who breaks TLS could send this machine anywhere in its own network, and mark its lines."""
    asked: list[tuple[str, bool]] = []

    async def answer(request: web.BaseRequest) -> web.StreamResponse:
        asked.append((request.path, "Cookie" in request.headers))
        headers = {"Set-Cookie": "mark=1", "Location": "/elsewhere"}
        return web.Response(status=302, headers=headers)

    async def main() -> None:
        server = web.Server(answer)
        listening = await asyncio.get_running_loop().create_server(server, "localhost", 0)
        # A name: cookies of bare addresses are refused anyway.
        base = f"localhost:{listening.sockets[0].getsockname()[1]}"
        async with Web() as client:
            await client.get(f"http://{base}/home")
            with pytest.raises(NetworkError) as failed:
                await client.connect(f"ws://{base}/line")
            assert failed.value.failure == "http_not_a_home"
            assert await client.location(f"http://{base}/") == "/elsewhere"
        listening.close()
        await server.shutdown()

    asyncio.run(main())
    assert asked == [("/home", False), ("/line", False), ("/", False)]
