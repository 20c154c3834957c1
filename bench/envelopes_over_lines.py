"""Measure envelopes from end to end over lines: put, commit, deliver, acknowledge.

One `hamseda serve` process with TLS, pairs of lines, one mailbox a pair; one line puts, the other
one reads and acknowledges. Sides, in turn:
  offered   envelopes come evenly spread at a given rate, whether or not the home keeps up; an
            envelope's time runs from the moment at which it was due (no coordinated omission)
            to its delivery, which is then acknowledged
  most      each pair keeps a few on their way: how many at most
Goal: at 500 a second offered, 99 % are delivered within 100 ms.
The client is one process on the same machine; where it is the slower one, it says so.

Usage: bench/envelopes_over_lines.py [--pairs 50] [--seconds 10] [--rounds 5] [--short]
"""

import asyncio
import secrets
import struct
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import uvloop
from _lines import Box, Line, Lines
from _processes import cpu_seconds, quiet_world, unrationed_home
from _question import answer, options
from _record import interleave

from hamseda.wire.line import Reply
from hamseda.wire.mailbox import ENVELOPE_SIZES, Ack, Deliver, Put
from hamseda.wire.messages import Push
from hamseda.wire.status import Status

ENVELOPE = ENVELOPE_SIZES[0]
OFFERED = 500
ON_THEIR_WAY = 4
"""Envelopes of one pair between put and delivery, when as many as possible are sent."""
PATIENCE = 10.0
_DUE = struct.Struct("!d")


@dataclass(slots=True)
class Flow:
    """Count what goes through, in all pairs together."""

    sent: int = 0
    refused: int = 0
    waits: list[float] = field(default_factory=list[float])
    _all: int | None = None
    _done: asyncio.Event = field(default_factory=asyncio.Event)

    def arrived(self, wait: float) -> None:
        """Count one that took `wait` seconds."""
        self.waits.append(wait)
        self._look()

    def was_refused(self) -> None:
        """Count one that the home did not take."""
        self.refused += 1
        self._look()

    async def settled(self) -> None:
        """Wait until all that was sent has arrived or was refused; nothing more is sent."""
        self._all = self.sent
        self._look()
        await self._done.wait()

    def _look(self) -> None:
        if self._all is not None and len(self.waits) + self.refused >= self._all:
            self._done.set()


class Pair:
    """Put envelopes on one line and take them off another."""

    def __init__(self, writer: Line, reader: Line, flow: Flow) -> None:
        self.writer = writer
        self.reader = reader
        self.box = Box()
        self.free = asyncio.Semaphore(ON_THEIR_WAY)
        self._flow = flow
        self._tasks: set[asyncio.Task[None]] = set()
        writer.on_push = self._answered
        reader.on_push = self._delivered

    async def put(self, due: float) -> None:
        """Send one envelope, which carries the time at which it was due."""
        envelope = _DUE.pack(due) + secrets.token_bytes(ENVELOPE - _DUE.size)
        self._flow.sent += 1
        box, q = self.box, self.writer.q()
        await self.writer.tell(Put(q, box.id, box.cap, bytes(8) + q.to_bytes(8, "big"), envelope))

    def _answered(self, push: Push) -> None:
        if isinstance(push, Reply) and push.status is not Status.OK:
            self._flow.was_refused()

    def _delivered(self, push: Push) -> None:
        if not isinstance(push, Deliver):
            return
        task = asyncio.get_running_loop().create_task(self._acknowledge(push))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _acknowledge(self, push: Deliver) -> None:
        (due,) = _DUE.unpack_from(push.envelope)
        wait = time.monotonic() - due
        await self.reader.ask(Ack(self.reader.q(), self.box.id, (push.seq,)))
        self._flow.arrived(wait)
        self.free.release()


async def offer(pairs: list[Pair], rate: float, seconds: float) -> None:
    """Send at a given rate, by the clock."""
    start = time.monotonic()
    for number in range(int(rate * seconds)):
        due = start + number / rate
        wait = due - time.monotonic()
        if wait > 0:
            await asyncio.sleep(wait)
        await pairs[number % len(pairs)].put(due)


async def saturate(pairs: list[Pair], seconds: float) -> None:
    """Send the next as soon as an earlier one of the pair was delivered and acknowledged."""
    end = time.monotonic() + seconds

    async def drive(pair: Pair) -> None:
        while time.monotonic() < end:
            await pair.free.acquire()
            await pair.put(time.monotonic())

    async with asyncio.TaskGroup() as group:
        for pair in pairs:
            group.create_task(drive(pair))


async def measure(
    link: str, pid: int, count: int, seconds: float, rate: float
) -> tuple[dict[str, float], list[float]]:
    """Run one side and give its numbers and every wait; rate 0 means as many as go through."""
    flow = Flow()
    async with Lines(link) as lines:
        writers, readers = await lines.open_many(count), await lines.open_many(count)
        pairs = [Pair(*both, flow) for both in zip(writers, readers, strict=True)]
        for pair in pairs:
            await pair.box.create(pair.reader)
        cpu, own_cpu, began = cpu_seconds(pid), time.process_time(), time.monotonic()
        await (offer(pairs, rate, seconds) if rate else saturate(pairs, seconds))
        async with asyncio.timeout(PATIENCE):
            await flow.settled()
        took = time.monotonic() - began
        cpu, own_cpu = cpu_seconds(pid) - cpu, time.process_time() - own_cpu
    assert not flow.refused, f"the home refused {flow.refused} of {flow.sent}"
    waits = sorted(flow.waits)
    return {
        "per_second": len(waits) / took,
        "p50_ms": 1000 * waits[len(waits) // 2],
        "p99_ms": 1000 * waits[len(waits) * 99 // 100],
        "most_ms": 1000 * waits[-1],
        "home_cores": cpu / took,
        "client_cores": own_cpu / took,
    }, waits


class Side:
    """Be one side of the comparison; keep how often an envelope took how many milliseconds."""

    def __init__(self, link: str, pid: int, count: int, seconds: float, rate: float) -> None:
        self._load = (link, pid, count, seconds, rate)
        self.waits_ms: list[dict[int, int]] = []

    def __call__(self) -> dict[str, float]:
        """Run it once."""
        sample, waits = uvloop.run(measure(*self._load))
        self.waits_ms.append(dict(sorted(Counter(int(1000 * wait) for wait in waits).items())))
        return sample


def main() -> None:
    """Ask, print the answer, keep the samples."""
    parser = options(__doc__, rounds=5)
    parser.add_argument("--pairs", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--offered", type=int, default=OFFERED)
    parser.add_argument("--directory", type=Path, default=Path.cwd(), help="disk of the store")
    given = parser.parse_args()
    if given.short:
        given.rounds, given.seconds = 1, 3.0
    with quiet_world(given.directory) as world:
        home = unrationed_home(world)
        load = (home.link, home.process.process.pid, given.pairs, given.seconds)
        sides = {"offered": Side(*load, given.offered), "most": Side(*load, 0)}
        samples = interleave(sides, given.rounds)
    parameters = {
        "pairs": given.pairs,
        "envelope_bytes": ENVELOPE,
        "offered_per_second": given.offered,
        "on_their_way_a_pair": ON_THEIR_WAY,
        "seconds": given.seconds,
        "rounds": given.rounds,
    }
    waits = {name: side.waits_ms for name, side in sides.items()}
    results = {"samples": samples, "envelopes_by_ms": waits}
    answer("envelopes_over_lines", parameters, results, is_short=given.short)


if __name__ == "__main__":
    main()
