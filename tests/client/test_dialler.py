"""Attempts to connect: by another endpoint, one at a time, and not too many."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, cast

import pytest

from hamseda.client.dialler import Dialler
from hamseda.errors import NetworkError
from hamseda.protocol.ladder import HELLOS_MOST, HELLOS_SECONDS, Urgency
from hamseda.transport.dialling import Reach
from hamseda.transport.web_failures import UnansweredError
from hamseda.transport.websocket import WebSocket
from hamseda.wire.descriptor import Endpoint
from hamseda.wire.scope import Scope
from tests.fakes import run

if TYPE_CHECKING:
    from hamseda.transport.websocket import Web

DOOR = "a-long-enough-door"
HOME = Endpoint("https", "home.example", 443, "", DOOR, web=True)
FRONT = Endpoint("https", "front.example", 443, "", DOOR, web=True)


class Slow:
    """Be a network on which each attempt takes a second, and fails where an error is given."""

    def __init__(self, error: type[NetworkError] | None) -> None:
        self._error = error
        self.proxied: tuple[str, ...] = ()
        self.tried: list[tuple[str, bool]] = []
        self.answers: list[float] = []
        self.began: list[float] = []
        self.at_once = 0
        self.most_at_once = 0

    def forget_names(self) -> None:
        """Nothing is looked up here."""

    def own_network(self) -> str:
        """Be in no network that could be told from another."""
        return ""

    def has_proxy(self, host: str) -> bool:
        """Tell for which hosts there is a proxy."""
        return host in self.proxied

    async def connect(
        self,
        url: str,
        *,
        reach: Reach,
        answer: float,
        rest: float,
        tls_name: str,
        by_proxy: bool,
    ) -> WebSocket:
        """Succeed or fail after a second."""
        self.tried.append((url, by_proxy))
        self.answers.append(answer)
        self.began.append(asyncio.get_running_loop().time())
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        await asyncio.sleep(1)
        self.at_once -= 1
        if self._error is not None:
            raise self._error(url, failure="generic_timeout_error")
        return cast("WebSocket", object())


async def dial(dialler: Dialler, *ends: Endpoint) -> None:
    """Try once, as a line in a call does, to an address that names the endpoint."""
    async with dialler.attempt(ends or (HOME,), Urgency.CALL) as way:
        await dialler.connect(way, way.end.host, Scope.PUBLIC)
    dialler.opened(way)
    dialler.ended(way, is_mute=False)


async def keep_trying(dialler: Dialler) -> None:
    """Try again at once."""
    while True:
        with pytest.raises(NetworkError):
            await dial(dialler)


def attempts(error: type[NetworkError], seconds: float) -> Slow:
    """Let two lines to one home try for some time."""
    web = Slow(error)

    async def main() -> None:
        dialler = Dialler(cast("Web", web), "home")
        lines = [asyncio.create_task(keep_trying(dialler)) for _ in range(2)]
        await asyncio.sleep(seconds)
        for line in lines:
            line.cancel()
        await asyncio.wait(lines)

    run(main())
    return web


def test_two_lines_to_one_home_connect_one_after_another() -> None:
    """Two handshakes in one moment are what browsers' races look like, and censors look for."""
    web = attempts(UnansweredError, 20)
    assert web.most_at_once == 1
    assert len(web.began) >= 19, "what nothing answers costs nobody anything and is tried again"


def test_handshakes_are_rationed() -> None:
    """A censor who sees the fourth in ten seconds blocks all of them for a minute."""
    began = attempts(NetworkError, 60).began
    for start in began:
        in_window = [at for at in began if start <= at < start + HELLOS_SECONDS]
        assert len(in_window) <= HELLOS_MOST
    assert len(began) > 60 / HELLOS_SECONDS


def test_a_path_that_is_known_to_be_slow_is_given_time() -> None:
    """By satellite the first answer takes 0.7 s, and that is no cut."""
    web = Slow(None)

    async def main() -> None:
        dialler = Dialler(cast("Web", web), "home")
        for _ in range(3):
            await dial(dialler)

    run(main())
    assert web.answers == [0.7, 1.0, 1.0]


def test_where_nothing_answers_the_proxy_of_the_system_is_tried() -> None:
    """In a firm the proxy is the only way out, and everybody there uses it."""
    web = Slow(UnansweredError)
    web.proxied = (HOME.host,)

    async def main() -> None:
        dialler = Dialler(cast("Web", web), "home")
        for _ in range(3):
            with pytest.raises(NetworkError):
                await dial(dialler, HOME, FRONT)

    run(main())
    assert web.tried == [(HOME.host, False), (HOME.host, True), (FRONT.host, False)]
