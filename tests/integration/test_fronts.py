"""A way in through somebody else's machine: calls, admission, and whose rations are used."""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path
from typing import Any

import pytest

from hamseda.wire.link import HomeLink
from hamseda.wire.status import Status
from tests.integration.fronts import (
    Front,
    admit,
    admitted_front,
    hidden_home,
    link_of,
    until,
)
from tests.integration.hearing import hold_a_call
from tests.integration.running import Running
from tests.integration.world import Pair, World
from tests.serve.line_client import LineClient, TestMailbox
from tests.speech import voice

pytestmark = pytest.mark.calls
VOICE = voice("jfk")


class Neighbour(LineClient):
    """Be a client at an address of its own."""

    def __init__(self, link: HomeLink, source: str) -> None:
        super().__init__(link)
        self._source = source

    def _socket(self, address: tuple[Any, ...]) -> socket.socket:
        made = super()._socket(address)
        made.bind((self._source, 0))
        return made

    async def create(self) -> Status:
        """Create a mailbox, which takes one of the rations."""
        return Status((await self.request(TestMailbox().create(self.q()))).status)


def test_a_running_home_takes_a_front_in_without_cutting_a_line(tmp_path: Path) -> None:
    """Whoever talks while a front is admitted must not notice."""
    with World(tmp_path) as world:
        home = world.home()
        front = Front(world, home)

        async def scene() -> None:
            async with Neighbour(link_of(home), "127.0.0.1") as talking:
                await asyncio.to_thread(admit_and_remove)
                assert await talking.create() == Status.OK

        def admit_and_remove() -> None:
            admit(world, home, front.line)
            for link in (link_of(home), front.link):
                until(link, lambda ends: front.admission.endpoint == ends[-1])
            listed = admit(world, home).all("admitted")
            assert [each["admit"] for each in listed] == [front.line]
            admit(world, home, "--remove", front.line)
            until(link_of(home), lambda ends: front.admission.endpoint not in ends)

        asyncio.run(scene())


def befriended_through(world: World, front: Front) -> Pair:
    """Make two people contacts of each other who have the address of a front and no other."""
    ali, maryam = world.person("ali"), world.person("maryam")
    inviting = ali.start("invite", "--home", str(front.link), "--name", "maryam", "--wait")
    invitation = str(inviting.wait_for("invitation")["link"]).partition("#")[2]
    at_front = str(front.link).partition("#")[0]
    maryam.accept(f"{at_front}#{invitation}", "ali")
    inviting.ended()
    return Pair(ali, maryam)


def test_a_call_goes_through_a_front_from_the_invitation_on(tmp_path: Path) -> None:
    """Who can reach nothing but the front must be able to do all that others can."""
    with World(tmp_path) as world:
        home = hidden_home(world)
        front = admitted_front(world, home)
        pair = befriended_through(world, front)
        answering = pair.maryam.start_answer("--once", play=VOICE)
        calling = pair.ali.start_call("maryam", play=VOICE, duration=4)
        for side in (calling, answering):
            side.wait_for("connected")
        calling.ended()
        answering.ended()
        quality = calling.last("quality")
        assert int(quality["frames_on_time"]) > 0.9 * int(quality["frames_expected"])
        assert "event=bug" not in home.log + front.process.stderr


def test_a_call_outlives_the_front_that_it_runs_through(tmp_path: Path) -> None:
    """A volunteer's machine may go at any time; the people who talk hear a short gap."""
    with World(tmp_path) as world:
        home = hidden_home(world)
        one, _ = (admitted_front(world, home, name) for name in ("one", "other"))
        pair = befriended_through(world, one)
        calling, answering = hold_a_call(pair.ali, pair.maryam)
        before = {side: side.wait_for("quality") for side in (calling, answering)}
        one.process.kill()
        for side in (calling, answering):
            # 0 is the home's own address, 1 the front that is gone.
            side.wait_for("path", endpoint=2)
            heard = [before[side]]
            for _ in range(6):
                heard.append(side.wait_for("quality", after=heard[-1]))
            assert int(heard[-1]["frames_on_time"]) > int(heard[-2]["frames_on_time"]) + 25
            silences = [int(each["silent_ms"]) for each in side.all("recovered")]
            assert len(silences) == len(side.all("trouble"))
            assert max(silences, default=0) < 3000
        assert calling.stop() == 0
        answering.ended()
        assert answering.last("ended")["reason"] == "remote_hangup"


async def _creations(link: HomeLink) -> list[Status]:
    """Let two households create two mailboxes each."""
    answers: list[Status] = []
    for source in ("127.1.1.1", "127.2.2.2"):
        async with Neighbour(link, source) as neighbour:
            answers += [await neighbour.create(), await neighbour.create()]
    return answers


def test_people_of_an_admitted_front_have_rations_of_their_own(tmp_path: Path) -> None:
    """Else the whole country that comes through one machine would be one household.

    A front that nobody admitted works as well, for the one household that it is itself.
    """
    with World(tmp_path) as world:
        home = world.home(creations_per_hour=2)
        front = admitted_front(world, home)
        assert asyncio.run(_creations(front.link)) == [
            Status.OK,
            Status.QUOTA,
            Status.OK,
            Status.QUOTA,
        ]
        stranger = Front(world, home, "stranger")
        assert asyncio.run(_creations(stranger.link)) == [Status.OK] + [Status.QUOTA] * 3


def test_a_front_outlives_restarts_of_its_home(tmp_path: Path) -> None:
    """A volunteer starts it once and forgets it."""

    async def ask(link: HomeLink) -> Status:
        async with LineClient(link) as client:
            return Status((await client.request(TestMailbox().create(client.q()))).status)

    with World(tmp_path) as world:
        home = world.home()
        front = admitted_front(world, home)
        home.stop()
        home.start()
        assert asyncio.run(ask(front.link)) == Status.OK
        assert front.process.stop() == 0
        assert "event=bug" not in front.process.stderr


def test_without_its_home_a_front_does_not_begin(tmp_path: Path) -> None:
    """Who mistyped the link must read so, and not wait for people who never come."""
    with World(tmp_path) as world:
        home = world.home()
        home.stop()
        args = ["front", "--home", home.link, "--data", str(tmp_path / "f"), "--port", "0"]
        world.keep(Running("front", args, world.environment(None, {}))).ended(status=5)
