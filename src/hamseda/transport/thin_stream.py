"""Ask TCP to send again soon what was lost of a stream as thin as speech."""

from __future__ import annotations

import contextlib
import socket
import sys

_LINEAR_TIMEOUTS = 16
"""TCP_THIN_LINEAR_TIMEOUTS of Linux, which Python has no name for."""


def resend_soon(tcp: socket.socket) -> None:
    """Wait as long before each resending as before the first, while few packets are on their way.

    TCP doubles that wait each time, so that a segment that is lost three times stands still for
    two seconds. A listening socket hands this on to what it accepts. Where the system cannot do
    it, or the socket is closed already, nothing happens.
    """
    if sys.platform == "linux":
        with contextlib.suppress(OSError, ValueError):
            tcp.setsockopt(socket.IPPROTO_TCP, _LINEAR_TIMEOUTS, 1)
