"""Measure the processor time of a home per relayed frame, beside a bare aiohttp echo.

All servers run at the same time, and one client sends to them in turn, message by message: the
same count of TLS WebSockets each, the same messages, 50 a second each.
  relay   `hamseda serve`: two lines in each room, every message goes to the other line
  echo    aiohttp on uvloop sends every message back where it came from
  pair    the same, but to another socket, as a relay has to: what forwarding costs by itself
Each server reads one message and writes one. One after the other would compare the
neighbours of two moments: what a server spends on a message depends on how many others it finds
when it is woken up. Goal: relay <= 1.3 x echo.

Usage: bench/relay_cpu.py [--rooms 15] [--seconds 10] [--rounds 7] [--short]
"""

import asyncio
import secrets
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from hashlib import sha256

import aiohttp
import uvloop
from _lines import Box, Line, Lines, Sockets
from _processes import bare_server, cpu_seconds, quiet_world, unrationed_home
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
ARRIVED = 0.97
"""The share of messages that must have arrived: a home drops what a busy machine makes stale."""

Send = Callable[[bytes], Awaitable[None]]


def media_message() -> bytes:
    """Make a message as large as those of a call."""
    frame = AudioFrame(0, STANDARD.code, secrets.token_bytes(STANDARD.opus_bytes))
    sealed = SFrameSender(secrets.token_bytes(32)).seal(encode_audio(frame))
    return MediaMessage(HANDLE, (sealed,)).encode()


@dataclass(slots=True)
class Side:
    """Be one server: its process, who sends to it, and what came back."""

    pid: int
    senders: list[Send]
    arrived: int = 0

    def take(self, _: bytes) -> None:
        """Count one message."""
        self.arrived += 1


async def pace(sides: Sequence[Side], seconds: float) -> int:
    """Send to all sides in turn, evenly spread, each sender at the rate of a call.

    Return how many messages each side was sent.
    """
    message = media_message()
    senders = [
        send for sends in zip(*(side.senders for side in sides), strict=True) for send in sends
    ]
    interval = 1 / (FRAMES_A_SECOND * len(senders))
    total = int(seconds / interval / len(senders)) * len(senders)
    start = time.monotonic()
    for number in range(total):
        wait = start + number * interval - time.monotonic()
        if wait > 0:
            await asyncio.sleep(wait)
        await senders[number % len(senders)](message)
    return total // len(sides)


async def measure(sides: Mapping[str, Side], seconds: float) -> dict[str, float]:
    """Warm up, then measure; a run that lost messages raises AssertionError."""
    await pace(list(sides.values()), SETTLE)
    await asyncio.sleep(SETTLE)
    before = {name: (cpu_seconds(side.pid), side.arrived) for name, side in sides.items()}
    began = time.monotonic()
    sent = await pace(list(sides.values()), seconds)
    took = time.monotonic() - began
    await asyncio.sleep(SETTLE)
    sample = {"per_second": sent / took}
    for name, side in sides.items():
        used, arrived = before[name]
        arrived = side.arrived - arrived
        assert arrived >= ARRIVED * sent, f"{name}: {sent} sent, {arrived} arrived"
        sample[f"{name}_us_a_frame"] = 1e6 * (cpu_seconds(side.pid) - used) / arrived
    return sample


async def through_all(
    home: tuple[str, int], echo: tuple[int, int], pair: tuple[int, int], rooms: int, seconds: float
) -> dict[str, float]:
    """Open all lines and sockets anew, and send through all servers at once."""
    link, home_pid = home
    async with AsyncExitStack() as stack:
        lines = await stack.enter_async_context(Lines(link))
        sockets = await stack.enter_async_context(Sockets())
        callers, callees = await lines.open_many(rooms), await lines.open_many(rooms)
        relayed = Side(home_pid, [line.ws.send_bytes for line in (*callers, *callees)])
        for caller, callee in zip(callers, callees, strict=True):
            await share_room(caller, callee)
            caller.on_media = callee.on_media = relayed.take
        sides = {"relay": relayed}
        readers: list[asyncio.Task[None]] = []
        for name, (port, pid) in {"echo": echo, "pair": pair}.items():
            base = f"wss://localhost:{port}/{name}"
            # As with the lines: first one socket of each pair, then all the others.
            names = [""] * 2 * rooms if name == "echo" else [f"/{n}" for n in range(rooms)] * 2
            opened = [await sockets.open(base + path) for path in names]
            side = sides[name] = Side(pid, [ws.send_bytes for ws in opened])
            readers += [asyncio.create_task(read(ws, side.take)) for ws in opened]
        sample = await measure(sides, seconds)
        for reader in readers:
            reader.cancel()
        return sample


async def read(ws: aiohttp.ClientWebSocketResponse, take: Callable[[bytes], None]) -> None:
    """Read as a line does: to its end, message by message."""
    async for message in ws:
        take(message.data)


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


def main() -> None:
    """Ask, print the answer, keep the samples."""
    parser = options(__doc__, rounds=7)
    parser.add_argument("--rooms", type=int, default=15)
    parser.add_argument("--seconds", type=float, default=10.0)
    given = parser.parse_args()
    if given.short:
        given.rounds, given.seconds = 2, 3.0
    with quiet_world() as world:
        home = unrationed_home(world)
        running = home.link, home.process.process.pid
        pem = home.data / "tls.pem"
        with bare_server(pem) as echo, bare_server(pem) as pair:
            load = (running, echo, pair, given.rooms, given.seconds)
            samples = interleave({"all": lambda: uvloop.run(through_all(*load))}, given.rounds)
    parameters = {
        "rooms": given.rooms,
        "sockets_a_side": 2 * given.rooms,
        "frames_a_second_a_socket": FRAMES_A_SECOND,
        "message_bytes": len(media_message()),
        "seconds": given.seconds,
        "rounds": given.rounds,
    }
    answer("relay_cpu", parameters, {"samples": samples["all"]}, is_short=given.short)


if __name__ == "__main__":
    main()
