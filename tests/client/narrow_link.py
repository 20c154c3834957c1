"""Carry messages over a link that may be narrow, on a clock that jumps.

One TCP connection each way, at the least that matters here: what is lost holds up what comes after
it, and a window that loses halves. The link itself and the policer are the lab's.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace

from hamseda_lab.link import Direction, LinkSettings
from hamseda_lab.state import Policer

LAYERS = 82
"""Bytes of WebSocket, TLS, TCP and IP around a message."""
ACK = 52
SEGMENT = 1400
FIRST_WINDOW = 10


class Way:
    """Be one direction of a link, whose rate or policer may change."""

    def __init__(self, settings: LinkSettings, seed: str) -> None:
        self.settings = settings
        self.policer: Policer | None = None
        self._link = Direction(settings, seed)

    def change(self, kbit: float | None, queue_seconds: float) -> None:
        """Carry so many kbit/s from now on, with a queue before it."""
        queue = 65_536 if kbit is None else max(3000, round(kbit * 125 * queue_seconds))
        self.settings = replace(self.settings, rate_kbit=kbit, queue_bytes=queue)
        self._link.change(self.settings)

    def stand_still(self, *, still: bool) -> None:
        """Carry nothing, or go on."""
        self._link.change(replace(self.settings, is_up=not still))

    def send(self, size: int) -> float | None:
        """Give when a packet of so many bytes arrives, None if it never does."""
        now = asyncio.get_running_loop().time()
        if self.policer is not None and not self.policer.lets_pass(size, now):
            return None
        return self._link.send(size, now)


@dataclass(slots=True)
class _Segment:
    messages: list[bytes]
    size: int
    sent_at: float = 0.0
    is_acked: bool = False
    is_lost: bool = False


class Tcp:
    """Carry messages one way, in order; what waits shares a segment."""

    def __init__(self, there: Way, back: Way, deliver: Callable[[bytes], None]) -> None:
        self._there, self._back, self._deliver = there, back, deliver
        self._unsent: list[bytes] = []
        self._segments: list[_Segment] = []
        self._acked_to = self._delivered = 0
        self._arrived: set[int] = set()
        self._window, self._threshold = float(FIRST_WINDOW), 64.0
        self._rtt, self._varies, self.fastest = 0.1, 0.05, 1.0
        self._halved_at = -1.0
        self._timer: asyncio.TimerHandle | None = None
        self.acked_bytes = 0

    @property
    def unsent(self) -> int:
        """Count the bytes that have not left yet."""
        return sum(len(message) for message in self._unsent)

    @property
    def waiting(self) -> int:
        """Count the bytes that were not acknowledged yet."""
        return self.unsent + sum(each.size for each in self._segments[self._acked_to :])

    def write(self, data: bytes) -> None:
        """Send at once what the window lets pass."""
        self._unsent.append(data)
        self._pump()

    def _pump(self) -> None:
        for number in range(self._acked_to, len(self._segments)):
            if self._in_flight() >= self._window:
                return
            if self._segments[number].is_lost:
                self._transmit(number)
        while self._unsent and self._in_flight() < self._window:
            segment = _Segment([], 0)
            while self._unsent and segment.size + len(self._unsent[0]) <= SEGMENT:
                segment.messages.append(self._unsent.pop(0))
                segment.size += len(segment.messages[-1])
            self._segments.append(segment)
            self._transmit(len(self._segments) - 1)

    def _in_flight(self) -> int:
        sent = self._segments[self._acked_to :]
        return sum(not (each.is_acked or each.is_lost) for each in sent)

    def _transmit(self, number: int) -> None:
        loop, segment = asyncio.get_running_loop(), self._segments[number]
        segment.sent_at, segment.is_lost = loop.time(), False
        arrives = self._there.send(segment.size + LAYERS)
        if arrives is not None:
            loop.call_at(arrives, self._arrive, number, loop.time())
        if self._timer is None:
            self._start_timer()

    def _start_timer(self) -> None:
        loop = asyncio.get_running_loop()
        # Linear, as the client and the home ask for.
        self._timer = loop.call_later(self._rtt + max(0.2, 4 * self._varies), self._time_out)

    def _time_out(self) -> None:
        self._timer = None
        if self._acked_to >= len(self._segments):
            return
        self._threshold, self._window = max(2.0, self._in_flight() / 2), 1.0
        for segment in self._segments[self._acked_to :]:
            segment.is_lost = not segment.is_acked
        self._transmit(self._acked_to)

    def _arrive(self, number: int, sent_at: float) -> None:
        self._arrived.add(number)
        while self._delivered in self._arrived:
            for message in self._segments[self._delivered].messages:
                self._deliver(message)
            self._delivered += 1
        acked = self._back.send(ACK)
        if acked is not None:
            loop = asyncio.get_running_loop()
            loop.call_at(acked, self._acknowledge, number, self._delivered, sent_at)

    def _acknowledge(self, number: int, delivered: int, sent_at: float) -> None:
        now, segment = asyncio.get_running_loop().time(), self._segments[number]
        took = now - sent_at
        self._varies += (abs(took - self._rtt) - self._varies) / 4
        self._rtt += (took - self._rtt) / 8
        self.fastest = min(self.fastest, took)
        segment.is_acked, segment.is_lost = True, False
        if self._acked_to < delivered:
            self.acked_bytes += sum(s.size for s in self._segments[self._acked_to : delivered])
            self._acked_to = delivered
            grown = 1.0 if self._window < self._threshold else 1 / self._window
            self._window = min(64.0, self._window + grown)
            if self._timer is not None:
                self._timer.cancel()
                self._timer = None
            if self._acked_to < len(self._segments):
                self._start_timer()
        self._note_lost(number, now)
        self._pump()

    def _note_lost(self, newest: int, now: float) -> None:
        sent_at = self._segments[newest].sent_at
        for segment in self._segments[self._acked_to : newest - 2]:
            # What was sent after the newest one that arrived may still be on its way.
            if segment.is_acked or segment.is_lost or segment.sent_at > sent_at:
                continue
            segment.is_lost = True
            if now - self._halved_at > self._rtt:
                self._threshold = self._window = max(2.0, self._window / 2)
                self._halved_at = now
