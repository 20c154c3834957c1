"""Look names up so that a question that nobody answers holds nothing else up.

The system's own way blocks for many seconds and cannot be called off. uvloop asks two questions at
a time, and queues behind them to connect even to a plain address: on a network that swallows DNS
a way that needs none would wait as well. So each question has a thread that nobody waits for.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

AGAIN_SECONDS: Final = 2.0
"""The network of now may answer what was asked on that of before."""
_FLAGS: Final = socket.NI_NUMERICHOST | socket.NI_NUMERICSERV


class Address(NamedTuple):
    """Be one address of a name; `family` as in `socket`."""

    family: int
    host: str


Ask = Callable[[str, int], Sequence[Address]]
"""Asks for the addresses of a name in a family, and blocks meanwhile. Raises `OSError`."""


def ask_system(name: str, family: int) -> Sequence[Address]:
    """Ask as every program of this machine does, however long that takes. Raise `OSError`."""
    found = socket.getaddrinfo(
        name, None, family=family, type=socket.SOCK_STREAM, flags=socket.AI_ADDRCONFIG
    )
    # A link-local address is of use only with its interface, which this adds.
    return [Address(kind, socket.getnameinfo(end, _FLAGS)[0]) for kind, _, _, _, end in found]


async def look_up(
    name: str, family: int, *, ask: Ask = ask_system, again: float = AGAIN_SECONDS
) -> Sequence[Address]:
    """Give the addresses of a name; `OSError` where it has none, or the system gives up.

    Asks once more every `again` seconds, and takes the first answer.
    """
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[Sequence[Address]] = loop.create_future()

    def tell(found: Sequence[Address] | OSError | UnicodeError) -> None:
        if answer.done():
            return
        if isinstance(found, Exception):
            answer.set_exception(found)
        else:
            answer.set_result(found)

    def work() -> None:
        found: Sequence[Address] | OSError | UnicodeError
        try:
            found = ask(name, family)
        except (OSError, UnicodeError) as error:
            found = error
        # Whoever wanted to know may have ended long ago.
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(tell, found)

    try:
        while not answer.done():
            threading.Thread(target=work, name="look up a name", daemon=True).start()
            await asyncio.wait((answer,), timeout=again)
        return answer.result()
    finally:
        answer.cancel()
