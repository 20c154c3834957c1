"""Measure what a front costs: the delay that it adds, and its memory and processor time a line.

One home and one front of it, TLS everywhere, all on this machine. In each room one line goes
directly; the other one, in turn of messages,
  direct   goes directly as well
  front    goes through the front
Both kinds of rooms live at the same time, and one client sends to them in turn, 50 messages a
second on each line, each with the moment at which it left. What the front uses is counted in a
run of its own, with a hundred lines that carry media a quarter as often, since two cores hold home,
front and client: anonymous pages before and with them, and processor time, by the kernel.
Goal: the front adds <= 5 ms for half of the messages.

Usage: bench/front_cost.py [--rooms 4] [--seconds 10] [--rounds 5] [--short]
"""

import asyncio
import secrets
import struct
import time
from contextlib import AsyncExitStack
from dataclasses import dataclass, field

import numpy as np
import uvloop
from _lines import Line, Lines
from _processes import cpu_seconds, memory_kib, quiet_world, unrationed_home
from _question import answer, options
from _record import interleave
from relay_cpu import ARRIVED, FRAMES_A_SECOND, HANDLE, SETTLE, media_message, share_room

from hamseda.wire.media import MediaMessage, parse_media_untrusted
from tests.integration.fronts import admitted_front

HUNDRED = 100
RARER = 4
_SENT_AT = struct.Struct("!d")
_SEALED = len(parse_media_untrusted(media_message()).frames[0]) - _SENT_AT.size


def stamped() -> bytes:
    """Make a message of a call's size that says when it was made; a home does not look inside."""
    frame = secrets.token_bytes(_SEALED) + _SENT_AT.pack(time.monotonic())
    return MediaMessage(HANDLE, (frame,)).encode()


@dataclass(slots=True)
class Way:
    """Be the rooms whose callers go one way, and how long their messages took."""

    lines: list[Line]
    """Callers, then callees."""
    seconds: list[float] = field(default_factory=list[float])

    def take(self, data: bytes) -> None:
        """Note how long a message took."""
        (sent_at,) = _SENT_AT.unpack(parse_media_untrusted(data).frames[0][-_SENT_AT.size :])
        self.seconds.append(time.monotonic() - sent_at)

    def quantile_ms(self, share: float) -> float:
        """Give within how many milliseconds a share of the messages arrived."""
        return 1000 * float(np.percentile(self.seconds, 100 * share))


async def pace(ways: list[Way], seconds: float, rate: float = FRAMES_A_SECOND) -> int:
    """Send on all lines in turn, evenly spread; return how many messages each way was sent.

    `rate`: messages a second on each line.
    """
    lines = [line for both in zip(*(way.lines for way in ways), strict=True) for line in both]
    interval = 1 / (rate * len(lines))
    total = int(seconds * rate) * len(lines)
    start = time.monotonic()
    for number in range(total):
        wait = start + number * interval - time.monotonic()
        if wait > 0:
            await asyncio.sleep(wait)
        await lines[number % len(lines)].ws.send_bytes(stamped())
    await asyncio.sleep(SETTLE)
    return total // len(ways)


async def open_way(callers: Lines, callees: Lines, rooms: int) -> Way:
    """Open the lines of some rooms, and seat them."""
    way = Way([*await callers.open_many(rooms), *await callees.open_many(rooms)])
    for caller, callee in zip(way.lines[:rooms], way.lines[rooms:], strict=True):
        await share_room(caller, callee)
        caller.on_media = callee.on_media = way.take
    return way


async def through_both(home: str, front: str, rooms: int, seconds: float) -> dict[str, float]:
    """Open all lines anew, warm up, and send both ways at once."""
    async with AsyncExitStack() as stack:
        directly = await stack.enter_async_context(Lines(home))
        by_front = await stack.enter_async_context(Lines(front))
        ways = {
            "direct": await open_way(directly, directly, rooms),
            "front": await open_way(by_front, directly, rooms),
        }
        await pace(list(ways.values()), SETTLE)
        for way in ways.values():
            way.seconds.clear()
        sent = await pace(list(ways.values()), seconds)
    for name, way in ways.items():
        arrived = len(way.seconds)
        assert arrived >= ARRIVED * sent, f"{name}: {sent} sent, {arrived} arrived"
    spread = {"p50": 0.5, "p95": 0.95}
    delays = {
        f"{name}_{word}_ms": way.quantile_ms(share)
        for name, way in ways.items()
        for word, share in spread.items()
    }
    added = {
        f"added_{word}_ms": delays[f"front_{word}_ms"] - delays[f"direct_{word}_ms"]
        for word in spread
    }
    return {**delays, **added}


async def a_hundred(front: str, front_pid: int, seconds: float) -> dict[str, float]:
    """Open a hundred lines through the front, let all carry media, and see what it holds."""
    async with Lines(front) as lines:
        before = memory_kib(front_pid)["anonymous"]
        way = await open_way(lines, lines, HUNDRED // 2)
        cpu = cpu_seconds(front_pid)
        sent = await pace([way], seconds, FRAMES_A_SECOND / RARER)
        cpu = cpu_seconds(front_pid) - cpu
        assert len(way.seconds) >= ARRIVED * sent, f"{sent} sent, {len(way.seconds)} arrived"
        return {
            "front_mib": (memory_kib(front_pid)["anonymous"] - before) / 1024,
            # Each crosses the front twice: up one line, and down the other.
            "front_us_a_message": 1e6 * cpu / sent / 2,
        }


def main() -> None:
    """Ask, print the answer, keep the samples."""
    parser = options(__doc__, rounds=5)
    parser.add_argument("--rooms", type=int, default=4)
    parser.add_argument("--seconds", type=float, default=10.0)
    given = parser.parse_args()
    if given.short:
        given.rounds, given.seconds = 1, 3.0
    with quiet_world() as world:
        home = unrationed_home(world)
        front = admitted_front(world, home)
        through = str(front.link), front.process.process.pid
        load = (home.link, through[0], given.rooms, given.seconds)
        sides = {
            "both": lambda: uvloop.run(through_both(*load)),
            "hundred": lambda: uvloop.run(a_hundred(*through, given.seconds)),
        }
        samples = interleave(sides, given.rounds)
    parameters = {
        "rooms_a_way": given.rooms,
        "messages_a_second_a_line": FRAMES_A_SECOND,
        "of_a_hundred_lines": FRAMES_A_SECOND / RARER,
        "message_bytes": len(stamped()),
        "seconds": given.seconds,
        "rounds": given.rounds,
    }
    answer("front_cost", parameters, {"samples": samples}, is_short=given.short)


if __name__ == "__main__":
    main()
