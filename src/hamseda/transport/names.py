"""Look names up so that a question that nobody answers holds nothing else up.

The system's own way blocks for many seconds and cannot be called off. uvloop asks two questions at
a time, and queues behind them to connect even to a plain address: on a network that swallows DNS
a way that needs none would wait as well. So each question has a thread that nobody waits for, and
a name has a few of them at most.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

AGAIN_SECONDS: Final = 2.0
"""The network of now may answer what was asked on that of before."""
TIMES: Final = 5
"""Questions until a lookup gives up: 10 s, and whoever still wants the name looks it up anew."""
ASKED_MOST: Final = 8
"""Questions about one name at a time: each holds a thread until the system gives up."""
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


class Names:
    """Look names up, each with a few threads at most however often it is wanted."""

    def __init__(self, ask: Ask = ask_system, again: float = AGAIN_SECONDS) -> None:
        self._ask = ask
        self._again = again
        self._open: dict[tuple[str, int], _Question] = {}

    async def look_up(self, name: str, family: int) -> Sequence[Address]:
        """Give the addresses of a name; `OSError` where it has none, or nobody says so in time.

        Asks once more every few seconds, and takes the first answer, also one to an older question.
        A failure counts when no question is left that could bring better, and at the end.
        """
        question = self._open.setdefault((name, family), _Question())
        answer: asyncio.Future[Sequence[Address]] = asyncio.get_running_loop().create_future()
        question.waiting.add(answer)
        try:
            for _ in range(TIMES):
                if question.asked < ASKED_MOST:
                    self._start(name, family, question)
                await asyncio.wait((answer,), timeout=self._again)
                if answer.done():
                    return answer.result()
            raise question.failure or TimeoutError("nobody answers questions for names")
        finally:
            answer.cancel()
            question.waiting.discard(answer)

    def _start(self, name: str, family: int, question: _Question) -> None:
        loop = asyncio.get_running_loop()

        def told(found: Sequence[Address] | OSError | UnicodeError) -> None:
            question.asked -= 1
            if question.asked == 0:
                del self._open[name, family]
            question.answer(found)

        def work() -> None:
            found: Sequence[Address] | OSError | UnicodeError
            try:
                found = self._ask(name, family)
            except (OSError, UnicodeError) as error:
                found = error
            # Whoever wanted to know may have ended long ago.
            with contextlib.suppress(RuntimeError):
                loop.call_soon_threadsafe(told, found)

        question.asked += 1
        threading.Thread(target=work, name="look up a name", daemon=True).start()


@dataclass(slots=True)
class _Question:
    """Be what is asked about one name."""

    asked: int = 0
    """Threads that have no answer yet."""
    failure: OSError | UnicodeError | None = None
    """What the last thread said that failed."""
    waiting: set[asyncio.Future[Sequence[Address]]] = field(
        default_factory=set["asyncio.Future[Sequence[Address]]"]
    )

    def answer(self, found: Sequence[Address] | OSError | UnicodeError) -> None:
        """Tell everybody who waits; a failure only when nobody is asked any more."""
        if isinstance(found, Exception):
            self.failure = found
        for each in self.waiting:
            if each.done():
                continue
            if not isinstance(found, Exception):
                each.set_result(found)
            elif self.asked == 0:
                each.set_exception(found)
