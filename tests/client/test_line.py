"""A line that opens is not yet a line that works; and one that does not open says why."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import cast

import pytest

from hamseda.client.api import Client
from hamseda.client.events import Connected, Problem
from hamseda.client.networks import NETWORKS_MOST, Networks
from hamseda.client.profile import Kind, Profile
from hamseda.errors import NetworkError
from hamseda.protocol.ladder import Rung
from hamseda.transport.websocket import Web
from tests.client.memory_home import MemoryHome, MemoryWeb
from tests.client.people import befriend, call_and_answer, person, until
from tests.fakes import run

FRONT = "front.example"


def home_with(*fronts: str) -> MemoryHome:
    """Make a home that has these endpoints besides its own."""
    home = MemoryHome()
    home.sign(home.host, *fronts)
    return home


def test_a_line_that_freezes_under_the_first_question_is_left(tmp_path: Path) -> None:
    """Russian providers let 25 packets pass: TLS and the handshake, and then nothing."""

    async def main() -> None:
        home = home_with(FRONT)
        async with person(tmp_path / "b", home) as bahar:
            async with person(tmp_path / "a", home) as ali:
                await befriend(home, ali, bahar, "ali", "bahar")
            home.freezes[home.host] = 3
            async with person(tmp_path / "a", home) as ali:
                loop = asyncio.get_running_loop()
                began = loop.time()
                out, incoming = await call_and_answer(ali, bahar, "bahar")
                await until(out, Connected)
                assert loop.time() - began < 10.0
                out.hang_up()
                await incoming.ended()

    run(main())


def test_a_line_that_waits_follows_its_machine_to_another_network(tmp_path: Path) -> None:
    """Who came home from work can be called at once, not half a minute later."""

    async def main() -> None:
        home = home_with()
        async with person(tmp_path, home) as ali:
            await ali.invite(home.link, name="bahar")
            (line,) = home.connections
            line.is_still = line.stranded = True
            await asyncio.sleep(7)
            assert not line.is_open
            assert len(home.connections) == 1

    run(main())


def test_what_worked_here_is_tried_first_the_next_time(tmp_path: Path) -> None:
    """A person on a network that blocks the home waits for it once, not every morning."""

    async def main() -> None:
        home = home_with(FRONT)
        home.silent.add(home.host)
        async with person(tmp_path / "a", home) as ali:
            home.silent.clear()
            await ali.invite(home.link, name="bahar")
            home.silent.add(home.host)
            home.break_all()
            await asyncio.sleep(20)
            assert home.dialled[-1] == FRONT
        home.dialled.clear()
        async with person(tmp_path / "a", home) as ali:
            await ali.ready()
            assert home.dialled == [FRONT]

    run(main())


def test_another_network_is_another_memory(tmp_path: Path) -> None:
    """At home nothing is blocked, and the detour of the office is none of its business."""
    profile = Profile.open(tmp_path)
    networks = Networks(profile)
    rungs = [Rung(0, "home.example", "", 443), Rung(1, FRONT, "", 443)]
    networks.remember("office", "home", rungs, worked=[1, 0], demoted=[0])
    assert networks.recall("office", "home", rungs) == ([1], [0])
    assert networks.recall("office", "other home", rungs) == ([], [])
    assert networks.recall("kitchen", "home", rungs) == ([], [])
    profile.close()


def test_no_network_and_no_endpoint_stands_in_a_profile(tmp_path: Path) -> None:
    """Whoever takes the disk must not read where its owner has been."""
    profile = Profile.open(tmp_path)
    networks = Networks(profile)
    rungs = [Rung(0, "home.example", "", 443)]
    for number in range(NETWORKS_MOST + 4):
        networks.remember(f"192.0.{number}.0/24", "home", rungs, worked=[0], demoted=[])
    items = profile.items(Kind.NETWORK)
    assert len(items) == NETWORKS_MOST + 1, "the networks, and the salt"
    for id, value in items:
        assert b"192.0" not in id + value
        assert b"example" not in id + value
    assert networks.recall("192.0.19.0/24", "home", rungs) == ([0], [])
    profile.close()


def test_a_damaged_memory_is_forgotten(tmp_path: Path) -> None:
    """It is a help, not a thing to fail over."""
    profile = Profile.open(tmp_path)
    networks = Networks(profile)
    rungs = [Rung(0, "home.example", "", 443)]
    networks.remember("office", "home", rungs, worked=[0], demoted=[])
    with profile.transaction() as change:
        for id, _ in profile.items(Kind.NETWORK):
            if id != b"salt":
                change.put(Kind.NETWORK, id, b"\xff")
    assert networks.recall("office", "home", rungs) == ([], [])
    profile.close()


@pytest.mark.parametrize(
    ("trouble", "words"),
    [
        ("silent", "likely that this network cuts connections abroad"),
        ("unplugged", "this device is in no network"),
    ],
)
def test_who_waits_hears_why_within_ten_seconds(tmp_path: Path, trouble: str, words: str) -> None:
    """Who hears only that it does not work changes what is not broken."""

    async def main() -> None:
        home = home_with(FRONT)
        web = MemoryWeb(home)
        async with person(tmp_path, home) as ali:
            await ali.invite(home.link, name="bahar")
        if trouble == "silent":
            home.silent |= home.hosts
        else:
            home.is_up, web.network = False, ""
        async with Client.over(cast("Web", web), Profile.open(tmp_path)) as ali:
            began = asyncio.get_running_loop().time()
            with pytest.raises(NetworkError, match=words) as failed:
                await ali.ready()
            assert asyncio.get_running_loop().time() - began <= 10.0
            assert failed.value.next

    run(main())


def test_in_a_call_an_outage_is_explained_within_ten_seconds(tmp_path: Path) -> None:
    """Never "the other side hung up", and it goes on by itself."""

    async def main() -> None:
        home = home_with(FRONT)
        async with person(tmp_path / "a", home) as ali, person(tmp_path / "b", home) as bahar:
            await befriend(home, ali, bahar, "ali", "bahar")
            out, incoming = await call_and_answer(ali, bahar, "bahar")
            await until(out, Connected)
            for host in home.hosts:
                home.silence(host)
            began = asyncio.get_running_loop().time()
            problem = (await until(out, Problem))[-1]
            assert isinstance(problem, Problem)
            assert "abroad" in problem.error
            assert "goes on" in problem.next
            assert asyncio.get_running_loop().time() - began <= 10.0
            out.hang_up()
            home.silent.clear()
            await incoming.ended()

    run(main())
