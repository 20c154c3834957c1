"""Open connections to one home: one attempt at a time, and none that waits long in a call.

An attempt that nothing answers is given up for a fresh one: TCP repeats its first packet after 1 s,
then 2, then 4, and by then the network may be back for long (spec/media.md §7). What a censor could
take for a race, several TLS handshakes to one host in a moment, does not happen: the lines to one
home share a dialler.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from hamseda.errors import NetworkError
from hamseda.transport.websocket import UnansweredError, Web, WebSocket

HELLOS_MOST = 3
"""TLS handshakes in vain within `HELLOS_SECONDS`, after which a dialler waits."""
HELLOS_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Patience:
    """Say for how many seconds an attempt may take."""

    answer: float
    """Until the other side answers at all."""
    rest: float
    """Then for TLS and the upgrade, and once more for the line's own handshake."""


CALM = Patience(10.0, 10.0)
QUICK = Patience(0.7, 3.0)
LESS_QUICK = Patience(2.0, 10.0)
_PATIENT_EVERY = 8
"""A path that has become slow is never reached by quick attempts alone."""


def patience_of(attempt: int, *, urgent: bool) -> Patience:
    """Give the patience of an attempt, counted from 0."""
    if not urgent:
        return CALM
    return LESS_QUICK if attempt % _PATIENT_EVERY == _PATIENT_EVERY - 1 else QUICK


class Dialler:
    """Be shared by all lines of one client to one home."""

    def __init__(self, web: Web) -> None:
        self._web = web
        self._turn = asyncio.Lock()
        self._in_vain: deque[float] = deque(maxlen=HELLOS_MOST)
        self._took = 0.0
        """Seconds that the last connection took to open: three round trips or more."""

    @asynccontextmanager
    async def turn(self) -> AsyncGenerator[None]:
        """Wait until no other line to this home is being opened, and keep them waiting."""
        async with self._turn:
            now = asyncio.get_running_loop().time()
            if len(self._in_vain) == HELLOS_MOST:
                await asyncio.sleep(max(0.0, self._in_vain[0] + HELLOS_SECONDS - now))
            try:
                yield
            except NetworkError as error:
                if not isinstance(error, UnansweredError):
                    self._in_vain.append(asyncio.get_running_loop().time())
                raise

    async def connect(self, urls: tuple[str, ...], patience: Patience) -> WebSocket:
        """Try the endpoints one after another; within a `turn`.

        A quick attempt waits longer for an answer where the path is known to be slow.
        """
        now = asyncio.get_running_loop().time
        answer = max(patience.answer, min(self._took, LESS_QUICK.answer))
        if patience is not QUICK:
            self._web.forget_names()
        failure: NetworkError | None = None
        for url in urls:
            began = now()
            try:
                websocket = await self._web.connect(url, answer=answer, rest=patience.rest)
            except NetworkError as error:
                failure = failure or error
            else:
                self._took = now() - began
                return websocket
        raise failure or NetworkError("this home has no endpoint", failure="host_unreachable")
