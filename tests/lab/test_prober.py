"""A censor's visitor: what gives a server away, and what does not."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from hamseda_lab.network import Network
from hamseda_lab.parsers.ip import TCP, UDP
from hamseda_lab.prober import look_at
from hamseda_lab.profile import Visit
from tests.integration.world import World
from tests.lab.people import home_on
from tests.lab.traffic import client_hello, stun

pytestmark = pytest.mark.lab

ECHO = """
import socket, sys
address, port = sys.argv[1], int(sys.argv[2])
tcp, udp = socket.socket(), socket.socket(type=socket.SOCK_DGRAM)
udp.bind((address, port))
tcp.bind((address, port))
tcp.listen()
print("ready", flush=True)
if sys.argv[3] == "udp":
    while True:
        data, whose = udp.recvfrom(4096)
        udp.sendto(data, whose)
while True:
    line, _ = tcp.accept()
    line.sendall(line.recv(4096))
    line.close()
"""


@pytest.fixture(scope="module")
def net() -> Iterator[Network]:
    """Give a server, and the host that visits it."""
    with Network(["server", "prober"]) as net:
        yield net


def visit(net: Network, port: int, protocol: int = TCP, first: bytes = b"") -> str:
    """Look at a port of the server."""
    wanted = Visit(1, protocol, net.host("server").address, port, 30.0, first or client_hello())
    return look_at(net.host("prober"), wanted, seed=1)


def test_a_home_looks_like_a_web_server(net: Network, tmp_path: Path) -> None:
    """Outside its door there is a small web site, and nothing else."""
    with World(tmp_path) as world:
        home = home_on(world, net.host("server"))
        assert visit(net, home.port) == ""


@pytest.mark.parametrize(
    ("kind", "protocol", "found"), [("tcp", TCP, "over TLS"), ("udp", UDP, "a replay")]
)
def test_what_is_no_web_server_is_found_out(
    net: Network, kind: str, protocol: int, found: str
) -> None:
    """A server that answers anything with anything is a tunnel to a censor."""
    host = net.host("server")
    port = "9000" if kind == "tcp" else "9001"
    command = [sys.executable, "-c", ECHO, host.address, port, kind]
    with host.popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
            assert found in visit(net, int(port), protocol, stun() if kind == "udp" else b"")
        finally:
            process.kill()


def test_a_silent_port_of_udp_says_nothing(net: Network) -> None:
    """Silence is what most ports say."""
    assert visit(net, 9002, UDP, b"hello") == ""
    assert "over TLS" in visit(net, 9002)
