"""Measure how many envelopes a second the store takes, beside SQLite that commits each.

Sides, in turn, on the same disk, all with synchronous=FULL:
  group   the store as it ships
  each    the same store, same checks, one transaction per envelope
  bare    no store: one thread, one table, INSERT and COMMIT, no check of anything
Writers wait for their answer before they send the next envelope. Goal: group >= 5 x each.
A second question, `reads`: how long `pending` takes under that load, read on the store's own
connection for reading and in the writer's transactions.

Usage: bench/store.py [--seconds 2] [--rounds 5] [--writers 200] [--directory .]
"""

import argparse
import asyncio
import os
import sqlite3
import tempfile
import time
from collections.abc import Mapping
from contextlib import closing
from dataclasses import replace
from functools import partial
from hashlib import sha256
from itertools import count
from pathlib import Path

from _record import interleave, medians, record

from hamseda.mailbox.limits import MIB, Limits
from hamseda.mailbox.store import MailboxStore
from hamseda.wire.status import Status

NOW = 1_800_000_000
CAP = bytes(32)
WRITER = bytes(8)
ROOMY = Limits(mailbox_envelopes=10**9, mailbox_bytes=10**12)
SIZES = (2048, 4096)


def percentile(values: list[float], share: float) -> float:
    """Return the value below which `share` of all lie."""
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


async def load(
    path: Path, limits: Limits, size: int, writers: int, seconds: float, reader: str = ""
) -> dict[str, float]:
    """Put envelopes from many writers; with a reader, read one mailbox all the while."""
    waits: list[float] = []
    reads: list[float] = []
    async with await MailboxStore.open(path, limits) as store:
        boxes = [os.urandom(16) for _ in range(writers)]
        for box in boxes:
            await store.create_mailbox(box, bytes(32), sha256(CAP).digest(), NOW)
        envelope = os.urandom(size)
        start = time.perf_counter()
        end = start + seconds

        async def write(box: bytes) -> None:
            numbers = count(1)
            while (sent := time.perf_counter()) < end:
                put_id = WRITER + next(numbers).to_bytes(8, "big")
                status, _ = await store.put(box, CAP, put_id, envelope, NOW)
                assert status is Status.OK
                waits.append(time.perf_counter() - sent)

        async def read(box: bytes) -> None:
            while (asked := time.perf_counter()) < end:
                await store.pending(box, 0, 32, NOW)
                reads.append(time.perf_counter() - asked)

        if reader == "writer":
            # The side that does not ship.
            store._reader = store._writer  # pyright: ignore[reportPrivateUsage]
        async with asyncio.TaskGroup() as group:
            for box in boxes:
                group.create_task(write(box))
            if reader:
                group.create_task(read(boxes[0]))
        took = time.perf_counter() - start
    sample = {
        "per_second": len(waits) / took,
        "p50_ms": 1000 * percentile(waits, 0.5),
        "p99_ms": 1000 * percentile(waits, 0.99),
    }
    if reads:
        sample["read_p50_ms"] = 1000 * percentile(reads, 0.5)
        sample["read_p99_ms"] = 1000 * percentile(reads, 0.99)
    return sample


def store(
    directory: Path, limits: Limits, size: int, writers: int, seconds: float, reader: str = ""
) -> Mapping[str, float]:
    """Load a fresh store."""
    with tempfile.TemporaryDirectory(dir=directory) as fresh:
        path = Path(fresh) / "mailbox.db"
        return asyncio.run(load(path, limits, size, writers, seconds, reader))


def bare(directory: Path, size: int, writers: int, seconds: float) -> Mapping[str, float]:
    """Insert and commit in one loop: the fastest that commit-each can be."""
    with (
        tempfile.TemporaryDirectory(dir=directory) as fresh,
        closing(sqlite3.connect(Path(fresh) / "bare.db", isolation_level=None)) as db,
    ):
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("PRAGMA synchronous = FULL")
        db.execute("CREATE TABLE envelopes (mailbox, seq, envelope, PRIMARY KEY (mailbox, seq))")
        boxes = [os.urandom(16) for _ in range(writers)]
        envelope = os.urandom(size)
        start = time.perf_counter()
        count = 0
        while time.perf_counter() < start + seconds:
            row = (boxes[count % writers], count, envelope)
            db.execute("INSERT INTO envelopes VALUES (?, ?, ?)", row)
            count += 1
        return {"per_second": count / (time.perf_counter() - start)}


def main() -> None:
    """Ask both questions, print the answer, keep the samples."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--seconds", type=float, default=2.0)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--writers", type=int, default=200)
    parser.add_argument("--directory", type=Path, default=Path.cwd())
    options = parser.parse_args()
    common = (options.writers, options.seconds)
    each = replace(ROOMY, batch_items=1)
    results: dict[str, object] = {}
    for size in SIZES:
        print(f"envelopes of {size} bytes, {options.writers} writers")
        samples = interleave(
            {
                "group": partial(store, options.directory, ROOMY, size, *common),
                "each": partial(store, options.directory, each, size, *common),
                "bare": partial(bare, options.directory, size, *common),
            },
            options.rounds,
        )
        rate = {side: medians(runs)["per_second"] for side, runs in samples.items()}
        ratios = {side: rate["group"] / rate[side] for side in ("each", "bare")}
        print(f"group / each = {ratios['each']:.1f} (goal 5), group / bare = {ratios['bare']:.1f}")
        results[f"put {size}"] = {"samples": samples, "ratios": ratios}
    print("pending under load")
    results["reads"] = interleave(
        {
            name: partial(store, options.directory, ROOMY, 4096, *common, reader=name)
            for name in ("own", "writer")
        },
        options.rounds,
    )
    parameters = {
        "sizes": SIZES,
        "writers": options.writers,
        "seconds": options.seconds,
        "rounds": options.rounds,
        "sqlite": sqlite3.sqlite_version,
        "batch_items": ROOMY.batch_items,
        "cache_mib": ROOMY.cache_bytes // MIB,
    }
    record("store", parameters, results)


if __name__ == "__main__":
    main()
