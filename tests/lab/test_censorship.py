"""Censors between real kernels: what profiles say is what sockets feel."""

import json
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from hamseda_lab.brief import Brief
from hamseda_lab.censorship import Censorship
from hamseda_lab.errors import LabError
from hamseda_lab.network import Network
from tests.lab.traffic import FREE, LISTED, client_hello, dns_question

pytestmark = pytest.mark.lab

HOSTS = ("inside", "outside")


@pytest.fixture(scope="module")
def net() -> Iterator[Network]:
    """Give a client and a server."""
    with Network(HOSTS) as net:
        net.set_link("inside", delay_ms=5)
        yield net


@pytest.fixture
def censorship(net: Network, tmp_path: Path) -> Iterator[Censorship]:
    """Give a censor between them, that blocks nothing yet."""
    censorship = Censorship(net, tmp_path / "touched.jsonl")
    yield censorship
    censorship.end()


def brief(net: Network) -> Brief:
    """Say who is inside, and which name is listed."""
    return Brief(inside=(net.host("inside").address,), listed_names=frozenset({LISTED}))


def pair(net: Network, kind: socket.SocketKind) -> tuple[socket.socket, socket.socket]:
    """Give a socket of the client, and one of the server that is bound and may listen."""
    made: list[socket.socket] = []
    for name in HOSTS:
        with net.host(name).entered():
            made.append(socket.socket(socket.AF_INET, kind))
        made[-1].settimeout(3.0)
        made[-1].bind((net.host(name).address, 0))
    return made[0], made[1]


def said(net: Network, hello: bytes) -> bytes:
    """Connect, say something, and give the answer of a server that answers everything."""
    client, server = pair(net, socket.SOCK_STREAM)
    server.listen()

    def serve() -> None:
        try:
            with server.accept()[0] as line:
                line.settimeout(3.0)
                line.recv(4096)
                line.sendall(b"served")
        except OSError:
            pass

    with client, server:
        serving = threading.Thread(target=serve)
        serving.start()
        try:
            client.connect(server.getsockname())
            client.sendall(hello)
            return client.recv(4096)
        finally:
            serving.join()


def test_a_listed_name_is_reset_and_another_is_served(net: Network, censorship: Censorship) -> None:
    """The kernel throws away resets with wrong numbers: this one it believes."""
    censorship.begin("P08", brief(net))
    assert said(net, client_hello(FREE)) == b"served"
    with pytest.raises(ConnectionResetError):
        said(net, client_hello(LISTED))
    page = said(net, b"GET / HTTP/1.1\r\nHost: %s\r\n\r\n" % LISTED.encode())
    assert page.startswith(b"HTTP/1.1 403")
    assert censorship.touched == 2


def test_the_residual_refuses_new_connections(net: Network, censorship: Censorship) -> None:
    """A kernel in SYN-SENT believes a reset that acknowledges its SYN."""
    client, server = pair(net, socket.SOCK_STREAM)
    censorship.begin("P09", brief(net), seed=3)
    with client, server:
        server.listen()
        client.connect(server.getsockname())
        client.sendall(client_hello(LISTED))
        with pytest.raises(ConnectionResetError):
            client.recv(10)
        refused = 0
        for _ in range(12):
            with net.host("inside").entered(), socket.socket() as again:
                again.settimeout(3.0)
                refused += again.connect_ex(server.getsockname()) != 0
    assert 4 <= refused < 12


def test_udp_is_off_and_every_packet_of_it_in_the_log(net: Network, censorship: Censorship) -> None:
    """TCP goes on; the log says what was dropped and why."""
    censorship.begin("P01", brief(net))
    client, server = pair(net, socket.SOCK_DGRAM)
    with client, server:
        client.sendto(b"hello", server.getsockname())
        server.settimeout(0.2)
        with pytest.raises(TimeoutError):
            server.recv(10)
    assert said(net, b"hello") == b"served"
    (line,) = censorship.log.read_text(encoding="utf-8").splitlines()
    assert json.loads(line)["why"] == "UDP"


def test_a_false_answer_comes_before_the_true_one(net: Network, censorship: Censorship) -> None:
    """The client takes the first, as every resolver's client does."""
    censorship.begin("P07", brief(net))
    with net.host("outside").entered(), socket.socket(type=socket.SOCK_DGRAM) as resolver:
        resolver.bind((net.host("outside").address, 53))
        resolver.settimeout(3.0)
        with net.host("inside").entered(), socket.socket(type=socket.SOCK_DGRAM) as client:
            client.settimeout(3.0)
            client.sendto(dns_question(LISTED), resolver.getsockname())
            _, whose = resolver.recvfrom(100)
            resolver.sendto(b"true", whose)
            first, sender = client.recvfrom(100)
            assert first[-4:] == bytes([10, 10, 34, 36])
            assert sender == resolver.getsockname()
            assert client.recv(100) == b"true"


def test_a_censor_may_come_in_the_middle_and_go(net: Network, censorship: Censorship) -> None:
    """Networks begin to block while people talk."""
    client, server = pair(net, socket.SOCK_DGRAM)
    with client, server:
        for profile, arrives in ((None, True), ("P01", False), (None, True)):
            if profile is None:
                censorship.end()
            else:
                censorship.begin(profile, brief(net))
            client.sendto(b"x", server.getsockname())
            server.settimeout(0.3)
            if arrives:
                assert server.recv(10) == b"x"
            else:
                with pytest.raises(TimeoutError):
                    server.recv(10)


def test_what_is_no_profile_is_refused_and_the_network_goes_on(
    net: Network, censorship: Censorship
) -> None:
    """A typo must not end a matrix."""
    with pytest.raises(LabError):
        censorship.begin("P77", brief(net))
    with pytest.raises(LabError):
        _ = censorship.touched
    assert said(net, b"hello") == b"served"
