"""What waits for a home leaves by a queue for each mailbox, and nothing of it is lost."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from hamseda.client.api import Client
from hamseda.client.events import Problem
from hamseda.client.outgoing import FULL_SECONDS
from hamseda.wire.codes import BodyKind
from hamseda.wire.mailbox import Put, Subscribe
from hamseda.wire.status import Status
from tests.client.memory_home import Mailbox, MemoryHome
from tests.client.people import befriend, person
from tests.fakes import run


def puts(home: MemoryHome) -> list[Put]:
    """List all puts that came, in their order."""
    return [request for request in home.requests if isinstance(request, Put)]


def copy_profile(folder: Path, to: Path) -> None:
    """Copy a profile as a backup does, while nobody has it."""
    to.mkdir()
    for file in folder.iterdir():
        (to / file.name).write_bytes(file.read_bytes())


def test_a_full_mailbox_holds_up_nobody_else_and_loses_nothing(tmp_path: Path) -> None:
    """One person who is on a journey must not silence all the others."""

    async def main() -> None:
        home = MemoryHome()
        async with (
            person(tmp_path / "a", home) as ali,
            person(tmp_path / "b", home) as bahar,
            person(tmp_path / "c", home) as cyrus,
        ):
            await befriend(home, ali, bahar, "ali", "bahar")
            await befriend(home, ali, cyrus, "ali", "cyrus")
            box = ali._book.named("bahar").destination.mailbox  # pyright: ignore[reportPrivateUsage]
            home.full.add(box)
            for name in ("bahar", "cyrus"):
                await ali.pass_on_endpoints(name)
            assert [put.mailbox for put in puts(home)[-2:]].count(box) == 1
            before = len(puts(home))
            home.full.discard(box)
            await asyncio.sleep(FULL_SECONDS / 2)
            assert len(puts(home)) == before, "a full mailbox is left alone"
            await asyncio.sleep(FULL_SECONDS)
            assert [put.mailbox for put in puts(home)[before:]] == [box]

    run(main())


def test_a_full_mailbox_is_tried_at_once_when_its_reader_was_there(tmp_path: Path) -> None:
    """Who writes has emptied the mailbox a moment ago."""

    async def main() -> None:
        home = MemoryHome()
        async with person(tmp_path / "a", home) as ali, person(tmp_path / "b", home) as bahar:
            await befriend(home, ali, bahar, "ali", "bahar")
            box = ali._book.named("bahar").destination.mailbox  # pyright: ignore[reportPrivateUsage]
            home.full.add(box)
            await ali.pass_on_endpoints("bahar")
            home.full.discard(box)
            await bahar.pass_on_endpoints("ali")
            await asyncio.sleep(5.0)
            assert puts(home)[-1].mailbox == box

    run(main())


def test_a_restored_copy_notices_and_loses_nothing(tmp_path: Path) -> None:
    """Its numbers were used by its later self: the home says "known", and it numbers anew."""

    async def main() -> None:
        home = MemoryHome()
        async with person(tmp_path / "b", home) as bahar:
            async with person(tmp_path / "a", home) as ali:
                await befriend(home, ali, bahar, "ali", "bahar")
            copy_profile(tmp_path / "a", tmp_path / "old")
            async with person(tmp_path / "a", home) as ali:
                await ali.pass_on_endpoints("bahar")
            used = puts(home)[-1]
            async with person(tmp_path / "old", home) as ali:
                ali._book.seal(  # pyright: ignore[reportPrivateUsage]
                    ali.contacts()[0].id, BodyKind.ENDPOINTS, home.signed
                )
                await ali.settled(5.0)
            # The other side will say that the keys are out of step, as it must: it was told.
            there = [put for put in puts(home) if put.mailbox == used.mailbox]
            known, again = there[there.index(used) + 1 :][:2]
            assert known.put_id == used.put_id
            assert known.envelope == again.envelope != used.envelope
            assert again.put_id[:8] != used.put_id[:8]
            assert again.put_id[8:] == (1).to_bytes(8, "big")

    run(main())


def test_a_lost_answer_is_no_restored_copy(tmp_path: Path) -> None:
    """The same process asks again under the same number, and "known" is what it hopes for."""

    async def main() -> None:
        home = MemoryHome()
        async with person(tmp_path / "a", home) as ali, person(tmp_path / "b", home) as bahar:
            await befriend(home, ali, bahar, "ali", "bahar")
            before = len(puts(home))
            home.lose_replies = 1
            await ali.pass_on_endpoints("bahar")
            ids = [put.put_id for put in puts(home)[before:]]
            assert len(ids) == 2
            assert len(set(ids)) == 1

    run(main())


def with_many(client: Client, home: MemoryHome, count: int) -> None:
    """Write made-up contacts into a profile, whose mailboxes the home has."""
    book = client._book  # pyright: ignore[reportPrivateUsage]
    (known,) = book.contacts()
    for n in range(count):
        mailbox = n.to_bytes(16, "big")
        address = replace(known.inbox.address, mailbox=mailbox)
        made_up = replace(known, id=mailbox, inbox=replace(known.inbox, address=address))
        book.save(made_up)
        home.mailboxes[mailbox] = Mailbox(b"")


def test_two_hundred_people_can_ring_after_one_round_trip(tmp_path: Path) -> None:
    """They were asked for one after another: at 300 ms that cost a minute at each reconnect."""

    async def main() -> None:
        home = MemoryHome()
        async with person(tmp_path / "a", home) as ali, person(tmp_path / "b", home) as bahar:
            await befriend(home, ali, bahar, "ali", "bahar")
            with_many(ali, home, 200)
        home.delay = 0.3
        async with person(tmp_path / "a", home) as ali:
            loop = asyncio.get_running_loop()
            began = loop.time()
            await ali.ready()
            assert loop.time() - began < 2.0

    run(main())


def test_whom_a_home_does_not_serve_is_counted_aloud(tmp_path: Path) -> None:
    """The words "ready for calls" were said while half of the people could not ring."""

    async def main() -> None:
        home = MemoryHome()
        async with person(tmp_path / "a", home) as ali, person(tmp_path / "b", home) as bahar:
            await befriend(home, ali, bahar, "ali", "bahar")
            with_many(ali, home, 44)
        home.refuse[Subscribe] = Status.QUOTA
        async with person(tmp_path / "a", home) as ali:
            await ali.ready()
            told = [event.error for event in ali.events_so_far() if isinstance(event, Problem)]
            assert [error for error in told if "45 of your people cannot reach you" in error]

    run(main())


@pytest.mark.parametrize("size", [16384, 65536])
def test_a_large_envelope_passes_a_narrow_uplink_at_the_first_try(
    tmp_path: Path, size: int
) -> None:
    """At 16 kbit/s one of 16 KiB was sent over 15 connections, 240 kB, and never taken."""

    async def main() -> None:
        home = MemoryHome()
        async with person(tmp_path / "a", home) as ali, person(tmp_path / "b", home) as bahar:
            await befriend(home, ali, bahar, "ali", "bahar")
            contact = ali._book.named("bahar")  # pyright: ignore[reportPrivateUsage]
            before = len(puts(home))
            home.uplink = 2000.0
            with ali._book.change() as draft:  # pyright: ignore[reportPrivateUsage]
                draft.send(contact, bytes(size))
            ali._post.wake(contact.home_id)  # pyright: ignore[reportPrivateUsage]
            await asyncio.sleep(1.5 * size / 2000)
            assert [len(put.envelope) for put in puts(home)[before:]] == [size]
            assert ali._book.waiting(contact.home_id) == []  # pyright: ignore[reportPrivateUsage]

    run(main())
