"""Rations are charged to who spends: a neighbour's waste costs nobody else a call."""

from __future__ import annotations

import contextlib
import socket

import pytest

from tests.attacks.sockets import ATTACKER, connect_tls
from tests.integration.world import World

pytestmark = pytest.mark.attacks

NEIGHBOUR = "127.9.9.8"
"""An honest person in the attacker's own prefix."""
PLACES = 32
ASK = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"


def _visit(port: int, source: str) -> socket.socket:
    """Open the site outside the door, as a browser does, and keep the connection."""
    connection = connect_tls(port, source)
    connection.sendall(ASK)
    assert connection.recv(12) == b"HTTP/1.1 200"
    return connection


def test_idle_visits_shut_no_neighbour_out(world: World) -> None:
    """Five browsers that have loaded the page hold as many connections; nobody means ill."""
    home = world.home()
    with contextlib.ExitStack() as stack:
        idle = [stack.enter_context(_visit(home.port, ATTACKER)) for _ in range(PLACES)]
        for _ in range(3):
            stack.enter_context(_visit(home.port, NEIGHBOUR))
        # The longest idle made room, and no other one.
        closed = [connection for connection in idle if _is_closed(connection)]
        assert closed == idle[:3]


def _is_closed(connection: socket.socket) -> bool:
    connection.settimeout(0.2)
    try:
        while connection.recv(65_536):
            continue
    except TimeoutError:
        return False
    except OSError:
        return True
    return True


def test_silent_connections_shut_no_neighbour_out(world: World) -> None:
    """They are cut off after some seconds, and could be opened anew for as long as one likes."""
    home = world.home(handshake_seconds=60)
    with contextlib.ExitStack() as stack:
        for _ in range(PLACES):
            stack.enter_context(
                socket.create_connection(("127.0.0.1", home.port), 10, (ATTACKER, 0))
            )
        stack.enter_context(_visit(home.port, NEIGHBOUR))
