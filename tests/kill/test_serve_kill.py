"""kill -9 of `hamseda serve` under load, a hundred times, at moments that nobody chose."""

import asyncio
import random
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, asynccontextmanager, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

from hamseda.client.homes import HomeDirectory
from hamseda.client.profile import Profile
from hamseda.transport.websocket import Web
from tests.integration.mutation import mutated_package
from tests.kill.friends import Friend, befriend
from tests.kill.ledger import Ledger
from tests.kill.load import Mailbox, Participant, Reader, Writer
from tests.kill.mortal_home import PATIENCE, MortalHome

pytestmark = pytest.mark.kill

KILLS: Final = 100
YOUNG_EVERY: Final = 8
"""After each so many-th kill comes one more, while the next home recovers what the last left."""
YOUNGEST: Final = 0.06
"""Seconds that such a home lives, at most; it serves after 0.03."""
LONGEST_LOAD: Final = 0.25
"""Seconds under load before a kill, at most."""
BOXES: Final = 3
WRITERS_PER_BOX: Final = 2


@dataclass(frozen=True, slots=True)
class Mutation:
    """Change one place of the source, and say what the ledger shall find."""

    file: str
    old: str
    new: str
    complaint: str


MUTATIONS: Final = {
    "confirms a put before its commit": Mutation(
        "mailbox/store.py",
        "return await self._writer.submit(run, len(envelope))",
        "return (Status.OK if self._writer.submit(run, len(envelope)) else Status.FULL), None",
        "was confirmed and is lost",
    ),
    "confirms an ack before its commit": Mutation(
        "mailbox/store.py",
        "return await self._status(partial(envelopes.ack, mailbox=mailbox, seqs=seqs))",
        "return Status.OK if self._writer.submit("
        "partial(envelopes.ack, mailbox=mailbox, seqs=seqs)) else Status.FULL",
        "was fetched and is back",
    ),
    "forgets put numbers": Mutation(
        "mailbox/put_numbers.py",
        "return Verdict.KNOWN if is_taken else Verdict.NEW",
        "return Verdict.NEW",
        "is there twice",
    ),
    "uses numbers again": Mutation(
        "mailbox/envelopes.py",
        "SET next_seq = next_seq + 1",
        "SET next_seq = next_seq % 500 + 1",
        "has a number that another one had",
    ),
}


@dataclass
class Crowd:
    """Be everybody who uses the home."""

    ledger: Ledger
    readers: list[Reader]
    writers: list[Writer]
    friends: list[Friend]

    @property
    def everybody(self) -> list[Participant | Friend]:
        """List all who have a line."""
        return [*self.readers, *self.writers, *self.friends]

    async def are_connected(self) -> None:
        """Wait until every line is open."""
        for each in self.everybody:
            each.line.hurry()
        for each in self.everybody:
            await each.line.wait_open(PATIENCE)

    async def finish(self, home: MortalHome) -> None:
        """Begin nothing new, and wait until the home has stored and handed out everything."""
        for each in (*self.writers, *self.friends):
            each.is_done = True
        async with asyncio.timeout(PATIENCE):
            for friend in self.friends:
                await friend.has_sent()
            while self.ledger.putting != self.ledger.put or home.held():  # noqa: ASYNC110 - a process
                await asyncio.sleep(0.01)


@asynccontextmanager
async def crowd(link: str, folder: Path, ledger: Ledger) -> AsyncGenerator[Crowd]:
    """Let everybody come, and send them away at the end."""
    async with AsyncExitStack() as stack:
        await befriend(link, folder / "one", folder / "other")

        async def web() -> Web:
            return await stack.enter_async_context(Web())

        def profile(name: str) -> Profile:
            return stack.enter_context(closing(Profile.open(folder / name)))

        directory = HomeDirectory(await web(), profile("crowd"))
        home_id = (await directory.learn(link)).home_id
        boxes = [Mailbox() for _ in range(BOXES)]
        readers = [Reader(await web(), directory, home_id, box, ledger) for box in boxes]
        writers = [
            Writer(await web(), directory, home_id, box, ledger) for box in boxes * WRITERS_PER_BOX
        ]
        async with asyncio.TaskGroup() as tasks:
            friends = [Friend(profile(name), await web(), tasks) for name in ("one", "other")]
            people = Crowd(ledger, readers, writers, friends)
            running = [tasks.create_task(each.line.run()) for each in (*readers, *writers)]
            for reader in readers:
                await reader.line.wait_open(PATIENCE)
                running.append(tasks.create_task(reader.acknowledge()))
            running += [tasks.create_task(writer.write()) for writer in writers]
            yield people
            for friend in friends:
                friend.leave()
            for task in running:
                task.cancel()


async def live_and_die(folder: Path, package: Path | None = None) -> Crowd:
    """Kill a home again and again under load, until it has made a mistake or died often enough.

    Return when all that was begun is done; after a mistake at once.
    """
    seed = random.SystemRandom().getrandbits(32)
    print(f"seed {seed}, but the moments are the machine's")
    dice = random.Random(seed)
    ledger = Ledger()
    async with MortalHome.open(folder, package) as home:
        await home.start()
        async with crowd(home.link, folder, ledger) as people:
            boxes = {reader.box.id for reader in people.readers}
            for kill in range(1, KILLS + 1):
                await people.are_connected()
                await asyncio.sleep(dice.uniform(0, LONGEST_LOAD))
                await home.kill()
                if kill % YOUNG_EVERY == 0:
                    await home.conceive()
                    await asyncio.sleep(dice.uniform(0, YOUNGEST))
                    await home.kill()
                left = home.left_behind()
                ledger.judge({place: left[place] for place in left if place[0] in boxes})
                if ledger.complaints:
                    return people
                await home.start()
            await people.finish(home)
            await home.kill()
            home.left_behind()
    return people


@pytest.mark.timeout(400)
def test_a_hundred_kills_lose_and_double_nothing(tmp_path: Path) -> None:
    """A home may die while it rings; what it has confirmed it still has, once."""
    people = asyncio.run(live_and_die(tmp_path))
    ledger = people.ledger
    print(f"{len(ledger.put)} envelopes, {ledger.redelivered} came again after a kill")
    assert ledger.complaints == []
    assert ledger.put == ledger.taken
    # Otherwise the kills came when nothing was going on.
    assert len(ledger.put) > 20 * KILLS
    assert ledger.redelivered > KILLS
    for one, other in (people.friends, reversed(people.friends)):
        assert one.said > KILLS
        assert other.heard == list(range(1, one.said + 1))


@pytest.mark.timeout(400)
@pytest.mark.parametrize("mistake", MUTATIONS)
def test_the_kills_find_a_home_that(tmp_path: Path, mistake: str) -> None:
    """A test that has never been red proves nothing: four lines that a tired person might write."""
    mutation = MUTATIONS[mistake]
    package = mutated_package(tmp_path / "altered", mutation.file, mutation.old, mutation.new)
    people = asyncio.run(live_and_die(tmp_path, package))
    assert any(mutation.complaint in found for found in people.ledger.complaints)
