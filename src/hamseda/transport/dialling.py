"""See when the TCP connection of an attempt is through: aiohttp does not tell."""

from __future__ import annotations

import asyncio
import socket
from contextvars import ContextVar
from typing import Any, Final

_LOOK_SECONDS: Final = 0.05
_dialled: ContextVar[list[socket.socket] | None] = ContextVar("_dialled", default=None)
"""The sockets of the attempt that this task makes."""


class Dialling:
    """Be the sockets of one attempt. Tasks that are made inside of `with` note theirs here."""

    def __init__(self) -> None:
        self._sockets: list[socket.socket] = []

    def __enter__(self) -> None:
        self._token = _dialled.set(self._sockets)

    def __exit__(self, *_: object) -> None:
        _dialled.reset(self._token)

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
    """Make a socket of an attempt, and note it for whoever watches this attempt."""
    family, kind, protocol, _, _ = found
    made = socket.socket(family, kind, protocol)
    made.setblocking(False)
    sockets = _dialled.get()
    if sockets is not None:
        sockets.append(made)
    return made


def _is_connected(tcp: socket.socket) -> bool:
    try:
        tcp.getpeername()
    except OSError:
        return False
    return True
