"""Send the media of one line, and drop what could not leave in time (spec/media.md §5)."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterable

from hamseda.transport.websocket import WebSocket

STALE_SECONDS = 0.25
"""A message that could not be written for so long is dropped instead."""
QUEUE_MOST = 64
_LOOK_SECONDS = 0.01


class MediaOut:
    """Be the queue of media messages before one line, over however many connections."""

    def __init__(self) -> None:
        self.sent = 0
        self.dropped = 0
        """Messages that became old here: their connection was too slow for them."""
        self._queue: deque[tuple[float, bytes]] = deque(maxlen=QUEUE_MOST)
        self._filled = asyncio.Event()

    def put(self, message: bytes) -> None:
        """Queue one message, in the place of the oldest where there are too many; never waits."""
        self._queue.append((asyncio.get_running_loop().time(), message))
        self._filled.set()

    async def run(self, websocket: WebSocket) -> None:
        """Write to a new connection until cancelled; what waited for the old one is old."""
        now = asyncio.get_running_loop().time
        self._queue.clear()
        while True:
            await self._filled.wait()
            self._filled.clear()
            while self._queue:
                self._drop_stale(now())
                if not websocket.is_clear():
                    await asyncio.sleep(_LOOK_SECONDS)
                elif self._queue:
                    _, message = self._queue.popleft()
                    await websocket.send(message)
                    self.sent += 1

    def _drop_stale(self, now: float) -> None:
        while self._queue and now - self._queue[0][0] > STALE_SECONDS:
            self._queue.popleft()
            self.dropped += 1


class Drops:
    """Count from look to look what left on none of a call's lines in time."""

    def __init__(self) -> None:
        self._before: dict[MediaOut, tuple[int, int]] = {}

    def share(self, outs: Iterable[MediaOut]) -> float:
        """Give the smallest share (0 to 1) of media that one of these dropped since the last look.

        One that was not looked at before counts from the next look on.
        """
        now = {out: (out.sent, out.dropped) for out in outs}
        shares: list[float] = []
        for out, (sent, dropped) in now.items():
            sent_before, dropped_before = self._before.get(out, (sent, dropped))
            came = sent - sent_before + dropped - dropped_before
            if came:
                shares.append((dropped - dropped_before) / came)
        self._before = now
        return min(shares, default=0.0)
