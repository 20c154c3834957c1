"""What a front shows to who knows nothing, and what it refuses to who knows its door."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import re
import secrets
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from hamseda.crypto.front_pass import make_pass
from hamseda.crypto.signatures import SigningKey
from hamseda.serve import fronts
from hamseda.wire import base64url
from hamseda.wire.admission import Admission
from hamseda.wire.descriptor import Endpoint
from hamseda.wire.status import Status
from hamseda_lab.network import Host
from hamseda_lab.parsers.ip import TCP
from hamseda_lab.prober import look_at
from hamseda_lab.profile import Visit
from tests.attacks.sockets import ask
from tests.integration.fronts import Front, admit, admitted_front, link_of, until
from tests.integration.world import Home, World
from tests.lab.traffic import client_hello
from tests.serve.line_client import LineClient, TestMailbox

pytestmark = pytest.mark.attacks

UPGRADE = (
    "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    f"Sec-WebSocket-Key: {base64.b64encode(bytes(16)).decode()}\r\n"
)


class Here(Host):
    """Be this machine itself, so that a prober needs no namespace."""

    def __init__(self) -> None:
        self.address = "127.0.0.1"

    def entered(self) -> AbstractContextManager[None]:
        """Stay where we are."""
        return contextlib.nullcontext()


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Home, Front]]:
    """Give a home that tells nobody its door, and its front."""
    with World(tmp_path_factory.mktemp("fronts")) as world:
        home = world.home("--public", "https://127.0.0.1:9")
        home.link = home.link.replace("https://127.0.0.1:9", f"https://127.0.0.1:{home.port}")
        yield home, admitted_front(world, home)


def _request(method: str, path: str, more: str = "") -> bytes:
    return f"{method} {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{more}\r\n".encode()


def _seen(port: int, request: bytes) -> bytes:
    return re.sub(rb"Date: [^\r]*\r\n", b"", ask(port, request))


def _visit(port: int) -> str:
    return look_at(Here(), Visit(1, TCP, "127.0.0.1", port, 30.0, client_hello()), seed=1)


def test_a_prober_takes_both_for_web_servers(pair: tuple[Home, Front]) -> None:
    """TLS 1.3, a page, no TURN, and nothing for noise or for a client's first bytes again."""
    home, front = pair
    assert _visit(home.port) == ""
    assert _visit(front.port) == ""


def test_a_front_answers_as_a_home_does(pair: tuple[Home, Front]) -> None:
    """What tells a front from a home, or either from others of its kind, could be searched for."""
    home, front = pair
    wrong = "h" + "A" * 22
    requests = [
        _request("GET", "/"),
        _request("HEAD", "/"),
        _request("GET", "/favicon.ico"),
        _request("GET", f"/{wrong}/line", UPGRADE),
        _request("GET", f"/{wrong}/home"),
        _request("POST", "/"),
        _request("CONNECT", "example.org:443"),
        _request("GET", "http://example.org/"),
        _request("BREW", "/"),
        b"GET / HTTP/9.9\r\n\r\n",
        b"\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03" + bytes(32),
        b"SSH-2.0-OpenSSH_9.2\r\n\r\n",
        _request("GET", "/" + "a" * 10_000),
        _request("GET", "/", "X: " + "a" * 10_000 + "\r\n"),
        _request("POST", "/", "Transfer-Encoding: chunked\r\n") + b"zzz\r\n",
    ]
    for request in requests:
        assert _seen(front.port, request) == _seen(home.port, request), request[:60]


def test_behind_the_door_a_front_answers_as_its_home_does(pair: tuple[Home, Front]) -> None:
    """A page asks whichever endpoint it reaches, and must be allowed to read the answer."""
    home, front = pair
    own, its = front.admission.endpoint.door, link_of(home).door
    for path in ("home", "i/" + "A" * 22):
        answer = _seen(front.port, _request("GET", f"/{own}/{path}"))
        assert answer == _seen(home.port, _request("GET", f"/{its}/{path}"))
    document = _seen(front.port, _request("GET", f"/{own}/home"))
    assert b"\r\nAccess-Control-Allow-Origin: *\r\n" in document


def test_a_front_leads_to_one_home_and_never_shows_its_page(pair: tuple[Home, Front]) -> None:
    """The page is code: a volunteer must not be the one who serves it, nor an open proxy."""
    home, front = pair
    wall = _seen(front.port, _request("GET", "/nothing"))
    own, its = front.admission.endpoint.door, link_of(home).door
    assert b"404 Not Found" in wall
    for path in (
        f"/{own}",
        f"/{own}/",
        f"/{own}/index.html",
        f"/{own}/assets/x.js",
        f"/{own}/i/",
        f"/{own}/i/AAAA",
        f"/{own}/i/..%2f..%2fhome",
        f"/{own}/i/{'A' * 22}",
        f"/{own}/line",
        f"/{own}/line/x",
        f"/{own}/home/x",
        f"/{own}/http://example.org/",
        f"/{its}",
        f"/{its}/home",
    ):
        assert _seen(front.port, _request("GET", path)) == wall, path
    # What another front would send: lines must not go round in circles.
    chained = UPGRADE + "Authorization: Bearer AAAA\r\n"
    assert _seen(front.port, _request("GET", f"/{own}/line", chained)) == wall


def test_a_front_keeps_no_address_and_no_state(pair: tuple[Home, Front]) -> None:
    """A volunteer whose machine is taken must have nothing to tell."""
    _, front = pair
    folder = Path(front.data)
    assert {path.name for path in folder.iterdir()} == {"front.key", "tls.pem", "lock"}
    assert re.search(r"127\.|localhost|/h", front.process.stderr) is None


def test_a_dishonest_front_cannot_invent_people_without_end(world: World) -> None:
    """Each new pseudonym has rations of its own; all of them together have three households'."""
    home = world.home("--set=creations_per_hour=2", "--set=front_prefixes=3")
    key = _admitted_key(world, home)

    async def invent() -> int:
        answers = [await _create(home, _pass(key, home)) for _ in range(8)]
        return answers.count(Status.OK)

    assert asyncio.run(invent()) == 3


def test_a_recorded_pass_spends_nothing_of_its_front(world: World) -> None:
    """Whoever breaks TLS between front and home sees passes, and pays for himself."""
    home = world.home("--set=creations_per_hour=2", "--set=front_prefixes=8")
    key = _admitted_key(world, home)

    async def replay() -> list[Status]:
        shown = _pass(key, home)
        honest = await _create(home, shown)
        recorded = [await _create(home, shown) for _ in range(2)]
        return [honest, *recorded, await _create(home, _pass(key, home))]

    assert asyncio.run(replay()) == [Status.OK, Status.OK, Status.QUOTA, Status.OK]


def test_passes_of_one_front_use_up_no_places_of_another(tmp_path: Path) -> None:
    """A front that makes passes without end switched all others off, for as long as it liked."""
    good, bad = SigningKey(secrets.token_bytes(32)), SigningKey(secrets.token_bytes(32))
    home, now = "A" * 43, 1_800_000_000
    for number, key in enumerate((good, bad)):
        end = Endpoint("https", f"front{number}.example", 443, "", "h" + "A" * 22, web=False)
        fronts.admit(tmp_path, Admission(end, key.public))
    held = fronts.Fronts(tmp_path, home, bytes(32), 16)
    held.read_again()

    def shows_one(key: SigningKey) -> bool:
        made = make_pass(key, home, now, bytes(16), secrets.token_bytes)
        return held.payer("Bearer " + base64url.encode(made), now) is not None

    for _ in range(70_000):
        if not shows_one(bad):
            break
    else:
        pytest.fail("passes of one front are remembered without end")
    assert shows_one(good)


def test_a_broken_upgrade_ends_its_connection(pair: tuple[Home, Front]) -> None:
    """Over one connection 3,900 passes a second were shown so."""
    home, _ = pair
    broken = UPGRADE.replace("Sec-WebSocket-Version: 13", "Sec-WebSocket-Version: 99")
    line = f"GET /{link_of(home).door}/line HTTP/1.1\r\nHost: x\r\n{broken}\r\n".encode()
    seen = ask(home.port, line * 2)
    assert seen.count(b"HTTP/1.1 4") == 1


def _admitted_key(world: World, home: Home) -> SigningKey:
    """Let a home admit a front that the attacker holds."""
    key = SigningKey(secrets.token_bytes(32))
    end = Endpoint("https", "127.0.0.1", 9, "", "h" + "A" * 22, web=False)
    admit(world, home, str(Admission(end, key.public)))
    until(link_of(home), lambda ends: end in ends)
    return key


def _pass(key: SigningKey, home: Home) -> str:
    """Make the pass of a person who does not exist."""
    person = secrets.token_bytes(16)
    made = make_pass(key, link_of(home).home_id, int(time.time()), person, secrets.token_bytes)
    return "Bearer " + base64url.encode(made)


async def _create(home: Home, shown: str) -> Status:
    """Create a mailbox over a line that shows a pass."""
    client = LineClient(link_of(home))
    client.headers["Authorization"] = shown
    async with client:
        return Status((await client.request(TestMailbox().create(client.q()))).status)
