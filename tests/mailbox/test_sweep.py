"""Upkeep: what is over is deleted, from the files too, and what is held can be told."""

import asyncio
from pathlib import Path

from hamseda.mailbox import bundles, counters, envelopes, mailboxes
from hamseda.mailbox.counters import Counter
from hamseda.mailbox.limits import DAY, WEEK, Limits
from hamseda.mailbox.store import MailboxStore
from hamseda.mailbox.sweep import KINDS, SLICE_ROWS, counts, sweep
from hamseda.mailbox.transaction import Transaction
from hamseda.wire.status import Status
from tests.mailbox.desk import BOX, CAP, CAP_HASH, NOW, OTHER, READ_PK, desk, put_id


def fill(tx: Transaction) -> None:
    """Store one of each kind."""
    mailboxes.create(tx, OTHER, READ_PK, CAP_HASH, NOW, b"voucher".ljust(32))
    envelopes.put(tx, BOX, CAP, put_id(1), b"sealed", NOW)
    bundles.put(tx, bytes(16), BOX, b"blob", NOW + DAY, NOW)
    counters.add(tx, {Counter.ENVELOPES_ACCEPTED: 2})
    counters.add(tx, {Counter.ENVELOPES_ACCEPTED: 3})


def test_every_kind_is_counted_for_the_audit(tmp_path: Path) -> None:
    """`hamseda audit` says what a home holds, so nothing may be missing from the list."""
    with desk(tmp_path) as tx:
        assert {item.kind: item.count for item in counts(tx)}["mailboxes"] == 1
        fill(tx)
        held = {item.kind: item for item in counts(tx)}
        assert {kind: item.count for kind, item in held.items()} == {
            "mailboxes": 2,
            "envelopes": 1,
            "writers": 0,
            "bundles": 1,
            "vouchers": 1,
            "counters": 1,
        }
        assert all(item.bytes > 0 for item in held.values() if item.count)
        assert held["envelopes"].oldest_expiry == NOW + Limits().envelope_days * DAY
        assert held["counters"].oldest_expiry is None
        assert counters.read(tx) == {Counter.ENVELOPES_ACCEPTED: 5}


def test_the_audit_knows_every_table(tmp_path: Path) -> None:
    """A new kind of datum must not slip in beside the list."""
    with desk(tmp_path) as tx:
        tables = tx.db.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        assert {name for (name,) in tables} == set(KINDS)


def test_everything_but_the_counters_ends(tmp_path: Path) -> None:
    """Nothing that belongs to a person is kept for ever."""
    with desk(tmp_path) as tx:
        fill(tx)
        end = NOW + (Limits().mailbox_weeks + 2) * WEEK
        while sweep(tx, end):
            pass
        assert {item.kind for item in counts(tx) if item.count} == {"counters"}


def test_nothing_ends_early(tmp_path: Path) -> None:
    """A week's holiday must not cost an envelope."""
    with desk(tmp_path) as tx:
        fill(tx)
        before = counts(tx)
        assert sweep(tx, NOW + DAY - 86_400 // 2) == 0
        assert counts(tx) == before


def test_a_sweep_takes_slices_and_frees_the_mailbox(tmp_path: Path) -> None:
    """Cleaning a thousand envelopes must not hold up a ringing call."""
    with desk(tmp_path) as tx:
        for number in range(SLICE_ROWS + 10):
            envelopes.put(tx, BOX, CAP, put_id(number), b"sealed", NOW)
        late = NOW + Limits().envelope_days * DAY
        assert sweep(tx, late) == SLICE_ROWS
        assert sweep(tx, late) == 10
        assert sweep(tx, late) == 0
        assert tx.wants_scrub
        row = tx.db.execute("SELECT held, held_bytes FROM mailboxes").fetchone()
        assert row == (0, 0)


def test_a_writer_is_forgotten_a_month_after_its_last_put(tmp_path: Path) -> None:
    """What a mailbox remembers of who wrote must end, in its own row and beside it."""
    with desk(tmp_path) as tx:
        for writer in range(SLICE_ROWS + 3):
            envelopes.put(tx, BOX, CAP, put_id(1, writer), b"sealed", NOW)
            envelopes.ack(tx, BOX, [writer + 1])
        late = NOW + Limits().put_number_days * DAY
        assert sweep(tx, late) == 0
        assert [sweep(tx, late + DAY) for _ in range(3)] == [SLICE_ROWS + 1, 2, 0]
        row = tx.db.execute("SELECT writer, put_high, put_seen, put_expires FROM mailboxes")
        assert row.fetchone() == (None, None, None, None)


async def _store_fetch_and_sweep(path: Path, secret: bytes) -> None:
    async with await MailboxStore.open(path) as store:
        await store.create_mailbox(BOX, READ_PK, CAP_HASH, NOW)
        for number in range(20):
            assert await store.put(BOX, CAP, put_id(number), secret * 200, NOW) == (Status.OK, None)
        assert secret in _bytes_of(path)
        await store.ack(BOX, range(1, 21))
        await store.expire(NOW)
        assert secret not in _bytes_of(path), "the files still hold what was deleted"


def _bytes_of(path: Path) -> bytes:
    return b"".join(file.read_bytes() for file in sorted(path.parent.iterdir()))


def test_deleted_means_overwritten(tmp_path: Path) -> None:
    """Who takes the disk tomorrow gets no envelope that was fetched today."""
    asyncio.run(_store_fetch_and_sweep(tmp_path / "mailbox.db", b"SEALED-CONTENTS-"))
