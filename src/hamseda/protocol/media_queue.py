"""Hold media that cannot be written at once, and let go what has become old (spec/relay.md §3)."""

from typing import Final

KEEP: Final = 0.250
"""Seconds after which a frame is worth less than the next one."""
MOST: Final = 64
"""Messages kept, whatever their age: 250 ms of two full seats hold 60."""


class MediaQueue:
    """Be a queue that drops its oldest entries instead of delivering them late."""

    __slots__ = ("_waiting", "dropped")

    def __init__(self) -> None:
        # A list, for its few entries: an empty deque has 600 bytes, and most lines are idle.
        self._waiting: list[tuple[float, bytes]] = []
        self.dropped = 0

    def __len__(self) -> int:
        return len(self._waiting)

    def put(self, message: bytes, now: float) -> None:
        """Queue a message; what is older than 250 ms goes, and so does the oldest of too many."""
        self._drop_old(now)
        if len(self._waiting) >= MOST:
            self._waiting.pop(0)
            self.dropped += 1
        self._waiting.append((now, message))

    def take(self, now: float) -> bytes | None:
        """Take the oldest message that is still young enough."""
        self._drop_old(now)
        return self._waiting.pop(0)[1] if self._waiting else None

    def clear(self) -> None:
        """Drop all: the line is gone."""
        self.dropped += len(self._waiting)
        self._waiting.clear()

    def _drop_old(self, now: float) -> None:
        oldest = now - KEEP
        while self._waiting and self._waiting[0][0] < oldest:
            self._waiting.pop(0)
            self.dropped += 1
