"""A lost segment of speech is sent again soon, also when it is lost again."""

from __future__ import annotations

import socket
import sys

import pytest

from hamseda.transport.thin_stream import resend_soon

LINEAR_TIMEOUTS = 16


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux can")
def test_what_a_listening_socket_accepts_is_resent_soon_too() -> None:
    """A home speaks to its clients on sockets that it never sees before they are open."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        resend_soon(listening)
        with socket.create_connection(listening.getsockname()) as calling:
            accepted, _ = listening.accept()
            with accepted:
                assert accepted.getsockopt(socket.IPPROTO_TCP, LINEAR_TIMEOUTS) == 1
            assert calling.getsockopt(socket.IPPROTO_TCP, LINEAR_TIMEOUTS) == 0
            resend_soon(calling)
            assert calling.getsockopt(socket.IPPROTO_TCP, LINEAR_TIMEOUTS) == 1


def test_a_closed_socket_is_none_of_its_business() -> None:
    """A connection may be gone before anybody looks at it."""
    tcp = socket.socket()
    tcp.close()
    resend_soon(tcp)
