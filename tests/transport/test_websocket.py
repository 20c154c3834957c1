"""Whatever a network does becomes one error with a name from the closed list."""

from __future__ import annotations

import asyncio
import errno
import socket
import ssl
import struct
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from threading import Thread
from typing import Self

import aiohttp
import pytest
from aiohttp import web
from aiohttp.client_reqrep import ConnectionKey
from multidict import CIMultiDict, CIMultiDictProxy
from yarl import URL

from hamseda.errors import NetworkError
from hamseda.serve.certificates import TLS_NAME, context_from_files, self_signed
from hamseda.transport.dialling import Reach
from hamseda.transport.names import Address, Names
from hamseda.transport.web_failures import UnansweredError, not_a_home, translated
from hamseda.transport.websocket import Web
from hamseda.wire.scope import Scope

FAILURES = Path(__file__).parents[2].joinpath("spec", "failures.md").read_text(encoding="utf-8")
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
        (aiohttp.ClientOSError(errno.ECONNRESET, "reset"), "connection_reset"),
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
                await web.get(url, reach=Reach(Scope.LOOPBACK))
            with pytest.raises(NetworkError):
                await web.connect(url.replace("https", "wss"), reach=Reach(Scope.LOOPBACK))

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
        asyncio.run(Web().get("https://home.example/", reach=Reach(Scope.LOOPBACK)))


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
            await client.get(f"http://{base}/home", reach=Reach(Scope.LOOPBACK))
            with pytest.raises(NetworkError) as failed:
                await client.connect(f"ws://{base}/line", reach=Reach(Scope.LOOPBACK))
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
                await client.connect(
                    f"wss://127.0.0.1:{silent_port}/line",
                    reach=Reach(Scope.LOOPBACK),
                    answer=0.1,
                    rest=30.0,
                )
            assert asyncio.get_running_loop().time() - began < 5.0
            assert failed.value.failure == "generic_timeout_error"

    asyncio.run(main())


def test_what_answers_is_given_time() -> None:
    """On a slow path TLS takes several round trips: who answers at all is not given up at once."""

    async def main(port: int) -> None:
        async with Web() as client:
            began = asyncio.get_running_loop().time()
            with pytest.raises(NetworkError) as failed:
                await client.connect(
                    f"wss://127.0.0.1:{port}/line",
                    reach=Reach(Scope.LOOPBACK),
                    answer=0.05,
                    rest=0.3,
                )
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
                await client.connect(
                    f"wss://127.0.0.1:{port}/line",
                    reach=Reach(Scope.LOOPBACK),
                    answer=20.0,
                    rest=0.2,
                )
            assert asyncio.get_running_loop().time() - began < 5.0

    with socket.create_server(("127.0.0.1", 0)) as mute:
        asyncio.run(main(mute.getsockname()[1]))


class HangingUp:
    """Be a server that ends every connection, and note where TLS hellos came."""

    def __init__(self, folder: Path, how: str, *hosts: str) -> None:
        self_signed(folder, ("home.example",), time.time())
        self._tls = context_from_files(folder / TLS_NAME, folder / TLS_NAME)
        self._how = how
        self.hellos: list[str] = []
        self.port = 0
        self._listening: list[socket.socket] = []
        for host in hosts:
            self._listening.append(socket.create_server((host, self.port)))
            self.port = self._listening[0].getsockname()[1]
        self._threads = [Thread(target=self._serve, args=(each,)) for each in self._listening]

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        for each in self._listening:
            each.shutdown(socket.SHUT_RDWR)
            each.close()
        for thread in self._threads:
            thread.join()

    def _serve(self, listening: socket.socket) -> None:
        with suppress(OSError):
            while True:
                visit, _ = listening.accept()
                with suppress(OSError):
                    self._greet(visit)

    def _greet(self, visit: socket.socket) -> None:
        with visit:
            visit.settimeout(5.0)
            if visit.recv(1, socket.MSG_PEEK) == b"\x16":
                self.hellos.append(visit.getsockname()[0])
            if self._how.startswith("resets"):
                visit.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            if self._how == "resets the hello":
                return
            with self._tls.wrap_socket(visit, server_side=True) as tls:
                if self._how != "closes after TLS":
                    tls.recv(4096)


@pytest.mark.parametrize(
    "how",
    [
        "resets the hello",
        "closes after TLS",
        "closes after the request",
        "resets after the request",
    ],
)
def test_an_attempt_is_one_hello(how: str, tmp_path: Path) -> None:
    """A censor who counts equal hellos must see the three that the ladder allows, and not six."""

    async def main(server: HangingUp) -> None:
        async with Web() as client:
            with pytest.raises(NetworkError) as failed:
                await client.connect(
                    f"wss://127.0.0.1:{server.port}/line", reach=Reach(Scope.LOOPBACK)
                )
            assert failed.value.failure in ("connection_reset", "eof_error")
            assert len(server.hellos) == 1
            with pytest.raises(NetworkError):
                await client.get(
                    f"https://127.0.0.1:{server.port}/home", reach=Reach(Scope.LOOPBACK)
                )
            assert len(server.hellos) == 2

    with HangingUp(tmp_path, how, "127.0.0.1") as server:
        asyncio.run(main(server))


def test_a_name_with_many_addresses_is_greeted_at_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each address of a name that fails in TLS would be one more hello within milliseconds.

    The next attempt begins at another: it may be that only one of them is blocked.
    """
    places = ("127.0.0.1", "127.0.0.2", "127.0.0.3")

    async def look_up(*_: object) -> list[Address]:
        return [Address(socket.AF_INET, place) for place in places]

    monkeypatch.setattr(Names, "look_up", look_up)

    async def main(server: HangingUp) -> None:
        async with Web() as client:
            for times in (1, 2, 3):
                with pytest.raises(NetworkError) as failed:
                    await client.connect(
                        f"wss://home.example:{server.port}/line", reach=Reach(Scope.LOOPBACK)
                    )
                assert failed.value.failure == "connection_reset"
                assert not isinstance(failed.value, UnansweredError)
                assert len(server.hellos) == times
                client.forget_names()

    with HangingUp(tmp_path, "resets the hello", *places) as server:
        asyncio.run(main(server))
    assert sorted(server.hellos) == sorted(places)
