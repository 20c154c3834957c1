"""A way in through somebody else's machine: calls, admission, and what the front is not."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from hamseda.crypto.home_identity import verify_home_document_untrusted
from hamseda.wire.admission import Admission, parse_admission_untrusted
from hamseda.wire.descriptor import Endpoint
from hamseda.wire.link import HomeLink, parse_link
from tests.integration.running import Running
from tests.integration.world import Home, World
from tests.serve.line_client import LineClient, TestMailbox
from tests.speech import voice

pytestmark = pytest.mark.calls
PATIENCE = 20.0


class Front:
    """Be one `hamseda front` of a home."""

    def __init__(self, world: World, home: Home, name: str = "front", *options: str) -> None:
        data = world.folder / name
        args = ["front", "--home", home.link, "--data", str(data), "--port", "0", "--json"]
        args += ["--host", "127.0.0.1", *options]
        self.home = home
        self.process = world.keep(Running(name, args, world.environment(None, {})))
        opened = self.process.wait_for("front")
        self.line = str(opened["admit"])
        self.port = int(opened["port"])
        self.admission: Admission = parse_admission_untrusted(self.line)

    @property
    def link(self) -> HomeLink:
        """Give the home's link with the front's address in it."""
        end, home = self.admission.endpoint, link_of(self.home)
        return HomeLink("https", end.host, end.port, end.door, home.home_id)


def link_of(home: Home) -> HomeLink:
    """Give the home's own link."""
    link = parse_link(home.link)
    assert isinstance(link, HomeLink)
    return link


def admit(world: World, home: Home, *args: str) -> Running:
    """Run `hamseda admit` at a home."""
    command = ["admit", "--data", str(home.data), "--json", *args]
    return world.keep(Running("admit", command, world.environment(None, {}))).ended()


async def endpoints(link: HomeLink) -> tuple[Endpoint, ...]:
    """Ask an address for what the home says of itself."""
    async with LineClient(link) as client, client.http.get(f"{client.base}/home") as response:
        document = await response.read()
    return verify_home_document_untrusted(document, link.home_id).descriptor.endpoints


async def until(link: HomeLink, claim: Callable[[tuple[Endpoint, ...]], bool]) -> None:
    """Wait until the home's description says so."""
    end = time.monotonic() + PATIENCE
    while not claim(await endpoints(link)):
        assert time.monotonic() < end, "the description never said so"
        await asyncio.sleep(0.1)


def test_a_running_home_takes_a_front_in_without_cutting_a_line(tmp_path: Path) -> None:
    """Whoever talks while a front is admitted must not notice."""

    async def scene(home: Home, front: Front) -> None:
        async with LineClient(link_of(home)) as talking:
            admit(world, home, front.line)
            await until(link_of(home), lambda ends: front.admission.endpoint in ends)
            box = TestMailbox()
            assert (await talking.request(box.create(talking.q()))).status == 0
            await until(front.link, lambda ends: front.admission.endpoint in ends)
            assert [str(each["admit"]) for each in admit(world, home).all("admitted")] == [
                front.line
            ]
            admit(world, home, "--remove", front.line)
            await until(link_of(home), lambda ends: front.admission.endpoint not in ends)

    with World(tmp_path) as world:
        home = world.home()
        asyncio.run(scene(home, Front(world, home)))


VOICE = voice("jfk")
DEAD = "https://127.0.0.1:9"
"""An address of a home that nobody can reach, so that a front is the only way."""


def hidden_home(world: World, *options: str) -> Home:
    """Start a home whose own address leads nowhere; its link still tells a front where it is."""
    home = world.home("--public", DEAD, *options)
    home.link = home.link.replace(DEAD, f"https://127.0.0.1:{home.port}")
    return home


def test_a_call_goes_through_a_front_from_the_invitation_on(tmp_path: Path) -> None:
    """Who can reach nothing but the front must be able to do all that others can."""
    with World(tmp_path) as world:
        home = hidden_home(world)
        front = Front(world, home)
        admit(world, home, front.line)
        asyncio.run(until(front.link, lambda ends: front.admission.endpoint in ends))
        ali, maryam = world.person("ali"), world.person("maryam")
        inviting = ali.start("invite", "--home", str(front.link), "--name", "maryam", "--wait")
        invitation = parse_link(str(inviting.wait_for("invitation")["link"]))
        at_front = f"https://127.0.0.1:{front.port}/{front.admission.endpoint.door}"
        maryam.accept(f"{at_front}#{str(invitation).partition('#')[2]}", "ali")
        inviting.ended()
        waiting = maryam.start_answer("--once", play=VOICE)
        calling = ali.start_call("maryam", play=VOICE, duration=4)
        calling.wait_for("connected")
        waiting.wait_for("connected")
        calling.ended()
        waiting.ended()
        quality = calling.all("quality")[-1]
        assert int(quality["frames_on_time"]) > 0.9 * int(quality["frames_expected"])
        assert "event=bug" not in home.log + front.process.stderr
