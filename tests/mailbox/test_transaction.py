"""Group commit: together to disk, and alone when one fails."""

import asyncio
import sqlite3
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from threading import Event

import pytest

from hamseda.errors import StoreError
from hamseda.mailbox.limits import Limits
from hamseda.mailbox.schema import open_writer
from hamseda.mailbox.transaction import Arrivals, Batcher, BusyError, Transaction


@asynccontextmanager
async def batcher(
    path: Path, limits: Limits | None = None, arrivals: Arrivals | None = None
) -> AsyncGenerator[Batcher]:
    """Run a batcher over a fresh database."""
    limits = limits or Limits()
    batches = Batcher(partial(open_writer, path, limits), limits, "BEGIN IMMEDIATE", arrivals)
    await batches.start()
    try:
        yield batches
    finally:
        await batches.close()


def count_up(tx: Transaction, name: str = "x", gate: Event | None = None) -> int:
    """Add one to a counter, and return it; with a gate, hold the thread until it opens."""
    if gate is not None:
        gate.wait()
    return tx.db.execute(
        "INSERT INTO counters VALUES (?, 1)"
        " ON CONFLICT (name) DO UPDATE SET value = value + 1 RETURNING value",
        (name,),
    ).fetchone()[0]


def arrive(tx: Transaction, mailbox: bytes) -> None:
    """Pretend that a mailbox got something."""
    count_up(tx)
    tx.arrived.add(mailbox)


def break_down(tx: Transaction) -> None:
    """Write, then fail as SQLite does."""
    count_up(tx, "broken")
    tx.db.execute("INSERT INTO no_such_table VALUES (1)")


def blunder(tx: Transaction) -> None:
    """Write, then fail as our own bug would."""
    count_up(tx, "blunder")
    raise ZeroDivisionError


def test_what_waits_is_committed_together_and_told_once(tmp_path: Path) -> None:
    """One sync of the disk and one wake-up for many people: that is the whole trick."""
    path = tmp_path / "mailbox.db"

    async def scenario() -> None:
        told: list[frozenset[bytes]] = []
        gate = Event()
        async with batcher(path, arrivals=told.append) as batches:
            first = batches.submit(partial(count_up, gate=gate))
            rest = [batches.submit(partial(arrive, mailbox=bytes([n % 3]))) for n in range(100)]
            gate.set()
            await asyncio.wait([first, *rest])
        assert told == [frozenset({b"\0", b"\1", b"\2"})] * len(told)
        assert len(told) == 1

    asyncio.run(scenario())


def test_nothing_is_told_before_the_commit(tmp_path: Path) -> None:
    """A ring that a power cut can take back has never been promised."""
    path = tmp_path / "mailbox.db"

    def committed() -> int:
        db = sqlite3.connect(path)
        try:
            return db.execute("SELECT coalesce(sum(value), 0) FROM counters").fetchone()[0]
        finally:
            db.close()

    async def scenario() -> None:
        seen: list[int] = []
        async with batcher(path, arrivals=lambda _: seen.append(committed())) as batches:
            done = batches.submit(partial(arrive, mailbox=b"m"))
            done.add_done_callback(lambda _: seen.append(committed()))
            await done
        assert seen == [1, 1]

    asyncio.run(scenario())


@pytest.mark.parametrize(
    ("culprit", "error"), [(break_down, StoreError), (blunder, ZeroDivisionError)]
)
def test_a_failure_hits_its_own_request_only(
    tmp_path: Path, culprit: Callable[[Transaction], None], error: type[Exception]
) -> None:
    """One poisoned request must not take down the calls that share its transaction."""

    async def scenario() -> None:
        told: list[frozenset[bytes]] = []
        gate = Event()
        async with batcher(tmp_path / "mailbox.db", arrivals=told.append) as batches:
            held = batches.submit(partial(count_up, name="gate", gate=gate))
            before = batches.submit(partial(arrive, mailbox=b"before"))
            bad = batches.submit(culprit)
            after = batches.submit(partial(count_up, name="after"))
            gate.set()
            with pytest.raises(error):
                await bad
            await asyncio.wait([held, before, after])
            assert after.result() == 1, "the neighbour ran twice but counts once"
            assert told == [{b"before"}]
            for name in ("broken", "blunder"):
                assert await batches.submit(partial(count_up, name=name)) == 1

    asyncio.run(scenario())


def test_what_waits_is_bounded(tmp_path: Path) -> None:
    """A flood ends with a plain "busy", not with the memory of the machine."""
    limits = Limits(waiting_items=4, waiting_bytes=100)

    async def scenario() -> None:
        gate = Event()
        async with batcher(tmp_path / "mailbox.db", limits) as batches:
            futures = [batches.submit(partial(count_up, gate=gate), size=90)]
            with pytest.raises(BusyError):
                batches.submit(count_up, size=11)
            futures += [batches.submit(count_up) for _ in range(3)]
            with pytest.raises(BusyError):
                batches.submit(count_up)
            gate.set()
            await asyncio.wait(futures)
            assert await batches.submit(count_up, size=100) == 5

    asyncio.run(scenario())


def test_closing_finishes_what_is_queued(tmp_path: Path) -> None:
    """Ctrl-C of a home answers those whose request it has taken."""

    async def scenario() -> None:
        async with batcher(tmp_path / "mailbox.db", Limits(batch_items=2)) as batches:
            futures = [batches.submit(count_up) for _ in range(9)]
        assert [future.result() for future in futures] == list(range(1, 10))
        with pytest.raises(BusyError):
            batches.submit(count_up)
        await batches.close()

    asyncio.run(scenario())


def test_a_caller_that_left_disturbs_nobody(tmp_path: Path) -> None:
    """Lines break in the middle of requests all the time."""

    async def scenario() -> None:
        gate = Event()
        async with batcher(tmp_path / "mailbox.db") as batches:
            left = batches.submit(partial(count_up, gate=gate))
            stays = batches.submit(count_up)
            left.cancel()
            gate.set()
            assert await stays == 2

    asyncio.run(scenario())


def test_a_database_that_cannot_open_is_an_error_at_once(tmp_path: Path) -> None:
    """The operator hears it at the start, not at the first call."""

    async def scenario() -> None:
        with pytest.raises(StoreError):
            async with batcher(tmp_path / "missing" / "mailbox.db"):
                pass

    asyncio.run(scenario())


def test_a_log_that_cannot_be_emptied_repeats_nothing(tmp_path: Path) -> None:
    """The batch is on disk by then: running it once more would count, and store, twice."""

    def no_pragma(action: int, *_: str | None) -> int:
        return sqlite3.SQLITE_DENY if action == sqlite3.SQLITE_PRAGMA else sqlite3.SQLITE_OK

    def scrub(tx: Transaction) -> None:
        count_up(tx)
        tx.wants_scrub = True
        tx.db.set_authorizer(no_pragma)

    async def scenario() -> None:
        async with batcher(tmp_path / "mailbox.db") as batches:
            await batches.submit(scrub)
            assert await batches.submit(count_up) == 2

    asyncio.run(scenario())
