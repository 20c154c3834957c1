"""A question for a name that nobody answers holds nothing else up."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

import pytest
import uvloop

from hamseda.errors import NetworkError
from hamseda.transport.names import Address, look_up
from hamseda.transport.websocket import Web

FOUND = Address(socket.AF_INET, "192.0.2.1")
Run = Callable[[Coroutine[Any, Any, None]], object]
RUNS: dict[str, Run] = {"asyncio": asyncio.run, "uvloop": uvloop.run}


@pytest.mark.parametrize("run", RUNS.values(), ids=RUNS)
def test_lost_questions_do_not_keep_another_way_waiting(run: Run) -> None:
    """Where DNS is swallowed the firm's proxy has a plain address, and a call waits for it."""
    over = threading.Event()

    def swallow(_name: str, _family: int) -> Sequence[Address]:
        over.wait()
        return []

    def know(_name: str, _family: int) -> Sequence[Address]:
        return [FOUND]

    async def main() -> None:
        lost = [
            asyncio.create_task(look_up(f"{each}.example", socket.AF_INET, ask=swallow))
            for each in range(8)
        ]
        await asyncio.sleep(0)
        assert await look_up("home.example", socket.AF_INET, ask=know) == [FOUND]
        with socket.create_server(("127.0.0.1", 0)) as proxy, socket.socket() as mine:
            mine.setblocking(False)
            await asyncio.get_running_loop().sock_connect(mine, proxy.getsockname())
        over.set()
        await asyncio.wait(lost)

    run(main())


def test_what_was_asked_on_a_dead_network_is_asked_again() -> None:
    """The system repeats a lost question after five seconds, and a call has less."""
    over = threading.Event()
    asked: list[str] = []

    def first_is_lost(name: str, _family: int) -> Sequence[Address]:
        asked.append(name)
        if len(asked) == 1:
            over.wait()
            return []
        return [FOUND]

    async def main() -> None:
        found = await look_up("home.example", socket.AF_INET, ask=first_is_lost, again=0.01)
        assert found == [FOUND]
        over.set()

    asyncio.run(main())
    assert asked == ["home.example", "home.example"]


def test_who_no_longer_waits_is_not_told() -> None:
    """An attempt was given up; its answer comes later, and nobody is there."""
    over = threading.Event()
    told = threading.Event()

    def slow(_name: str, _family: int) -> Sequence[Address]:
        over.wait()
        told.set()
        raise socket.gaierror(socket.EAI_AGAIN, "too late")

    async def main() -> None:
        waiting = asyncio.create_task(look_up("home.example", socket.AF_INET, ask=slow))
        await asyncio.sleep(0)
        waiting.cancel()
        over.set()
        await asyncio.to_thread(told.wait)

    asyncio.run(main())


def test_a_name_without_an_address_is_an_error_of_the_system() -> None:
    """It is told apart from a home that does not answer."""

    def unknown(_name: str, _family: int) -> Sequence[Address]:
        raise socket.gaierror(socket.EAI_NONAME, "unknown")

    async def main() -> None:
        with pytest.raises(socket.gaierror):
            await look_up("nobody.example", socket.AF_INET, ask=unknown)

    asyncio.run(main())


def test_this_machine_has_a_name() -> None:
    """The one name that is known without asking any network."""

    async def main() -> None:
        found = await look_up("localhost", socket.AF_INET)
        assert Address(socket.AF_INET, "127.0.0.1") in found
        async with Web() as web:
            with socket.create_server(("127.0.0.1", 0)) as nobody:
                port = nobody.getsockname()[1]
            with pytest.raises(NetworkError, match="connection_refused"):
                await web.connect(f"ws://localhost:{port}/line")

    asyncio.run(main())
