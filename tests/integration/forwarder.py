"""Stand between a home and its people as a network that can stand still."""

from __future__ import annotations

import contextlib
import socket
import threading
from types import TracebackType
from typing import Self

_SMALL = 8 * 1024
"""Bytes that this network holds by itself: what waits must wait at the home."""


class Connection:
    """Be one TCP connection that is passed on."""

    def __init__(self, client: socket.socket, home: socket.socket) -> None:
        self.client = client
        self.home = home
        self.flows = threading.Event()
        """What the home says gets through while this is set."""
        self.flows.set()
        self.rises = threading.Event()
        """What the client says gets through while this is set."""
        self.rises.set()

    def close(self) -> None:
        """Break it off on both sides."""
        self.flows.set()
        self.rises.set()
        for end in (self.client, self.home):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()


class Forwarder:
    """Pass connections on to the home whose port is set; bytes of the home can be held back."""

    def __init__(self) -> None:
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listening.getsockname()[1])
        self.home_port = 0
        self.connections: list[Connection] = []
        self._is_still = False
        self._is_deaf = False
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._listening.close()
        for connection in self.connections:
            connection.close()

    def hold(
        self, connections: list[Connection], *, also_new: bool, both_ways: bool = False
    ) -> None:
        """Let nothing of the home through on these connections, and perhaps on new ones.

        `both_ways`: nor anything of the client.
        """
        with self._lock:
            self._is_still = also_new
            self._is_deaf = also_new and both_ways
            for connection in connections:
                connection.flows.clear()
                if both_ways:
                    connection.rises.clear()

    def release(self) -> None:
        """Let everything flow again, the old first."""
        with self._lock:
            self._is_still = self._is_deaf = False
            for connection in self.connections:
                connection.flows.set()
                connection.rises.set()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listening.accept()
            except OSError:
                return
            home = socket.socket()
            home.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _SMALL)
            try:
                home.connect(("127.0.0.1", self.home_port))
            except OSError:
                client.close()
                home.close()
                continue
            connection = Connection(client, home)
            with self._lock:
                self.connections.append(connection)
                if self._is_still:
                    connection.flows.clear()
                if self._is_deaf:
                    connection.rises.clear()
            for pump in (_to_home, _to_client):
                threading.Thread(target=pump, args=(connection,), daemon=True).start()


def _to_home(connection: Connection) -> None:
    with contextlib.suppress(OSError):
        while True:
            connection.rises.wait()
            data = connection.client.recv(_SMALL)
            if not data:
                break
            connection.rises.wait()
            connection.home.sendall(data)
    connection.close()


def _to_client(connection: Connection) -> None:
    with contextlib.suppress(OSError):
        while True:
            connection.flows.wait()
            data = connection.home.recv(_SMALL)
            if not data:
                break
            connection.flows.wait()
            connection.client.sendall(data)
    connection.close()
