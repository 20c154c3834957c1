"""kill -9 of the store's process, a hundred times, at moments that nobody chose."""

import asyncio
import random
import select
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest

from hamseda.mailbox.store import MailboxStore
from hamseda.wire.status import Status
from tests.kill.ledger import PUT_ID_SIZE, Ledger, envelope_of
from tests.kill.store_under_load import BOXES, LIMITS, box_of
from tests.mailbox.desk import CAP, NOW

ROOT = Path(__file__).parents[2]
KILLS = 100
LONGEST_LOAD = 0.2
"""Seconds under load before a kill, at most."""
PATIENCE = 20.0
"""Seconds for a process to start on a loaded machine."""


def load_and_kill(path: Path, moment: float | None, dice: random.Random) -> bytes:
    """Run the process and kill it `moment` seconds after its first note; return its notes.

    Without a moment it is killed while it still starts, recovers or migrates.
    """
    command = [sys.executable, "-m", "tests.kill.store_under_load", str(path)]
    log = bytearray()
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, bufsize=0) as process:
        try:
            assert process.stdout is not None
            end = time.monotonic() + (dice.uniform(0.05, 0.3) if moment is None else PATIENCE)
            while (left := end - time.monotonic()) > 0:
                if select.select([process.stdout], [], [], left)[0]:
                    part = process.stdout.read(65536)
                    assert part, f"the process ended by itself ({process.wait()})"
                    if not log and moment is not None:
                        end = time.monotonic() + moment
                    log += part
        finally:
            process.kill()
        log += process.stdout.read()
    assert log or moment is None, "the process never started"
    return bytes(log)


async def everything(store: MailboxStore, box: bytes) -> list[tuple[int, bytes]]:
    """Read all that waits, page by page."""
    found: list[tuple[int, bytes]] = []
    while page := await store.pending(box, found[-1][0] if found else 0, 500, NOW):
        found += [(item.seq, item.envelope) for item in page]
    return found


class Inspector:
    """Look after the store between the kills."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.ledger = Ledger()
        self.places: dict[tuple[bytes, int], bytes] = {}

    async def inspect(self, dice: random.Random) -> None:
        """Judge what is there; resend what was not answered, and some of what was; judge again."""
        async with await MailboxStore.open(self.path, LIMITS) as store:
            before = await self.find(store)
            unanswered = self.ledger.unanswered()
            others = [*self.ledger.steps, *self.ledger.gone]
            for put_id in {*unanswered, *dice.sample(others, min(40, len(others)))}:
                status = await store.put(box_of(put_id), CAP, put_id, envelope_of(put_id), NOW)
                assert status is Status.OK
                self.ledger.confirm(put_id)
            after = await self.find(store)
            added = {envelope[:PUT_ID_SIZE] for envelope in after.values()} - {
                envelope[:PUT_ID_SIZE] for envelope in before.values()
            }
            assert before.items() <= after.items()
            assert added <= set(unanswered), "a resend doubled what was stored already"
            self.ledger.retire(list(after.values()))
        with closing(sqlite3.connect(self.path)) as db:
            assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]

    async def find(self, store: MailboxStore) -> dict[tuple[bytes, int], bytes]:
        """Judge every place with its envelope; a place never changes its envelope."""
        found = {
            (box, seq): envelope for box in BOXES for seq, envelope in await everything(store, box)
        }
        assert self.ledger.complaints(list(found.values())) == []
        for place, envelope in found.items():
            assert self.places.setdefault(place, envelope) == envelope, "a number came twice"
        return found


@pytest.mark.kill
@pytest.mark.timeout(300)
def test_a_hundred_kills_lose_and_double_nothing(tmp_path: Path) -> None:
    """A home may die while it rings; what it has confirmed it still has, once."""
    seed = random.SystemRandom().getrandbits(32)
    print(f"seed {seed}, but the moments are the machine's")
    dice = random.Random(seed)
    inspector = Inspector(tmp_path / "mailbox.db")
    survived = 0
    for kill in range(KILLS):
        moment = None if kill % 10 == 0 else dice.uniform(0, LONGEST_LOAD)
        notes = load_and_kill(inspector.path, moment, dice)
        survived += bool(notes)
        inspector.ledger.read(notes)
        asyncio.run(inspector.inspect(dice))
    books = inspector.ledger
    print(f"{survived} kills under load, {len(books.gone) + len(books.steps)} envelopes")
    assert survived >= KILLS * 0.8
    assert len(books.gone) > 10 * KILLS
