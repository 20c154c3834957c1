"""Somebody replaces the link on its way and sits between the two: only the emoji can tell."""

import asyncio
from collections import deque
from pathlib import Path

import pytest

from hamseda.client.api import Client
from hamseda.client.call import Call
from hamseda.client.events import Connected, Sas
from hamseda.transport.audio_source import SILENCE
from tests.attacks.conftest import invite
from tests.integration.world import Home, World
from tests.speech import voice

pytestmark = pytest.mark.attacks

SPOKEN_FRAMES = 50


class Pipe:
    """Take one side's voice and give it to the other; the attacker hears all of it."""

    def __init__(self) -> None:
        self.heard: list[bytes] = []
        self._waiting: deque[bytes] = deque(maxlen=10)

    def write_frame(self, pcm: bytes) -> None:
        """Hear one frame."""
        self.heard.append(pcm)
        self._waiting.append(pcm)

    def read_frame(self) -> bytes:
        """Pass one frame on."""
        return self._waiting.popleft() if self._waiting else SILENCE

    def close(self) -> None:
        """Do nothing."""


def test_replaced_link_shows_different_emoji(world: World) -> None:
    """Nothing in the invitation can detect this; what two people read to each other does."""
    home = world.home()
    ali, maryam = world.person("ali"), world.person("maryam")
    inviting = invite(ali, home.link, "maryam")
    stolen = str(inviting.wait_for("invitation")["link"])
    middle = _Middle(world.folder)
    asyncio.run(middle.meet_both(home, stolen, maryam.accept))
    inviting.ended()
    waiting = maryam.start_answer("--once", play=voice("jfk"))
    ringing = asyncio.Event()

    async def scene() -> None:
        async with asyncio.TaskGroup() as tasks:
            between = tasks.create_task(middle.sit_between(ringing))
            await ringing.wait()
            calling = ali.start_call("maryam", play=voice("jfk"), duration=4)
            assert await asyncio.to_thread(calling.wait, 40) == 0
            await between
            shown = {"ali": calling.last("sas")["emoji"]}
            shown["maryam"] = waiting.wait_for("sas")["emoji"]
        assert len(shown["ali"]) == len(shown["maryam"]) == 5
        assert shown["ali"] != shown["maryam"]
        # The attack is a real one: the attacker sees what each of them sees, and hears both.
        assert [list(emoji) for emoji in middle.emoji] == [shown["ali"], shown["maryam"]]
        assert all(len(_loud(pipe)) > SPOKEN_FRAMES for pipe in middle.pipes)

    asyncio.run(scene())
    assert waiting.wait() == 0


def _loud(pipe: Pipe) -> list[bytes]:
    return [pcm for pcm in pipe.heard if any(pcm)]


class _Middle:
    """Be a contact of both, under the name of the other."""

    def __init__(self, folder: Path) -> None:
        self._towards_ali = folder / "middle-ali"
        self._towards_maryam = folder / "middle-maryam"
        self.pipes = (Pipe(), Pipe())
        self.emoji: list[tuple[str, ...]] = []

    async def meet_both(self, home: Home, stolen: str, accept: object) -> None:
        """Accept the stolen link, and send a link of its own on in its place."""
        assert callable(accept)
        async with Client.open(self._towards_ali) as client:
            await client.accept(stolen, name="ali")
        async with Client.open(self._towards_maryam) as client:
            made = await client.invite(home.link, name="maryam")
            await asyncio.to_thread(accept, made.link, "ali")
            await client.settled(5)

    async def sit_between(self, ringing: asyncio.Event) -> None:
        """Answer the one, call the other, and pass the voices on."""
        from_ali, from_maryam = self.pipes
        async with (
            Client.open(self._towards_ali) as one,
            Client.open(self._towards_maryam) as other,
        ):
            await one.ready()
            ringing.set()
            call = await one.incoming()
            second = await other.call("maryam", from_ali, from_maryam)
            call.attach(from_maryam, from_ali)
            call.answer()
            async with asyncio.TaskGroup() as tasks:
                with_maryam = tasks.create_task(self._follow(second))
                self.emoji.append(await self._follow(call))
                second.hang_up()
                self.emoji.append(await with_maryam)

    async def _follow(self, call: Call) -> tuple[str, ...]:
        shown: tuple[str, ...] = ()
        is_connected = False
        async for event in call:
            shown = event.emoji if isinstance(event, Sas) else shown
            is_connected = is_connected or isinstance(event, Connected)
        assert is_connected
        return shown
