"""Measure the processor time of a home per relayed frame, beside a bare aiohttp echo.

Sides, in turn, with the same client, the same count of TLS WebSockets, the same messages and the
same rate of 50 a second each:
  relay   `hamseda serve`: two lines in each room, every message goes to the other line
  echo    aiohttp on uvloop sends every message back where it came from
In both the server reads one message and writes one. Goal: relay <= 1.3 x echo.

Usage: bench/relay_cpu.py [--rooms 50] [--seconds 10] [--rounds 5] [--short]
"""

import asyncio
import secrets
import time
from collections.abc import Awaitable, Callable
from hashlib import sha256

import uvloop
from _lines import Box, Line, Lines, Sockets
from _processes import cpu_seconds, echo_server, quiet_world
from _question import answer, options
from _record import interleave

from hamseda.crypto.sframe import SFrameSender
from hamseda.media.modes import STANDARD
from hamseda.wire.audio import AudioFrame, encode_audio
from hamseda.wire.media import MediaMessage
from hamseda.wire.relay import GetGrant, Join

FRAMES_A_SECOND = 1000 // STANDARD.frame_ms
HANDLE = 0
SETTLE = 1.0
ARRIVED = 0.995
"""The share of the messages that must have arrived, or the measurement does not count."""

Send = Callable[[bytes], Awaitable[None]]


def media_message() -> bytes:
    """Make a message as large as those of a call."""
    frame = AudioFrame(0, STANDARD.code, secrets.token_bytes(STANDARD.opus_bytes))
    sealed = SFrameSender(secrets.token_bytes(32)).seal(encode_audio(frame))
    return MediaMessage(HANDLE, (sealed,)).encode()


class Tally:
    """Count what arrives."""

    def __init__(self) -> None:
        self.count = 0

    def one(self, _: bytes) -> None:
        """Count one message."""
        self.count += 1


async def pace(senders: list[Send], seconds: float) -> int:
    """Send from all, evenly spread, each at the rate of a call; return how many were sent."""
    message = media_message()
    interval = 1 / (FRAMES_A_SECOND * len(senders))
    total = int(seconds / interval)
    start = time.monotonic()
    for number in range(total):
        wait = start + number * interval - time.monotonic()
        if wait > 0:
            await asyncio.sleep(wait)
        await senders[number % len(senders)](message)
    return total


async def measured(senders: list[Send], tally: Tally, seconds: float, pid: int) -> dict[str, float]:
    """Warm up, then measure; a run that lost messages raises AssertionError."""
    await pace(senders, SETTLE)
    await asyncio.sleep(SETTLE)
    before, arrived, began = cpu_seconds(pid), tally.count, time.monotonic()
    sent = await pace(senders, seconds)
    took = time.monotonic() - began
    await asyncio.sleep(SETTLE)
    used, arrived = cpu_seconds(pid) - before, tally.count - arrived
    assert arrived >= ARRIVED * sent, f"{sent} sent, {arrived} arrived"
    return {"us_a_frame": 1e6 * used / arrived, "frames": arrived, "per_second": sent / took}


async def through_home(link: str, pid: int, rooms: int, seconds: float) -> dict[str, float]:
    """Let the lines of each room send to each other."""
    tally = Tally()
    async with Lines(link) as lines:
        callers, callees = await lines.open_many(rooms), await lines.open_many(rooms)
        for caller, callee in zip(callers, callees, strict=True):
            await share_room(caller, callee)
            caller.on_media = callee.on_media = tally.one
        senders: list[Send] = [line.ws.send_bytes for line in (*callers, *callees)]
        return await measured(senders, tally, seconds, pid)


async def share_room(caller: Line, callee: Line) -> None:
    """Seat two lines in a new room."""
    box, room = Box(), secrets.token_bytes(16)
    keys = [secrets.token_bytes(16), secrets.token_bytes(16)]
    hashes = [sha256(key).digest()[:16] for key in keys]
    await box.create(caller)
    grant = await caller.ask(GetGrant(caller.q(), box.id, room, *hashes))
    assert grant is not None
    for seat, line in enumerate((caller, callee)):
        await line.ask(Join(line.q(), HANDLE, grant, seat, keys[seat]))


async def through_echo(port: int, pid: int, rooms: int, seconds: float) -> dict[str, float]:
    """Let as many sockets talk to themselves."""
    tally = Tally()
    async with Sockets() as sockets:
        opened = [await sockets.open(f"wss://localhost:{port}/") for _ in range(2 * rooms)]

        async def read(number: int) -> None:
            async for message in opened[number]:
                tally.one(message.data)

        readers = [asyncio.create_task(read(number)) for number in range(len(opened))]
        result = await measured([ws.send_bytes for ws in opened], tally, seconds, pid)
        for reader in readers:
            reader.cancel()
        return result


def main() -> None:
    """Ask, print the answer, keep the samples."""
    parser = options(__doc__, rounds=5)
    parser.add_argument("--rooms", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=10.0)
    given = parser.parse_args()
    if given.short:
        given.rounds, given.seconds = 2, 3.0
    with quiet_world() as world:
        home = world.home(creations_per_hour=10_000_000)
        pid = home.process.process.pid
        with echo_server(home.data / "tls.pem") as (port, echo_pid):
            load = (given.rooms, given.seconds)
            samples = interleave(
                {
                    "relay": lambda: uvloop.run(through_home(home.link, pid, *load)),
                    "echo": lambda: uvloop.run(through_echo(port, echo_pid, *load)),
                },
                given.rounds,
            )
    parameters = {
        "rooms": given.rooms,
        "lines": 2 * given.rooms,
        "frames_a_second_a_line": FRAMES_A_SECOND,
        "message_bytes": len(media_message()),
        "seconds": given.seconds,
        "rounds": given.rounds,
    }
    answer("relay_cpu", parameters, {"samples": samples}, is_short=given.short)


if __name__ == "__main__":
    main()
