"""The store as the service sees it."""

import asyncio
from collections import Counter as Multiset
from hashlib import sha256
from pathlib import Path

import pytest

from hamseda.errors import StoreError
from hamseda.mailbox.bundles import BundleState
from hamseda.mailbox.counters import Counter
from hamseda.mailbox.envelopes import KNOWN
from hamseda.mailbox.limits import DAY, MIB, Limits
from hamseda.mailbox.store import MailboxStore
from hamseda.wire.status import Status
from tests.mailbox.desk import BOX, CAP, CAP_HASH, NOW, OTHER, READ_PK, put_id


def test_a_life_of_a_mailbox(tmp_path: Path) -> None:
    """Everything the service needs, once, and again after a restart of the home."""

    async def first() -> None:
        told: list[frozenset[bytes]] = []
        async with await MailboxStore.open(tmp_path / "m.db", arrivals=told.append) as store:
            assert await store.create_mailbox(BOX, READ_PK, CAP_HASH, NOW) is Status.OK
            assert await store.read_key(BOX, NOW) == READ_PK
            assert await store.put(BOX, CAP, put_id(1), b"one", NOW) == (Status.OK, None)
            assert await store.put(BOX, CAP, put_id(2), b"two", NOW) == (Status.OK, None)
            assert [i.envelope for i in await store.pending(BOX, 0, 9, NOW)] == [b"one", b"two"]
            assert told == [{BOX}, {BOX}]
            assert await store.ack(BOX, [1]) is Status.OK
            assert await store.touch(BOX, NOW) is Status.OK
            assert await store.put_bundle(OTHER, BOX, b"blob", NOW + DAY, NOW) is Status.OK
            await store.add({Counter.ENVELOPES_ACCEPTED: 2})

    async def second() -> None:
        async with await MailboxStore.open(tmp_path / "m.db") as store:
            assert [i.seq for i in await store.pending(BOX, 0, 9, NOW)] == [2]
            assert await store.put(BOX, CAP, put_id(1), b"one", NOW) == (Status.OK, KNOWN)
            assert [i.seq for i in await store.pending(BOX, 0, 9, NOW)] == [2]
            assert (await store.get_bundle(OTHER, NOW)).blob == b"blob"
            assert await store.end_bundle(OTHER, BOX, BundleState.USED) is Status.OK
            assert (await store.get_bundle(OTHER, NOW)).state is BundleState.USED
            assert await store.counters() == {Counter.ENVELOPES_ACCEPTED: 2}
            assert await store.close_mailbox(BOX) is Status.OK
            assert await store.read_key(BOX, NOW) is None
            assert {h.kind for h in await store.counts() if h.count} == {"bundles", "counters"}
            assert await store.expire(NOW + 90 * DAY) == 1

    asyncio.run(first())
    asyncio.run(second())


def test_many_writers_at_once_lose_and_double_nothing(tmp_path: Path) -> None:
    """Batches mix people and resends; each envelope is there once."""

    async def scenario() -> None:
        async with await MailboxStore.open(tmp_path / "m.db", Limits(batch_items=32)) as store:
            boxes = [bytes([n]) * 16 for n in range(10)]
            for box in boxes:
                await store.create_mailbox(box, READ_PK, CAP_HASH, NOW)
            async with asyncio.TaskGroup() as group:
                puts = [
                    group.create_task(store.put(box, CAP, put_id(n // 2), put_id(n // 2), NOW))
                    for n in range(100)
                    for box in boxes
                ]
            assert Multiset(task.result() for task in puts) == {
                (Status.OK, None): 500,
                (Status.OK, KNOWN): 500,
            }
            for box in boxes:
                page = await store.pending(box, 0, 1000, NOW)
                assert [item.seq for item in page] == list(range(1, 51))
                assert {item.envelope for item in page} == {put_id(n) for n in range(50)}

    asyncio.run(scenario())


def test_a_full_disk_refuses_and_keeps_what_it_has(tmp_path: Path) -> None:
    """The sender keeps the envelope and hears it; reading and deleting still work."""

    async def scenario() -> None:
        # A mailbox may hold all of it, so that it is the disk that ends this.
        limits = Limits(database_bytes=MIB, mailbox_bytes=256 * MIB)
        async with await MailboxStore.open(tmp_path / "m.db", limits) as store:
            await store.create_mailbox(BOX, READ_PK, CAP_HASH, NOW)
            answers = [await store.put(BOX, CAP, put_id(n), bytes(60_000), NOW) for n in range(30)]
            statuses = [status for status, _ in answers]
            kept = statuses.count(Status.OK)
            assert statuses == [Status.OK] * kept + [Status.UNAVAILABLE] * (30 - kept)
            assert 10 < kept < 30
            assert len(await store.pending(BOX, 0, 3, NOW)) == 1
            assert await store.ack(BOX, range(1, 6)) is Status.OK
            assert await store.put(BOX, CAP, put_id(99), bytes(60_000), NOW) == (Status.OK, None)

    asyncio.run(scenario())


def test_an_overloaded_store_answers_unavailable(tmp_path: Path) -> None:
    """A busy home says so at once; the client comes back later."""

    async def scenario() -> None:
        limits = Limits(waiting_bytes=10)
        async with await MailboxStore.open(tmp_path / "m.db", limits) as store:
            await store.create_mailbox(BOX, READ_PK, CAP_HASH, NOW)
            answer = await store.put(BOX, CAP, put_id(1), b"eleven bytes", NOW)
            assert answer == (Status.UNAVAILABLE, None)

    asyncio.run(scenario())


def test_a_closed_store_fails_plainly(tmp_path: Path) -> None:
    """A request that comes during shutdown must not hang."""

    async def scenario() -> None:
        store = await MailboxStore.open(tmp_path / "m.db")
        await store.close()
        assert await store.touch(BOX, NOW) is Status.UNAVAILABLE
        with pytest.raises(StoreError):
            await store.read_key(BOX, NOW)

    asyncio.run(scenario())


def test_the_capability_is_nowhere_in_the_files(tmp_path: Path) -> None:
    """A stolen database cannot write to anybody."""

    async def scenario() -> None:
        async with await MailboxStore.open(tmp_path / "m.db") as store:
            await store.create_mailbox(BOX, READ_PK, sha256(CAP).digest(), NOW)
            await store.put(BOX, CAP, put_id(1), b"sealed", NOW)
            held = b"".join(file.read_bytes() for file in tmp_path.iterdir())
            assert sha256(CAP).digest() in held
            assert CAP not in held

    asyncio.run(scenario())
