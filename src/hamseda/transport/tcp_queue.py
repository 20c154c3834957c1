"""Tell how long what was written to a TCP connection has waited for its acknowledgement.

A narrow path queues in the kernel and in the network seconds of speech that no limit on unsent
bytes sees: all of it was sent, none of it has arrived. The age of the oldest unacknowledged byte
shows the queue within a round trip, so that a sender can drop what would only come late
(spec/media.md §5).
"""

from __future__ import annotations

import fcntl
import socket
import struct
import sys
import termios
from typing import Protocol

QUEUE_SECONDS = 0.3
"""How much longer than the fastest round trip an acknowledgement may take: two lost segments that
are sent again fast, or 250 ms of speech in a queue."""

SELDOM_SECONDS = 0.1
"""Between two looks at a queue that was short: each takes 7 microseconds."""

_INFO = struct.Struct("=120xQ20xI")
"""`bytes_acked` and `min_rtt` (µs) of Linux's struct tcp_info."""
_BOTH_WAYS = struct.Struct("=120xQQ")
"""`bytes_acked` and `bytes_received` of the same."""
_LOG_MOST = 512


class TcpQueue(Protocol):
    """Be asked before each write."""

    def is_short(self, now: float) -> bool:
        """Tell whether what is written now would leave soon."""
        ...

    def progress(self) -> int | None:
        """Count the bytes that were acknowledged and that came; None where that is not told."""
        ...

    def waiting(self) -> int:
        """Count the bytes that the system has and the other side did not acknowledge."""
        ...


class UnwatchedQueue:
    """Know nothing: this system does not tell what was acknowledged."""

    def is_short(self, now: float) -> bool:  # noqa: ARG002 - the same for all
        """Hope."""
        return True

    def progress(self) -> int | None:
        """Say nothing."""
        return None

    def waiting(self) -> int:
        """Know of none."""
        return 0


class SeldomAsked:
    """Ask a queue again only after a moment, unless it was long: a home has many lines."""

    __slots__ = ("_asked_at", "_queue", "_was_short")

    def __init__(self, queue: TcpQueue) -> None:
        self._queue = queue
        self._was_short = False
        self._asked_at = 0.0

    def is_short(self, now: float) -> bool:
        """Tell whether what is written now would leave soon, as of 100 ms ago at most."""
        if not self._was_short or now - self._asked_at >= SELDOM_SECONDS:
            self._asked_at = now
            self._was_short = self._queue.is_short(now)
        return self._was_short


class AcknowledgedQueue:
    """Remember when bytes were written, and compare with what was acknowledged."""

    __slots__ = ("_fd", "_tcp", "_written")

    def __init__(self, tcp: socket.socket) -> None:
        self._fd = tcp.fileno()
        self._tcp = tcp
        # A list, for its few entries: an empty deque has 600 bytes, and most lines are idle.
        self._written: list[tuple[int, float]] = []

    def is_short(self, now: float) -> bool:
        """Tell whether the oldest unacknowledged byte is no older than a path without queue asks.

        What was written since the last time counts as written now.
        """
        try:
            info = self._tcp.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _INFO.size)
            (waiting,) = struct.unpack("=i", fcntl.ioctl(self._fd, termios.TIOCOUTQ, b"\0" * 4))
            acknowledged, fastest_us = _INFO.unpack(info)
        except (OSError, ValueError, struct.error):
            # Closed meanwhile: uvloop's sockets say that with a ValueError.
            return True
        return self.is_short_with(acknowledged, waiting, fastest_us / 1e6, now)

    def progress(self) -> int | None:
        """Add up what went and what came."""
        try:
            info = self._tcp.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _BOTH_WAYS.size)
            return sum(_BOTH_WAYS.unpack(info))
        except (OSError, ValueError, struct.error):
            return None

    def waiting(self) -> int:
        """Ask the kernel."""
        try:
            (waiting,) = struct.unpack("=i", fcntl.ioctl(self._fd, termios.TIOCOUTQ, b"\0" * 4))
        except (OSError, ValueError, struct.error):
            return 0
        return waiting

    def is_short_with(self, acknowledged: int, waiting: int, fastest: float, now: float) -> bool:
        """Decide from byte counts and the fastest round trip in seconds."""
        log = self._written
        written = acknowledged + waiting
        if not log or log[-1][0] < written:
            log.append((written, now))
            del log[:-_LOG_MOST]
        while log and log[0][0] <= acknowledged:
            log.pop(0)
        return not log or now - log[0][1] <= fastest + QUEUE_SECONDS


def watch(tcp: socket.socket | None) -> TcpQueue:
    """Watch a connection's queue where the system allows it."""
    if tcp is None or sys.platform != "linux":
        return UnwatchedQueue()
    return AcknowledgedQueue(tcp)
