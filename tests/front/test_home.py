"""How a front reaches its home when some of the ways to it are dead."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit

import pytest

from hamseda.crypto.home_identity import home_id, line_key_hash, sign_descriptor
from hamseda.crypto.signatures import SigningKey
from hamseda.errors import NetworkError
from hamseda.front.home import ANSWER, FRESH, REST, HomeBehind
from hamseda.transport.dialling import Reach
from hamseda.transport.websocket import GET_SECONDS
from hamseda.wire.descriptor import LINE_KEY_BYTES, Descriptor, Endpoint, HomeDocument
from hamseda.wire.link import HomeLink
from tests.fakes import run

if TYPE_CHECKING:
    from hamseda.transport.dialling import Reach
from hamseda.transport.websocket import Web

DOOR = "a-door-of-a-home"
KEY = SigningKey(b"h" * 32)
LINK = HomeLink("https", "a.example", 443, DOOR, home_id(KEY.public))
LINE_KEY = bytes(LINE_KEY_BYTES)


def way(host: str, tls_name: str = "") -> Endpoint:
    """Give a way of the home's own."""
    return Endpoint("https", host, 443, tls_name, DOOR, web=True)


class Net:
    """Be the network in front of one home: some hosts answer, the others are black holes."""

    def __init__(self, *ways: Endpoint) -> None:
        self.dead: set[str] = set()
        self.names: dict[str, str] = {}
        self.version = 0
        self.ways = ways
        self.document = b""
        self.sign()

    def sign(self) -> None:
        """Make a newer document."""
        self.version += 1
        made = Descriptor(KEY.public, line_key_hash(LINE_KEY), self.ways, self.version, 1)
        self.document = HomeDocument(sign_descriptor(KEY, made.encode()), LINE_KEY).encode()

    def front(self) -> HomeBehind:
        """Give what a front knows of this home: its link."""
        return HomeBehind(cast("Web", self), LINK, SigningKey(b"f" * 32), lambda: 1)

    async def get(
        self, url: str, *, reach: Reach, tls_name: str = "", patience: float = GET_SECONDS
    ) -> tuple[int, bytes]:
        """Answer like a home, or not at all."""
        await self._reach(url, tls_name, patience)
        return (200, self.document) if url.endswith("/home") else (410, b"used")

    async def connect(
        self,
        url: str,
        *,
        reach: Reach,
        answer: float,
        rest: float,
        headers: dict[str, str],
        tls_name: str = "",
    ) -> Any:
        """Open a line, or nothing."""
        assert rest
        assert headers["Authorization"]
        await self._reach(url, tls_name, answer)
        return url

    async def _reach(self, url: str, tls_name: str, patience: float) -> None:
        host = urlsplit(url).hostname
        self.names[url] = tls_name
        if host in self.dead:
            await asyncio.sleep(patience)
            raise NetworkError("nothing answers", failure="generic_timeout_error")


async def blocked(*ways: Endpoint) -> tuple[Net, HomeBehind]:
    """Give a front that knows these ways of its home, the first of which is dead since."""
    net = Net(*ways)
    front = net.front()
    await front.learn()
    net.dead.add("a.example")
    return net, front


def test_a_dead_way_keeps_no_document_old() -> None:
    """A person behind a front must learn the home's new addresses although one way is blocked."""

    async def scene() -> None:
        net, front = await blocked(way("a.example"), way("b.example"))
        net.sign()
        await asyncio.sleep(FRESH)
        assert await front.document() == net.document

    run(scene())


def test_a_way_that_is_dead_is_not_the_first_any_more() -> None:
    """The next person should not wait for it again."""

    async def scene() -> None:
        _, front = await blocked(way("a.example"), way("b.example"))
        await asyncio.sleep(FRESH)
        await front.document()
        before = asyncio.get_running_loop().time()
        await asyncio.sleep(FRESH)
        await front.document()
        await front.bundle(bytes(16))
        await front.line(bytes(16))
        assert asyncio.get_running_loop().time() == pytest.approx(before + FRESH)

    run(scene())


def test_an_invitation_comes_by_any_way() -> None:
    """Who was invited yesterday must not be told that the home is silent when it is not."""

    async def scene() -> None:
        net, front = await blocked(way("a.example"), way("b.example"))
        async with asyncio.timeout(ANSWER + REST):
            assert await front.bundle(bytes(16)) == (410, b"used")
        net.dead.add("b.example")
        with pytest.raises(NetworkError, match="nothing answers"):
            await front.bundle(bytes(16))

    run(scene())


def test_a_silent_home_is_waited_for_so_long() -> None:
    """The last good document is better than none, and soon better than late."""

    async def scene() -> None:
        net, front = await blocked(way("a.example"))
        await asyncio.sleep(FRESH)
        before = asyncio.get_running_loop().time()
        assert await front.document() == net.document
        assert asyncio.get_running_loop().time() == before + ANSWER + REST

    run(scene())


def test_a_home_that_signs_its_own_certificate_is_asked_once() -> None:
    """The link's way is the document's own, whatever browsers think of it: no time is halved."""

    async def scene() -> None:
        _, front = await blocked(replace(way("a.example"), web=False))
        before = asyncio.get_running_loop().time()
        with pytest.raises(NetworkError):
            await front.bundle(bytes(16))
        assert asyncio.get_running_loop().time() == before + ANSWER + REST

    run(scene())


def test_every_question_shows_the_name_that_the_home_wishes() -> None:
    """A censor lets the home's name through nowhere: one slip, and the front is cut off, too."""

    async def scene() -> None:
        net = Net(way("b.example", tls_name="www.example.org"))
        net.dead.add("a.example")
        front = net.front()
        with pytest.raises(NetworkError):
            await front.learn()
        net.dead.clear()
        await front.learn()
        net.names.clear()
        net.dead.add("a.example")
        await asyncio.sleep(FRESH)
        await front.document()
        await front.bundle(bytes(16))
        await front.line(bytes(16))
        asked = {url: name for url, name in net.names.items() if "//b.example" in url}
        assert len(asked) == 3
        assert set(asked.values()) == {"www.example.org"}

    run(scene())
