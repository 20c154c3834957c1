"""Open connections to one home: by which endpoint, one attempt at a time, none too long.

`hamseda.protocol.ladder` decides; here it gets its clock, its dice and its memory. What a censor
could take for a race, several TLS handshakes in a moment, does not happen: all lines to one home
share a dialler.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from hamseda.client.networks import Networks
from hamseda.errors import NetworkError, WireError
from hamseda.protocol.ladder import Failure, Hellos, Ladder, Rung, Urgency
from hamseda.transport.dialling import Reach
from hamseda.transport.web_failures import UnansweredError
from hamseda.transport.websocket import Web, WebSocket
from hamseda.wire.descriptor import Endpoint
from hamseda.wire.host import is_loopback
from hamseda.wire.scope import Scope

_SILENT = ("generic_timeout_error", "line_mute")
_CUT_OFF = ("connection_reset", "eof_error")
_PLAIN = ("connection_refused", "line_wrong_key", "http_not_a_home", "dns_lookup_error")
"""Failures that say what is wrong by themselves."""
_SPOILED = "every way to the home is cut off: it is likely that somebody blocks it on this network"
_GUESSES = {
    Failure.SILENT: "connections are answered, and then nothing comes any more:"
    " it is likely that this network cuts connections abroad",
    Failure.UNANSWERED: "nothing answers at all: this network is cut off, or the home is down",
    Failure.REFUSED: _SPOILED,
}
_AGAIN = "try another network, or ask whoever runs the home for another way to it"


@dataclass(slots=True)
class Way:
    """Be one attempt, and the way of the line that came of it."""

    ladder: Ladder = field(repr=False)
    rung: int
    end: Endpoint = field(repr=False)
    answer: float
    """Seconds until the other side answers at all."""
    rest: float
    """Then for TLS and the upgrade, and once more for the line's own handshake."""
    network: str = field(repr=False)
    began: float
    took: float = 0.0
    """Seconds until the line was open."""

    @property
    def endpoint(self) -> int:
        """Give the index of its endpoint."""
        return self.ladder.rungs[self.rung].endpoint


class Dialler:
    """Be shared by all lines of one client to one home."""

    def __init__(self, web: Web, home_id: str, networks: Networks | None = None) -> None:
        self._web = web
        self._home_id = home_id
        self._networks = networks
        self._turn = asyncio.Lock()
        self._hellos = Hellos()
        self._ladder = Ladder((), self._hellos)
        self._known: tuple[object, ...] = ()
        self._in_use: list[Way] = []

    @asynccontextmanager
    async def attempt(
        self, endpoints: tuple[Endpoint, ...], urgency: Urgency
    ) -> AsyncGenerator[Way]:
        """Choose a way when no other line to this home is being opened, and keep those waiting.

        What is raised inside is what came of the attempt.
        """
        clock = asyncio.get_running_loop().time
        async with self._turn:
            ladder, network = self._ladder_of(endpoints)
            in_use = [way.rung for way in self._in_use if way.ladder is ladder]
            step = ladder.choose(clock(), urgency, in_use)
            await asyncio.sleep(step.wait)
            end = endpoints[ladder.rungs[step.rung].endpoint]
            way = Way(ladder, step.rung, end, step.answer, step.rest, network, clock())
            if urgency is not Urgency.CALL:
                self._web.forget_names()
            try:
                yield way
            except (NetworkError, WireError) as error:
                failure = _failure_of(error)
                if failure is not Failure.UNANSWERED:
                    ladder.said_hello(step.rung, clock())
                ladder.failed(step.rung, clock(), failure)
                raise
            ladder.said_hello(step.rung, clock())
            way.took = clock() - way.began
            self._in_use.append(way)

    async def connect(self, way: Way, url: str, floor: Scope) -> WebSocket:
        """Open the WebSocket of an attempt, no nearer than `floor`."""
        return await self._web.connect(
            url,
            reach=Reach(floor),
            answer=way.answer,
            rest=way.rest,
            tls_name=way.end.tls_name,
            by_proxy=way.ladder.rungs[way.rung].by_proxy,
        )

    def opened(self, way: Way) -> None:
        """Learn that the home keeps the line that came of an attempt."""
        way.ladder.opened(way.rung, way.took)
        self._remember(way)

    def ended(self, way: Way, *, is_mute: bool, is_cut: bool = False) -> None:
        """Learn that a line is no more: it fell silent alone, or with all others, or neither."""
        now = asyncio.get_running_loop().time()
        if way in self._in_use:
            self._in_use.remove(way)
        before = way.ladder.demoted
        if is_cut:
            way.ladder.cut(way.rung, now)
        else:
            way.ladder.ended(way.rung, now, now - way.began, is_mute=is_mute)
        if way.ladder.demoted != before:
            self._remember(way)

    def pause(self, urgency: Urgency) -> float:
        """Give the seconds until the next attempt of a line."""
        return self._ladder.pause(urgency, random.random())  # noqa: S311 - spread, no secret

    def explain(self, last: NetworkError | None) -> NetworkError:
        """Say what the failures of all endpoints together mean; a guess is told as one."""
        if not self._web.own_network():
            return NetworkError(
                "this device is in no network",
                failure="host_unreachable",
                next="switch on Wi-Fi or mobile data; what waits goes on by itself",
            )
        if last is None:
            return NetworkError(
                "the home does not answer", failure="generic_timeout_error", next=_AGAIN
            )
        failures = set(self._ladder.failures)
        is_here = all(is_loopback(rung.host) for rung in self._ladder.rungs)
        if is_here or last.failure in _PLAIN or len(failures) != 1:
            return last
        failure = failures.pop()
        words = None if failure is None else _GUESSES.get(failure)
        if words is None or (words is _SPOILED and last.failure not in _CUT_OFF):
            return last
        return NetworkError(words, failure=last.failure, next=_AGAIN)

    def _remember(self, way: Way) -> None:
        if self._networks is not None:
            rungs, ladder = way.ladder.rungs, way.ladder
            self._networks.remember(
                way.network, self._home_id, rungs, worked=ladder.worked, demoted=ladder.demoted
            )

    def _ladder_of(self, endpoints: tuple[Endpoint, ...]) -> tuple[Ladder, str]:
        """Give the ladder of this network, a new one when endpoints, network or proxy changed."""
        if not endpoints:
            raise NetworkError("this home has no endpoint", failure="host_unreachable")
        network = self._web.own_network()
        rungs = (
            *(_rung(index, end) for index, end in enumerate(endpoints)),
            *(
                _rung(index, end, by_proxy=True)
                for index, end in enumerate(endpoints)
                if end.scheme == "https" and self._web.has_proxy(end.host)
            ),
        )
        if self._known != (rungs, network):
            self._known = (rungs, network)
            worked: list[int] = []
            demoted: list[int] = []
            if self._networks is not None and network:
                worked, demoted = self._networks.recall(network, self._home_id, rungs)
            self._ladder = Ladder(rungs, self._hellos, worked, demoted)
        return self._ladder, network


def _rung(index: int, end: Endpoint, *, by_proxy: bool = False) -> Rung:
    return Rung(index, end.host, end.tls_name, end.port, by_proxy)


def _failure_of(error: NetworkError | WireError) -> Failure:
    if isinstance(error, UnansweredError):
        return Failure.UNANSWERED
    if isinstance(error, NetworkError) and error.failure in _SILENT:
        return Failure.SILENT
    return Failure.REFUSED
