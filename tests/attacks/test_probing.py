"""Who knocks without knowing the door sees an ordinary small web site, whatever he tries."""

import asyncio
import base64
import contextlib
import re
import secrets

import aiohttp
import pytest

from hamseda.crypto.line import client_start
from hamseda.wire.descriptor import HomeDocument
from hamseda.wire.line import RECORD, Ping
from hamseda.wire.link import HomeLink, parse_link
from hamseda.wire.messages import encode_message
from tests.attacks.sockets import ask, connect, read_all
from tests.integration.world import Home, World
from tests.serve.line_client import LineClient

pytestmark = pytest.mark.attacks

UPGRADE = (
    "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    f"Sec-WebSocket-Key: {base64.b64encode(bytes(16)).decode()}\r\n"
)
TELLING = re.compile(rb"hamseda|python|aiohttp|websocket|uvloop", re.IGNORECASE)


def _request(method: str, path: str, more: str = "") -> bytes:
    return f"{method} {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{more}\r\n".encode()


def _seen(answer: bytes) -> bytes:
    """Give an answer without the one thing that changes by itself."""
    return re.sub(rb"Date: [^\r]*\r\n", b"", answer)


@pytest.fixture
def home(world: World) -> Home:
    """Give an honest home."""
    return world.home()


def _link(home: Home) -> HomeLink:
    link = parse_link(home.link)
    assert isinstance(link, HomeLink)
    return link


def test_wrong_doors_look_like_any_missing_page(home: Home) -> None:
    """A door that can be told from a wall can be searched for."""
    door = _link(home).door
    wall = _seen(ask(home.port, _request("GET", "/favicon.ico")))
    assert b"404 Not Found" in wall
    doors = [door[:-1], door + "x", door.swapcase(), "%68" + door[1:], "/" + door, "x/" + door]
    rooms = ["", "/", "/home", "/line", "/i/" + "A" * 22]
    for wrong in doors:
        for room in rooms:
            for more in ("", UPGRADE):
                answer = _seen(ask(home.port, _request("GET", f"/{wrong}{room}", more)))
                assert answer == wall, (wrong, room)
    # What lies behind the right door and is no page of it must not say so either.
    for room in ("/line", "/i/x", "/i/" + "A" * 22, "/admin", "/line/x"):
        assert _seen(ask(home.port, _request("GET", f"/{door}{room}"))) == wall


def test_odd_requests_are_answered_like_a_small_web_server(home: Home) -> None:
    """Each probe of a scanner must see the same commonplace server, with and without the door."""
    door = _link(home).door
    for method in ("POST", "PUT", "DELETE", "OPTIONS", "TRACE", "CONNECT", "PROPFIND", "BREW"):
        beside = _seen(ask(home.port, _request(method, "/nothing")))
        assert _seen(ask(home.port, _request(method, f"/{door}"))) == beside
        assert not TELLING.search(beside), (method, beside)
    nonsense = [
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET\r\n\r\n",
        b"\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03" + bytes(32),
        b"\x00" * 64 + b"\r\n\r\n",
        b"SSH-2.0-OpenSSH_9.2\r\n\r\n",
        secrets.token_bytes(512) + b"\r\n\r\n",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        _request("GET", "/" + "a" * 10_000),
        _request("GET", "/", "X: " + "a" * 10_000 + "\r\n"),
        _request("GET", "/", "".join(f"X-{n}: 1\r\n" for n in range(200))),
        _request("POST", "/", "Content-Length: -1\r\n"),
        _request("POST", "/", "Transfer-Encoding: chunked\r\n") + b"zzz\r\n",
    ]
    for request in nonsense:
        answer = ask(home.port, request)
        status = answer[:12].decode("latin-1")
        assert status in ("", "HTTP/1.1 400", "HTTP/1.0 400", "HTTP/1.1 404", "HTTP/1.1 405"), (
            request[:40],
            answer[:200],
        )
        assert not TELLING.search(answer), (request[:40], answer)
    # A plain probe of the port learns that there is TLS, as everywhere.
    for probe in (b"GET / HTTP/1.1\r\n\r\n", secrets.token_bytes(300), b"\x01" + bytes(2384)):
        with connect(home.port) as connection:
            with contextlib.suppress(ConnectionError):
                connection.sendall(probe)
            answer = read_all(connection)
        # At most a TLS alert.
        assert len(answer) <= 7, answer


def test_replayed_first_bytes_of_a_client_gain_nothing(home: Home) -> None:
    """Who records m1 can send it again: the home answers, nobody can go on, the line closes.

    It closes exactly as it does on noise: without a reason, without a record.
    """
    link = _link(home)
    replayed, noise, wrong_key = asyncio.run(_replay(link))
    assert replayed == noise == wrong_key == 0


async def _replay(link: HomeLink) -> tuple[int, int, int]:
    """Count the bytes that follow a replay, noise, and a record under another key."""
    async with LineClient(link) as honest:
        handshake = client_start(await _line_key(honest), secrets.token_bytes)
        first = await _shake(honest, handshake.m1)
        again = await _shake(honest, handshake.m1)
        assert first[0] != again[0], "each answer has its own keys"
        records, _, _ = handshake.finish_untrusted(first[0])
        recorded = records.seal(*encode_message(Ping(1)))
        assert len(await _say(first[1], recorded)) > 0, "the honest record was answered"
        afterwards = await _say(again[1], recorded)
        noise = (await _shake(honest, handshake.m1))[1]
        wrong = (
            await _shake(honest, client_start(await _line_key(honest), secrets.token_bytes).m1)
        )[1]
        return (
            len(afterwards),
            len(await _say(noise, bytes([RECORD]) + secrets.token_bytes(272))),
            len(await _say(wrong, recorded)),
        )


async def _line_key(client: LineClient) -> bytes:
    async with client.http.get(f"{client.base}/home") as response:
        return HomeDocument.parse_untrusted(await response.read()).line_key


async def _shake(client: LineClient, m1: bytes) -> tuple[bytes, aiohttp.ClientWebSocketResponse]:
    websocket = await client.http.ws_connect(f"{client.base}/line", max_msg_size=0)
    await websocket.send_bytes(m1)
    return await websocket.receive_bytes(), websocket


async def _say(websocket: aiohttp.ClientWebSocketResponse, message: bytes) -> bytes:
    await websocket.send_bytes(message)
    async with asyncio.timeout(10):
        answer = await websocket.receive()
    await websocket.close()
    return answer.data if answer.type is aiohttp.WSMsgType.BINARY else b""


def test_a_worker_that_a_changed_page_left_is_sent_away(home: Home) -> None:
    """Under another name than the page's own it found its script missing, and stayed for ever.

    tests/browser/test_poisoned.py plays it in a browser.
    """
    door, asks = _link(home).door, "Service-Worker: script\r\n"
    for path in ("", "/", "/x.js", "/assets/sw.js", "/sw.js/x", "/home"):
        answer = ask(home.port, _request("GET", f"/{door}{path}", asks))
        assert b"registration.unregister()" in answer, path
        assert f"Service-Worker-Allowed: /{door}\r\n".encode() in answer
    for request in (
        _request("GET", f"/{door}/sw.js", asks),
        _request("GET", f"/{door}/x.js"),
        _request("GET", f"/{door[:-1]}/x.js", asks),
        _request("GET", "/x.js", asks),
    ):
        assert b"registration.unregister()" not in ask(home.port, request)
