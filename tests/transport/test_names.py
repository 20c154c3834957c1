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
from hamseda.transport.dialling import Reach
from hamseda.transport.names import ASKED_MOST, TIMES, Address, Names
from hamseda.transport.websocket import Web
from hamseda.wire.scope import Scope

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
            asyncio.create_task(Names(swallow).look_up(f"{each}.example", socket.AF_INET))
            for each in range(8)
        ]
        await asyncio.sleep(0)
        assert await Names(know).look_up("home.example", socket.AF_INET) == [FOUND]
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
        found = await Names(first_is_lost, again=0.1).look_up("home.example", socket.AF_INET)
        assert found == [FOUND]
        over.set()

    asyncio.run(main())
    assert asked == ["home.example", "home.example"]


def test_a_name_holds_a_few_threads_however_often_it_is_wanted() -> None:
    """A call looks for a way twice a second for 90 s, and one answer serves the newest attempt."""
    over = threading.Event()
    asked: list[str] = []

    def slow(name: str, _family: int) -> Sequence[Address]:
        asked.append(name)
        over.wait()
        return [FOUND]

    async def main() -> None:
        names = Names(slow, again=0.5)
        for _ in range(4 * ASKED_MOST):
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.005):
                    await names.look_up("home.example", socket.AF_INET)
        newest = asyncio.create_task(names.look_up("home.example", socket.AF_INET))
        await asyncio.sleep(0)
        over.set()
        assert await newest == [FOUND]

    asyncio.run(main())
    assert len(asked) == ASKED_MOST


def test_an_answer_counts_more_than_a_failure_of_before() -> None:
    """The network that the first question went to is gone, and its end says nothing of this one."""
    second_asked = threading.Event()
    askers: list[threading.Thread] = []

    def first_fails_late(_name: str, _family: int) -> Sequence[Address]:
        askers.append(threading.current_thread())
        if len(askers) == 1:
            second_asked.wait()
            raise socket.gaierror(socket.EAI_AGAIN, "too late")
        second_asked.set()
        # Once the first is over, it has told.
        askers[0].join()
        return [FOUND]

    async def main() -> None:
        names = Names(first_fails_late, again=0.1)
        assert await names.look_up("home.example", socket.AF_INET) == [FOUND]

    asyncio.run(main())


def test_a_lookup_ends_where_every_answer_is_a_late_failure() -> None:
    """Nobody may be left asking for days; aiohttp lets a lookup run on when its attempt is over."""
    asked: list[str] = []
    times_over = threading.Event()

    def fails_late(name: str, _family: int) -> Sequence[Address]:
        asked.append(name)
        if len(asked) == TIMES:
            times_over.set()
        # The first failure comes only after the last question.
        times_over.wait()
        raise socket.gaierror(socket.EAI_AGAIN, "nobody answers")

    async def main() -> None:
        with pytest.raises(OSError, match="nobody answers"):
            await Names(fails_late, again=0.01).look_up("home.example", socket.AF_INET)

    asyncio.run(main())
    assert len(asked) == TIMES


def test_a_lookup_ends_where_nobody_answers_at_all() -> None:
    """What swallows questions swallows them for as long as it likes."""
    over = threading.Event()
    asked: list[str] = []

    def swallow(name: str, _family: int) -> Sequence[Address]:
        asked.append(name)
        over.wait()
        return []

    async def main() -> None:
        with pytest.raises(TimeoutError):
            await Names(swallow, again=0.001).look_up("home.example", socket.AF_INET)
        over.set()

    asyncio.run(main())
    assert len(asked) == TIMES


def test_who_no_longer_waits_is_not_told() -> None:
    """An attempt was given up; its answer comes later, and nobody is there."""
    over = threading.Event()
    told = threading.Event()

    def slow(_name: str, _family: int) -> Sequence[Address]:
        over.wait()
        told.set()
        raise socket.gaierror(socket.EAI_AGAIN, "too late")

    async def main() -> None:
        waiting = asyncio.create_task(Names(slow).look_up("home.example", socket.AF_INET))
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
            await Names(unknown).look_up("nobody.example", socket.AF_INET)

    asyncio.run(main())


def test_this_machine_has_a_name() -> None:
    """The one name that is known without asking any network."""

    async def main() -> None:
        found = await Names().look_up("localhost", socket.AF_INET)
        assert Address(socket.AF_INET, "127.0.0.1") in found
        async with Web() as web:
            with socket.create_server(("127.0.0.1", 0)) as nobody:
                port = nobody.getsockname()[1]
            with pytest.raises(NetworkError, match="connection_refused"):
                await web.connect(f"ws://localhost:{port}/line", reach=Reach(Scope.LOOPBACK))

    asyncio.run(main())
