"""Let two real voices talk through a home, one of them over a narrow path, on a clock that jumps.

Voices, lines' queues and what watches them are the product's own.
"""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import cast

from hamseda.client.events import CallEvent, Quality
from hamseda.client.media_out import Drops, MediaOut
from hamseda.client.voice import MediaKeys, Voice
from hamseda.crypto.sframe import SFrameReceiver, SFrameSender
from hamseda.media.modes import Mode
from hamseda.transport.audio_source import DeafSink, SilentSource
from hamseda.transport.outbox import Outbox
from hamseda.transport.tcp_queue import (
    AcknowledgedQueue,
    SeldomAsked,
    TcpQueue,
    UnwatchedQueue,
)
from hamseda.transport.websocket import WebSocket
from hamseda.wire.media import MediaMessage, parse_media_untrusted
from hamseda_lab.link import LinkSettings
from hamseda_lab.state import Policer
from tests.client.narrow_link import Tcp, Way

HOME_UNSENT = 1024
CLIENT_UNSENT = 4096
HANDSHAKE = (600, 2500), (1900, 700)
"""Bytes up and down in turns until a new line has a seat."""


class _Queue(AcknowledgedQueue):
    """Be what a kernel would tell of such a connection."""

    def __init__(self, tcp: Tcp) -> None:
        with socket.socket() as unused:
            super().__init__(unused)
        self._simulated = tcp

    def is_short(self, now: float) -> bool:
        tcp = self._simulated
        return self.is_short_with(tcp.acked_bytes, tcp.waiting, tcp.fastest, now)


class _End:
    """Be one end of a connection, as a client's or a home's queue sees it."""

    def __init__(self, tcp: Tcp, queue: TcpQueue | SeldomAsked, unsent: int) -> None:
        self._tcp, self._queue, self._unsent = tcp, queue, unsent

    def is_clear(self) -> bool:
        is_short = self._queue.is_short(asyncio.get_running_loop().time())
        return is_short and self._tcp.unsent <= self._unsent

    async def send(self, message: bytes) -> None:
        self._tcp.write(message)


class Line:
    """Be one line of one person, seated once its handshake is through."""

    def __init__(self, side: Side, *, is_fresh: bool) -> None:
        loop = asyncio.get_running_loop()
        self.is_seated = not is_fresh
        self._side = side
        self._steps = list(HANDSHAKE)
        self._left = 0
        self.out = MediaOut()
        self.up = Tcp(side.up, side.down, self._at_home)
        self.down = Tcp(side.down, side.up, self._here)
        unwatched = UnwatchedQueue()
        told = _Queue(self.down) if side.is_home_watchful else unwatched
        home = _End(self.down, SeldomAsked(told), HOME_UNSENT)
        self.outbox = Outbox(home, lambda _, body: body, loop.time, lambda: None)
        queue = _Queue(self.up) if side.is_watchful else unwatched
        websocket = _End(self.up, queue, CLIENT_UNSENT)
        self.work = asyncio.create_task(self.out.run(cast("WebSocket", websocket)))
        if is_fresh:
            self._shake(self.up, self._steps[0][0])

    def _shake(self, tcp: Tcp, count: int) -> None:
        for begin in range(0, count, 1400):
            tcp.write(b"h" * min(1400, count - begin))
            self._left += 1

    def _at_home(self, message: bytes) -> None:
        if message[:1] != b"h":
            self._side.forward(message)
        elif self._is_through():
            self._shake(self.down, self._steps[0][1])

    def _here(self, message: bytes) -> None:
        if message[:1] != b"h":
            self._side.hear(message)
        elif self._is_through():
            self._steps.pop(0)
            self.is_seated = not self._steps
            if self._steps:
                self._shake(self.up, self._steps[0][0])

    def _is_through(self) -> bool:
        self._left -= 1
        return self._left == 0


@dataclass(frozen=True, slots=True)
class Second:
    """Be what one side told in a second."""

    at: float
    mode: str
    on_time: float


class Side:
    """Be one person: a voice, its lines, and the two ways of their link."""

    def __init__(
        self,
        name: str,
        settings: LinkSettings,
        seed: int,
        *,
        is_watchful: bool,
        is_home_watchful: bool,
    ) -> None:
        self.up, self.down = (
            Way(settings, f"{name} up {seed}"),
            Way(settings, f"{name} down {seed}"),
        )
        self.is_watchful, self.is_home_watchful = is_watchful, is_home_watchful
        self.seconds: list[Second] = []
        self.modes: list[tuple[float, Mode]] = []
        self.peer: Side
        self.lines: list[Line] = [Line(self, is_fresh=False)]
        self._drops = Drops()
        self._told = (0, 0)
        self._tasks: set[asyncio.Task[None]] = set()
        self.voice = Voice(
            SilentSource(), DeafSink(), self, lambda: None, self._tell, probe=lambda: None
        )

    # What a voice asks of its path

    def send_media(self, packets: tuple[bytes, ...]) -> None:
        """Send on every line that has a seat."""
        for line in self.lines:
            if line.is_seated:
                line.out.put(MediaMessage(0, packets).encode())

    def want_spare(self, wanted: bool) -> None:
        """Open a second line, or give it up."""
        if wanted and len(self.lines) < 2:
            self.lines.append(Line(self, is_fresh=True))
        elif not wanted:
            for line in self.lines[1:]:
                line.work.cancel()
            del self.lines[1:]

    def dropped_share(self) -> float:
        """Give the share of media that left on neither line in time."""
        return self._drops.share(line.out for line in self.lines if line.is_seated)

    # The home

    def forward(self, message: bytes) -> None:
        """Pass on to every line of the other side."""
        for line in self.peer.lines:
            if line.is_seated:
                task = asyncio.create_task(line.outbox.media(message))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)

    def hear(self, message: bytes) -> None:
        """Take what came from the other side, perhaps for the second time."""
        now = asyncio.get_running_loop().time()
        for sealed in parse_media_untrusted(message).frames:
            self.voice.receive(sealed, now)

    def _tell(self, event: CallEvent) -> None:
        if isinstance(event, Quality):
            expected, on_time = event.frames_expected, event.frames_on_time
            share = (on_time - self._told[1]) / max(1, expected - self._told[0])
            self._told = expected, on_time
            now = asyncio.get_running_loop().time()
            self.seconds.append(Second(now, event.mode, share))

    async def note_modes(self) -> None:
        """Write down each change of mode."""
        while True:
            mode = self.voice.mode
            if not self.modes or self.modes[-1][1] is not mode:
                self.modes.append((asyncio.get_running_loop().time(), mode))
            await asyncio.sleep(0.02)

    def heard(self, begin: float, end: float) -> float:
        """Give the mean share on time of the seconds told between two moments."""
        shares = [second.on_time for second in self.seconds if begin < second.at <= end]
        return sum(shares) / max(1, len(shares))


Change = tuple[float, Callable[[], None]]


@dataclass(slots=True)
class Pair:
    """Be a call: `narrow` sits behind the path that changes, `wide` does not."""

    narrow: Side
    wide: Side
    plan: list[Change] = field(default_factory=list["Change"])

    def throttle(self, kbit: float | None, queue_seconds: float = 0.3) -> None:
        """Let both directions carry so much from now on."""
        for way in (self.narrow.up, self.narrow.down):
            way.change(kbit, queue_seconds)

    def police(self, kbit: float | None, bucket: int = 8000) -> None:
        """Drop what is above a rate from now on."""
        for way in (self.narrow.up, self.narrow.down):
            way.policer = None if kbit is None else Policer(kbit, bucket)

    def stand_still(self, *, still: bool) -> None:
        """Carry nothing either way, or go on."""
        for way in (self.narrow.up, self.narrow.down):
            way.stand_still(still=still)

    async def talk(self, seconds: float) -> None:
        """Talk for so long, and follow the plan."""
        loop = asyncio.get_running_loop()
        for at, change in self.plan:
            loop.call_at(at, change)
        one, other = bytes(32), bytes([1]) * 32
        tasks = [
            asyncio.create_task(side.voice.run(MediaKeys(SFrameSender(ours), SFrameReceiver(its))))
            for side, ours, its in ((self.narrow, one, other), (self.wide, other, one))
        ]
        tasks += [asyncio.create_task(side.note_modes()) for side in (self.narrow, self.wide)]
        await asyncio.sleep(seconds)
        for task in (*tasks, *(line.work for s in (self.narrow, self.wide) for line in s.lines)):
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task


def pair(
    *,
    rtt: float = 0.06,
    loss: float = 0.0,
    seed: int = 1,
    is_watchful: bool = True,
    is_home_watchful: bool = True,
) -> Pair:
    """Give two people half of `rtt` from their home each."""
    settings = LinkSettings(delay_ms=1000 * rtt / 4, loss=loss)
    watchful = {"is_watchful": is_watchful, "is_home_watchful": is_home_watchful}
    narrow = Side("narrow", settings, seed, **watchful)
    wide = Side("wide", replace(settings, loss=0.0), seed, **watchful)
    narrow.peer, wide.peer = wide, narrow
    return Pair(narrow, wide)
