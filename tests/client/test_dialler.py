"""Attempts to connect: short ones in a call, one at a time, and not too many."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, cast

import pytest

from hamseda.client.dialler import HELLOS_MOST, HELLOS_SECONDS, Dialler, patience_of
from hamseda.errors import NetworkError
from hamseda.transport.websocket import UnansweredError, WebSocket
from tests.fakes import run

if TYPE_CHECKING:
    from hamseda.transport.websocket import Web

URLS = ("wss://home.example/line",)


class Slow:
    """Be a network on which each attempt takes a second, and fails where an error is given."""

    def __init__(self, error: type[NetworkError] | None) -> None:
        self._error = error
        self.answers: list[float] = []
        self.began: list[float] = []
        self.at_once = 0
        self.most_at_once = 0

    def forget_names(self) -> None:
        """Nothing is looked up here."""

    async def connect(self, url: str, *, answer: float, rest: float) -> WebSocket:
        """Succeed or fail after a second."""
        self.answers.append(answer)
        self.began.append(asyncio.get_running_loop().time())
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        await asyncio.sleep(1)
        self.at_once -= 1
        if self._error is not None:
            raise self._error(url, failure="generic_timeout_error")
        return cast("WebSocket", object())


async def keep_trying(dialler: Dialler) -> None:
    """Try again at once, as a line in a call does."""
    while True:
        with pytest.raises(NetworkError):
            async with dialler.turn():
                await dialler.connect(URLS, patience_of(0, urgent=True))


def attempts(error: type[NetworkError], seconds: float) -> Slow:
    """Let two lines to one home try for some time."""
    web = Slow(error)

    async def main() -> None:
        dialler = Dialler(cast("Web", web))
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


def test_handshakes_in_vain_are_rationed() -> None:
    """A censor who sees the fourth in ten seconds blocks all of them for a minute."""
    began = attempts(NetworkError, 60).began
    for start in began:
        in_window = [at for at in began if start <= at < start + HELLOS_SECONDS]
        assert len(in_window) <= HELLOS_MOST
    assert len(began) > 60 / HELLOS_SECONDS


def test_patience_is_short_in_a_call_and_not_always() -> None:
    """A path that answers after a second exists: it must be reached by some attempt."""
    waits = [patience_of(attempt, urgent=True).answer for attempt in range(8)]
    assert waits == [0.7] * 7 + [2.0]
    assert patience_of(0, urgent=False).answer == 10.0


def test_a_path_that_is_known_to_be_slow_is_given_time() -> None:
    """By satellite the first answer takes 0.7 s, and that is no cut."""
    web = Slow(None)

    async def main() -> None:
        dialler = Dialler(cast("Web", web))
        for attempt in range(3):
            await dialler.connect(URLS, patience_of(attempt, urgent=True))

    run(main())
    assert web.answers == [0.7, 1.0, 1.0]
