"""Hold raw sockets of a peer that keeps to no protocol."""

from __future__ import annotations

import contextlib
import socket
import ssl
import time
from collections.abc import Generator
from contextlib import ExitStack
from pathlib import Path

from tests.serve.line_client import insecure_tls

ATTACKER = "127.9.9.9"
"""Another address prefix than that of honest people: rations are per prefix."""
PATIENCE = 10.0


def connect(port: int, source: str = ATTACKER) -> socket.socket:
    """Open a TCP connection to a home on this machine."""
    return socket.create_connection(("127.0.0.1", port), PATIENCE, (source, 0))


def connect_tls(port: int, source: str = ATTACKER) -> ssl.SSLSocket:
    """Open a TLS connection to a home on this machine."""
    return insecure_tls().wrap_socket(connect(port, source), server_hostname="localhost")


def read_all(connection: socket.socket, patience: float = PATIENCE) -> bytes:
    """Read until the other side closes."""
    connection.settimeout(patience)
    data = b""
    with contextlib.suppress(ConnectionError, ssl.SSLError):
        while more := connection.recv(65_536):
            data += more
    return data


def ask(port: int, request: bytes, source: str = ATTACKER) -> bytes:
    """Send some bytes over TLS and read what comes until the home closes."""
    with connect_tls(port, source) as connection:
        with contextlib.suppress(ConnectionError, ssl.SSLError):
            connection.sendall(request)
        return read_all(connection)


def seconds_until_closed(connection: socket.socket, patience: float) -> float:
    """Say nothing, and measure how long the home keeps the connection."""
    began = time.monotonic()
    read_all(connection, patience)
    return time.monotonic() - began


@contextlib.contextmanager
def many(count: int, port: int) -> Generator[list[socket.socket]]:
    """Open many silent TCP connections."""
    with ExitStack() as stack:
        yield [stack.enter_context(connect(port)) for _ in range(count)]


class Memory:
    """Watch the highest memory use of a process (VmHWM) from now on."""

    def __init__(self, pid: int) -> None:
        self._folder = Path(f"/proc/{pid}")
        # Sets the kernel's high-water mark back to what is in use now (proc(5)).
        (self._folder / "clear_refs").write_text("5", encoding="ascii")
        self._before = self._kib("VmRSS:")

    @property
    def grown_kib(self) -> int:
        """Give by how much it grew at its highest, in KiB."""
        return self._kib("VmHWM:") - self._before

    def _kib(self, name: str) -> int:
        for line in (self._folder / "status").read_text(encoding="ascii").splitlines():
            if line.startswith(name):
                return int(line.split()[1])
        raise AssertionError("this system does not say how much memory a process has")
