"""See how far an attempt came, and keep it to one TLS hello: aiohttp does neither."""

from __future__ import annotations

import asyncio
import socket
from contextvars import ContextVar
from typing import Any, Final

_LOOK_SECONDS: Final = 0.05
_attempt: ContextVar[Dialling | None] = ContextVar("_attempt", default=None)
"""The attempt that this task makes."""


class Dialling:
    """Be one attempt: the sockets that tasks make inside of `with`, and whether TLS began."""

    def __init__(self) -> None:
        self._sockets: list[socket.socket] = []
        self._has_greeted = False

    def __enter__(self) -> None:
        self._token = _attempt.set(self)

    def __exit__(self, *_: object) -> None:
        _attempt.reset(self._token)

    def add(self, made: socket.socket) -> None:
        """Note a socket."""
        self._sockets.append(made)

    def may_dial(self) -> bool:
        """Tell whether another address may be dialled: not once one was greeted."""
        return not self._has_greeted

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
    """Make a socket of an attempt, and note it for whoever watches this attempt.

    Raises `OSError` for a further address of a name when TLS failed at one: aiohttp would say
    hello to each of them within milliseconds (spec/endpoints.md §1).
    """
    attempt = _attempt.get()
    if attempt is not None and not attempt.may_dial():
        raise ConnectionResetError("TLS was begun and failed at an address before")
    family, kind, protocol, _, _ = found
    made = socket.socket(family, kind, protocol)
    made.setblocking(False)
    if attempt is not None:
        attempt.add(made)
    return made


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
