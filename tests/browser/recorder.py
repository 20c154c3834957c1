"""Stand between a browser and a home, and write down every byte that passes."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
from collections.abc import Iterator
from types import TracebackType
from typing import Self

_UPGRADED = b"HTTP/1.1 101 "
_MASKED = 0x80


class Connection:
    """Be one TCP connection: what the browser said on it, and what the home said."""

    def __init__(self, browser: socket.socket, home: socket.socket) -> None:
        self.sent = bytearray()
        self.received = bytearray()
        self.is_open = True
        self._ends = browser, home

    def run(self) -> None:
        """Pass on both ways until one side closes."""
        browser, home = self._ends
        pumps = [
            threading.Thread(target=self._pump, args=args, daemon=True)
            for args in ((browser, home, self.sent), (home, browser, self.received))
        ]
        for pump in pumps:
            pump.start()
        for pump in pumps:
            pump.join()
        self.is_open = False

    def close(self) -> None:
        """Break it off on both sides."""
        for end in self._ends:
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()

    def _pump(self, source: socket.socket, target: socket.socket, taken: bytearray) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65_536):
                taken += data
                target.sendall(data)
        for end in (source, target):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    @property
    def is_line(self) -> bool:
        """Tell whether it became a WebSocket."""
        return self.received.startswith(_UPGRADED)

    @property
    def requests(self) -> list[str]:
        """List the requests of a connection: method and path."""
        heads = bytes(self.sent).split(b"\r\n\r\n")
        lines = [head.split(b"\r\n", 1)[0].decode("latin-1") for head in heads]
        return [line.rpartition(" ")[0] for line in lines if line.endswith(" HTTP/1.1")]

    def said(self) -> bytes:
        """Give all that the browser said, without the masks of its frames (RFC 6455 §5.3)."""
        if not self.is_line:
            return bytes(self.sent)
        head, _, frames = bytes(self.sent).partition(b"\r\n\r\n")
        return head + b"".join(_payloads(frames))


class Recorder:
    """Pass connections on to a home, from a port of its own."""

    def __init__(self, home_port: int) -> None:
        self.home_port = home_port
        self.connections: list[Connection] = []
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listening.getsockname()[1])

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        # A thread that waits in accept() keeps the socket until it is woken.
        with contextlib.suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        for connection in self.connections:
            connection.close()

    @property
    def requests(self) -> list[str]:
        """List the requests on all connections, the oldest connection first."""
        return [request for each in self.connections for request in each.requests]

    def open_connections(self) -> int:
        """Count the connections that are open now."""
        return sum(connection.is_open for connection in self.connections)

    def said(self) -> bytes:
        """Give all that browsers said, on all connections."""
        return b"\n".join(connection.said() for connection in self.connections)

    def heard(self) -> bytes:
        """Give all that the home said, on all connections."""
        return b"\n".join(bytes(connection.received) for connection in self.connections)

    def _accept(self) -> None:
        while True:
            try:
                browser, _ = self._listening.accept()
            except OSError:
                return
            home = socket.create_connection(("localhost", self.home_port))
            connection = Connection(browser, home)
            self.connections.append(connection)
            threading.Thread(target=connection.run, daemon=True).start()


def _payloads(frames: bytes) -> Iterator[bytes]:
    """Take the frames of a client apart; the last one may be cut off."""
    at = 0
    while at + 2 <= len(frames):
        first, second = frames[at], frames[at + 1]
        assert second & _MASKED, "a browser masks"
        assert not first & 0x70, "nothing is compressed: sizes would tell of contents"
        size, at = second & 0x7F, at + 2
        if size == 126:
            (size,), at = struct.unpack_from("!H", frames, at), at + 2
        elif size == 127:
            (size,), at = struct.unpack_from("!Q", frames, at), at + 8
        mask, at = frames[at : at + 4], at + 4
        body = frames[at : at + size]
        pad = mask * (len(body) // 4 + 1)
        both = int.from_bytes(body, "big") ^ int.from_bytes(pad[: len(body)], "big")
        yield both.to_bytes(len(body), "big")
        at += size
