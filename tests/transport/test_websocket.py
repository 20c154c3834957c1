"""Whatever a network does becomes one error with a name from the closed list."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web
from aiohttp.client_reqrep import ConnectionKey
from multidict import CIMultiDict, CIMultiDictProxy
from yarl import URL

from hamseda.errors import NetworkError
from hamseda.transport import websocket
from hamseda.transport.websocket import UnansweredError, Web, not_a_home

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


@pytest.mark.parametrize("status", [302, 307, 511])
def test_a_network_that_wants_a_log_in_is_told_as_one(status: int) -> None:
    """In a hotel nobody should look for a new link, or for a censor."""
    found = not_a_home(status)
    assert found.failure == "http_not_a_home"
    assert "likely" in str(found)
    assert "log in" in str(found.next)
    assert "log in" not in str(not_a_home(404))


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
            assert "log in" in str(failed.value)
            assert await client.location(f"http://{base}/") == "/elsewhere"
        listening.close()
        await server.shutdown()

    asyncio.run(main())
    assert asked == [("/home", False), ("/line", False), ("/", False)]


@pytest.fixture
def silent_port() -> Iterator[int]:
    """Give a port whose queue is full: TCP gets no answer there, as on a network that is cut."""
    with socket.create_server(("127.0.0.1", 0), backlog=0) as full, ExitStack() as stack:
        address = full.getsockname()
        for _ in range(4):
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            with suppress(BlockingIOError):
                waiting.connect(address)
        yield address[1]


def test_what_nothing_answers_is_given_up_soon(silent_port: int) -> None:
    """The network may be back in a moment, and TCP would try again much later."""

    async def main() -> None:
        async with Web() as client:
            began = asyncio.get_running_loop().time()
            with pytest.raises(UnansweredError) as failed:
                await client.connect(f"wss://127.0.0.1:{silent_port}/line", answer=0.1, rest=30.0)
            assert asyncio.get_running_loop().time() - began < 5.0
            assert failed.value.failure == "generic_timeout_error"

    asyncio.run(main())


def test_what_answers_is_given_time() -> None:
    """On a slow path TLS takes several round trips: who answers at all is not given up at once."""

    async def main(port: int) -> None:
        async with Web() as client:
            began = asyncio.get_running_loop().time()
            with pytest.raises(NetworkError) as failed:
                await client.connect(f"wss://127.0.0.1:{port}/line", answer=0.05, rest=0.3)
            assert asyncio.get_running_loop().time() - began >= 0.3
            assert not isinstance(failed.value, UnansweredError)

    # The system answers for it, and nobody says a word of TLS.
    with socket.create_server(("127.0.0.1", 0)) as mute:
        asyncio.run(main(mute.getsockname()[1]))


def test_what_answers_and_says_nothing_is_given_up_soon() -> None:
    """Where a border is closed TCP answers at once: the time for an answer is not waited twice."""

    async def main(port: int) -> None:
        async with Web() as client:
            began = asyncio.get_running_loop().time()
            with pytest.raises(NetworkError):
                await client.connect(f"wss://127.0.0.1:{port}/line", answer=20.0, rest=0.2)
            assert asyncio.get_running_loop().time() - began < 5.0

    with socket.create_server(("127.0.0.1", 0)) as mute:
        asyncio.run(main(mute.getsockname()[1]))
