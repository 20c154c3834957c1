"""Where a home listens, and how much of a connection it holds back."""

import socket

import pytest

from hamseda.errors import ConfigError
from hamseda.serve.listener import SEND_BUFFER, TCP_NOTSENT_LOWAT, UNSENT_BYTES, bind

pytestmark = pytest.mark.calls


def close(sockets: list[socket.socket]) -> None:
    """Close all."""
    for each in sockets:
        each.close()


def test_localhost_is_one_port_on_every_address() -> None:
    """A browser may try ::1 first, and must not find another program there."""
    sockets = bind("localhost", 0, or_next=False)
    try:
        assert len({each.getsockname()[1] for each in sockets}) == 1
    finally:
        close(sockets)


def test_accepted_connections_hold_little_back() -> None:
    """What waits in the kernel cannot be dropped any more, and is heard late."""
    sockets = bind("127.0.0.1", 0, or_next=False)
    try:
        with socket.create_connection(sockets[0].getsockname()) as _:
            sockets[0].setblocking(True)
            accepted, _address = sockets[0].accept()
            with accepted:
                tcp = socket.IPPROTO_TCP
                assert accepted.getsockopt(tcp, TCP_NOTSENT_LOWAT) == UNSENT_BYTES
                assert accepted.getsockopt(tcp, socket.TCP_NODELAY)
                # The kernel doubles what it is asked for, for its own bookkeeping.
                assert accepted.getsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF) <= 2 * SEND_BUFFER
    finally:
        close(sockets)


def test_taken_port_is_said_and_the_next_one_found() -> None:
    """`make run` next to another program must work, a service must not move silently."""
    first = bind("127.0.0.1", 0, or_next=False)
    port = first[0].getsockname()[1]
    try:
        with pytest.raises(ConfigError, match=f"port {port} is taken"):
            bind("127.0.0.1", port, or_next=False)
        second = bind("127.0.0.1", port, or_next=True)
        assert port < second[0].getsockname()[1] <= port + 100
        close(second)
    finally:
        close(first)


def test_address_of_another_machine_is_a_setting_to_mend() -> None:
    """An operator should read which setting is wrong, and no traceback."""
    with pytest.raises(ConfigError, match="cannot listen"):
        bind("192.0.2.1", 0, or_next=False)
