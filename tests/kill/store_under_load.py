"""Be the process that dies: write to a store and fetch from it until somebody kills it.

Usage: python -m tests.kill.store_under_load DATABASE; notes go to standard output.
"""

import asyncio
import os
import sys
from itertools import cycle
from pathlib import Path

from hamseda.mailbox.limits import Limits
from hamseda.mailbox.store import MailboxStore
from hamseda.wire.status import Status
from tests.kill.ledger import PUT_ID_SIZE, Step, envelope_of, note
from tests.mailbox.desk import CAP, CAP_HASH, NOW, READ_PK

BOXES = [bytes([number]) * 16 for number in range(4)]
WRITERS_PER_BOX = 6
LIMITS = Limits(mailbox_put_ids=1_000_000)
BREATHER = 16
"""Envelopes that wait in a mailbox before its reader fetches them."""


def box_of(put_id: bytes) -> bytes:
    """Return the mailbox that an envelope goes to: its first byte says."""
    return BOXES[put_id[0] % len(BOXES)]


def log(step: Step, put_id: bytes) -> None:
    """Note a step past every buffer of this process."""
    os.write(sys.stdout.fileno(), note(step, put_id))


async def write(store: MailboxStore, box: bytes) -> None:
    """Put one envelope after the other, every fourth of them twice."""
    for times in cycle((1, 1, 1, 2)):
        put_id = bytes([BOXES.index(box)]) + os.urandom(PUT_ID_SIZE - 1)
        log(Step.PUTTING, put_id)
        for _ in range(times):
            status = await store.put(box, CAP, put_id, envelope_of(put_id), NOW)
            if status is not Status.OK:
                raise SystemExit(f"put: {status.name}")
        log(Step.PUT, put_id)


async def read(store: MailboxStore, box: bytes) -> None:
    """Fetch what waits and acknowledge all but the newest."""
    while True:
        page = await store.pending(box, 0, 2 * BREATHER, NOW)
        fetched = page[:-BREATHER]
        for item in fetched:
            log(Step.ACKING, item.envelope[:PUT_ID_SIZE])
        if await store.ack(box, [item.seq for item in fetched]) is not Status.OK:
            raise SystemExit("ack")
        for item in fetched:
            log(Step.ACKED, item.envelope[:PUT_ID_SIZE])
        await asyncio.sleep(0.002)


async def sweep(store: MailboxStore) -> None:
    """Keep the cleaner busy: it empties the write-ahead log, which is a moment of its own."""
    while True:
        await store.expire(NOW)
        await asyncio.sleep(0.02)


async def main(path: Path) -> None:
    """Load the store until killed."""
    store = await MailboxStore.open(path, LIMITS)
    for box in BOXES:
        if await store.create_mailbox(box, READ_PK, CAP_HASH, NOW) is not Status.OK:
            raise SystemExit("create")
    async with asyncio.TaskGroup() as group:
        group.create_task(sweep(store))
        for box in BOXES:
            group.create_task(read(store, box))
            for _ in range(WRITERS_PER_BOX):
                group.create_task(write(store, box))


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
