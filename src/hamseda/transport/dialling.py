"""See how far an attempt came, keep it to one TLS hello, and to places far enough away."""

from __future__ import annotations

import asyncio
import socket
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, Final

from hamseda.wire.scope import Scope, scope_of

_LOOK_SECONDS: Final = 0.05
_attempt: ContextVar[Dialling | None] = ContextVar("_attempt", default=None)
"""The attempt that this task makes."""


@dataclass(slots=True)
class Reach:
    """Say how near an attempt may go, and learn how near it went (spec/endpoints.md §7)."""

    floor: Scope
    went: Scope | None = None
    """None where nothing was dialled, or a proxy was."""

    def met_at(self, host: str) -> Scope:
        """Give how near a host is that answered; what a proxy reached by a name counts as far."""
        scope = scope_of(host) if self.went is None else self.went
        return Scope.PUBLIC if scope is None else scope


class Dialling:
    """Be one attempt: the sockets that tasks make inside of `with`, and whether TLS began."""

    def __init__(self, reach: Reach | None) -> None:
        self._reach = reach
        self._sockets: list[socket.socket] = []
        self._has_greeted = False

    def __enter__(self) -> None:
        self._token = _attempt.set(self)

    def __exit__(self, *_: object) -> None:
        _attempt.reset(self._token)

    def add(self, made: socket.socket, address: str) -> None:
        """Note a socket, and how near it goes."""
        self._sockets.append(made)
        if self._reach is not None:
            self._reach.went = scope_of(address)

    def require(self, address: str) -> None:
        """Raise `OSError` for what may not be dialled.

        That is a further address of a name when TLS failed at one: aiohttp would say hello to each
        of them within milliseconds (spec/endpoints.md §1). And an address that is too near,
        whatever name led to it.
        """
        if self._has_greeted:
            raise ConnectionResetError("TLS was begun and failed at an address before")
        if self._reach is not None and not may_reach(address, self._reach.floor):
            raise OSError("this address is nearer than the home may be")

    def greeted(self) -> None:
        """Learn that a TLS hello leaves."""
        self._has_greeted = True

    async def is_answered(self, opening: asyncio.Task[Any], patience: float) -> bool:
        """Wait until TCP is through, or all is over, or `patience` seconds have passed."""
        clock = asyncio.get_running_loop().time
        until = clock() + patience
        while not opening.done() and not any(map(_is_connected, self._sockets)):
            left = until - clock()
            if left <= 0:
                return False
            await asyncio.wait((opening,), timeout=min(left, _LOOK_SECONDS))
        return True


def dial(found: tuple[int, int, int, str, tuple[object, ...]]) -> socket.socket:
    """Make a socket of an attempt, and note it there; `OSError` for what may not be dialled."""
    attempt = _attempt.get()
    family, kind, protocol, _, place = found
    if attempt is not None:
        attempt.require(str(place[0]))
    made = socket.socket(family, kind, protocol)
    made.setblocking(False)
    if attempt is not None:
        attempt.add(made, str(place[0]))
    return made


def may_reach(host: str, floor: Scope) -> bool:
    """Tell whether a place is far enough; a name is, until its address is known."""
    scope = scope_of(host)
    return scope is None or scope >= floor


def note_hello() -> None:
    """Learn that the attempt of this task says hello in TLS."""
    attempt = _attempt.get()
    if attempt is not None:
        attempt.greeted()


def _is_connected(tcp: socket.socket) -> bool:
    try:
        tcp.getpeername()
    except OSError:
        return False
    return True
