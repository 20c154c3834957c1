"""A database that hostile mailboxes fill still takes what honest people send."""

from __future__ import annotations

import asyncio
import secrets
from hashlib import sha256
from pathlib import Path

import pytest

from hamseda.mailbox.limits import KIB, MIB, Limits
from hamseda.mailbox.store import MailboxStore
from hamseda.wire.mailbox import ENVELOPE_SIZES
from hamseda.wire.status import Status
from tests.mailbox.desk import fresh_put_id

SMALL = Limits(database_bytes=64 * MIB, mailbox_bytes=128 * KIB)
"""A home at 1:128: 512 mailboxes that are full are as much as its database."""
NOW = 1_800_000_000
OFFER = ENVELOPE_SIZES[0]
HONEST = 50
CAP = bytes(32)


async def _mailbox(store: MailboxStore) -> bytes:
    mailbox = secrets.token_bytes(16)
    cap_hash = sha256(CAP).digest()
    assert await store.create_mailbox(mailbox, bytes(32), cap_hash, NOW) is Status.OK
    return mailbox


async def _put(store: MailboxStore, mailbox: bytes, size: int) -> Status:
    return (await store.put(mailbox, CAP, fresh_put_id(), secrets.token_bytes(size), NOW))[0]


async def _fill(store: MailboxStore, mailbox: bytes) -> None:
    """Put into one mailbox what it takes, large things first."""
    for size in reversed(ENVELOPE_SIZES):
        while await _put(store, mailbox, size) is Status.OK:
            continue


@pytest.mark.parametrize("hostile", [512, 2048])
def test_hostile_mailboxes_leave_room_for_honest_offers(tmp_path: Path, hostile: int) -> None:
    """512 mailboxes filled the database, so that no call could be placed for thirty days."""

    async def scene() -> list[Status]:
        async with await MailboxStore.open(tmp_path / "mailboxes.db", SMALL) as store:
            honest = [await _mailbox(store) for _ in range(HONEST)]
            for mailbox in [await _mailbox(store) for _ in range(hostile)]:
                await _fill(store, mailbox)
            return [await _put(store, mailbox, OFFER) for mailbox in honest]

    assert asyncio.run(scene()) == [Status.OK] * HONEST


def test_an_empty_database_gives_a_mailbox_all_that_it_may_hold() -> None:
    """The limit that the operator set is what a person has on an ordinary day."""
    limits = Limits()
    assert limits.bytes_for_a_mailbox(limits.database_bytes) == limits.mailbox_bytes
    half_full = limits.bytes_for_a_mailbox(limits.database_bytes // 2)
    assert 5 * MIB < half_full < limits.mailbox_bytes // 2


def test_the_last_quarter_is_for_little() -> None:
    """32,768 mailboxes are needed to fill it, and not 512."""
    limits = Limits()
    for free in (limits.database_bytes // 4, 1, 0, -1):
        assert limits.bytes_for_a_mailbox(free) == 64 * KIB
