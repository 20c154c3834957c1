"""Take connections: bounded per prefix before TLS, with small send buffers.

Sockets are accepted here and not by asyncio's server, so that a peer is counted before it has
cost a TLS handshake.
"""

import asyncio
import contextlib
import errno
import socket
import ssl
from collections.abc import Callable
from typing import Final

from hamseda.errors import ConfigError
from hamseda.protocol.quota import Payer
from hamseda.serve.prefixes import Prefixes
from hamseda.serve.unfinished import Slot, Unfinished
from hamseda.transport.thin_stream import resend_soon

BACKLOG: Final = 1024
NEXT_PORTS: Final = 100
CHANCES: Final = 5
# Measured in November 2026 with a call of 50 frames a second over a user-space link (TUN), kernel
# TCP, TLS. At 300 ms round trip a send buffer of 4 KiB lost 60 % of the frames, 8 KiB 5 %; from
# 16 KiB on every frame came within 10 ms of the link's delay, so 32 KiB leave a margin of two.
# After a 3 s outage of the link a line still sent 25 stale frames (38 with 4096 unsent bytes, 235
# with the kernel's defaults): the receiver skips those, but they delay what comes after them.
SEND_BUFFER: Final = 32 * 1024
RECEIVE_BUFFER: Final = 16 * 1024
"""Bytes that come at most before others have their turn: uvloop decrypts all of it at once, which
for small TLS records is 20 microseconds each. An upload of 400 kbit/s at 300 ms still fits."""
UNSENT_BYTES: Final = 1024
"""TCP_NOTSENT_LOWAT: a socket with more than so many unsent bytes takes no more."""
TCP_NOTSENT_LOWAT: Final = getattr(socket, "TCP_NOTSENT_LOWAT", 25)
PAUSE: Final = 0.1
"""Seconds to wait when the process has no file descriptors left."""


def bind(host: str, port: int, *, or_next: bool) -> list[socket.socket]:
    """Listen on all addresses of `host`; with `or_next`, on the next free port when taken.

    Raise `ConfigError` when that cannot be.
    """
    last = min(port + NEXT_PORTS, 65_535) if or_next else port
    # A port that the first address got by chance may be taken on the second.
    candidates = list(range(port, last + 1)) if port else [0] * CHANCES
    for candidate in candidates:
        try:
            return _bind_all(host, candidate)
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise ConfigError(f"cannot listen on {host} port {candidate}: {error}") from error
    raise ConfigError(f"port {port} is taken", next="choose another one with --port")


def _bind_all(host: str, port: int) -> list[socket.socket]:
    found = socket.getaddrinfo(host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    sockets: list[socket.socket] = []
    try:
        for family, address in dict.fromkeys((entry[0], entry[4]) for entry in found):
            # The first socket chooses where any port will do; the others follow it.
            wanted = sockets[0].getsockname()[1] if sockets and not port else port
            try:
                sockets.append(_listen(family, (address[0], wanted, *address[2:])))
            except OSError as error:
                # A machine may have IPv6 in its tables and not in its kernel.
                if error.errno not in {errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT}:
                    raise
    except OSError:
        for listening in sockets:
            listening.close()
        raise
    if not sockets:
        raise OSError(errno.EADDRNOTAVAIL, "no address to listen on")
    return sockets


def _listen(family: int, address: tuple[object, ...]) -> socket.socket:
    listening = socket.socket(family, socket.SOCK_STREAM)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            listening.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        # Accepted sockets inherit these.
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with contextlib.suppress(OSError):
            listening.setsockopt(socket.IPPROTO_TCP, TCP_NOTSENT_LOWAT, UNSENT_BYTES)
        resend_soon(listening)
        listening.setblocking(False)
        listening.bind(address)
        listening.listen(BACKLOG)
    except OSError:
        listening.close()
        raise
    return listening


class Listener:
    """Accept on one socket until cancelled; `unfinished` says how many per prefix at a time."""

    def __init__(
        self,
        unfinished: Unfinished,
        prefixes: Prefixes,
        make_protocol: Callable[[Slot], asyncio.Protocol],
        tls: ssl.SSLContext | None,
        handshake_seconds: float,
    ) -> None:
        self._unfinished = unfinished
        self._prefixes = prefixes
        self._make_protocol = make_protocol
        self._tls = tls
        self._handshake_seconds = handshake_seconds
        self._greeting: set[asyncio.Task[None]] = set()

    async def accept_from(self, listening: socket.socket) -> None:
        """Serve one listening socket."""
        loop = asyncio.get_running_loop()
        try:
            while True:
                try:
                    accepted, address = await loop.sock_accept(listening)
                except OSError as error:
                    if error.errno in {errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM}:
                        await asyncio.sleep(PAUSE)
                    continue
                self._take(accepted, address)
        finally:
            for task in self._greeting:
                task.cancel()

    def _take(self, accepted: socket.socket, address: tuple[str, int]) -> None:
        greeting: asyncio.Task[None] | None = None

        def end() -> None:
            if greeting is not None:
                greeting.cancel()
            accepted.close()

        prefixes, peer = self._prefixes, address[0]
        # Who asks through a proxy is known once he asks.
        enter = self._unfinished.enter if not prefixes.is_proxy(peer) else self._unfinished.let_in
        slot = enter(Payer(prefixes.key_of(peer)), end)
        if slot is None:
            accepted.close()
            return
        greeting = asyncio.get_running_loop().create_task(self._greet(accepted, slot))
        self._greeting.add(greeting)
        greeting.add_done_callback(self._greeting.discard)

    async def _greet(self, accepted: socket.socket, slot: Slot) -> None:
        """Finish TLS; then the connection's own protocol keeps the slot."""
        loop = asyncio.get_running_loop()
        try:
            await loop.connect_accepted_socket(
                lambda: self._make_protocol(slot),
                accepted,
                ssl=self._tls,
                ssl_handshake_timeout=self._handshake_seconds if self._tls else None,
                ssl_shutdown_timeout=1.0 if self._tls else None,
            )
        except (OSError, ssl.SSLError):
            slot.leave()
            accepted.close()
        except BaseException:
            slot.leave()
            accepted.close()
            raise
