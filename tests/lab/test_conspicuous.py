"""What a client must not send on a network that may be hostile to it."""

import signal
import socket
import struct
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from hamseda_lab.censorship import Censorship
from hamseda_lab.conspicuous import what_stands_out
from hamseda_lab.parsers.ip import udp_packet
from hamseda_lab.pcap import read_capture_untrusted
from hamseda_lab.place import DOMESTIC_NAME, ELSEWHERE_NAME, HOME_NAME, Place
from hamseda_lab.systems.hamseda import Hamseda
from hamseda_lab.systems.home import STARTS
from tests.lab.traffic import CLIENT, OTHER, RESOLVER, SERVER, Connection, client_hello
from tests.lab.traffic import dns_question as question

LOOKS = 15.0
"""Seconds of a client's first trying that are read."""
NAMES = (HOME_NAME, ELSEWHERE_NAME, DOMESTIC_NAME)
VISITED = "free.example"
STUN = struct.pack("!HHI12s", 1, 0, 0x2112A442, bytes(12))


def stands_out(*packets: bytes | Sequence[bytes], every: float = 0.1) -> list[str]:
    """Judge packets that follow each other."""
    flat = [one for each in packets for one in ([each] if isinstance(each, bytes) else each)]
    timed = [(every * number, packet) for number, packet in enumerate(flat)]
    return what_stands_out(timed, CLIENT, resolver=RESOLVER, visited={VISITED})


def asks(name: str) -> bytes:
    """Give a question to the resolver."""
    return udp_packet((CLIENT, 5000), (RESOLVER, 53), question(name))


def opened(own_port: int, server: str = SERVER) -> list[bytes]:
    """Give the packets of a connection with a hello."""
    connection = Connection(own_port=own_port, server=server)
    return [*connection.open(), connection.say(client_hello())]


def test_a_visit_of_a_site_is_nothing_special() -> None:
    """Two connections, after a question for its name."""
    assert stands_out(asks(VISITED), opened(4001), opened(4002), opened(4003, OTHER)) == []


@pytest.mark.parametrize(
    ("packet", "said"),
    [
        (asks("other.example"), ["a question for other.example"]),
        (udp_packet((CLIENT, 5000), (SERVER, 443), b"x"), [f"UDP to {SERVER}:443"]),
        (
            udp_packet((CLIENT, 5000), (SERVER, 3478), STUN),
            [f"STUN to {SERVER}:3478", f"UDP to {SERVER}:3478"],
        ),
        (
            struct.pack(
                "!BBHHHBBH4s4s",
                0x45,
                0,
                20,
                0,
                0,
                64,
                1,
                0,
                *map(socket.inet_aton, (CLIENT, SERVER)),
            ),
            ["IP protocol 1"],
        ),
    ],
)
def test_what_no_web_site_needs_is_told(packet: bytes, said: list[str]) -> None:
    """Datagrams, pings and questions for names that nobody wants are how tools give users away."""
    assert stands_out(packet) == said


def test_what_the_other_side_sends_is_not_the_client() -> None:
    """Nobody is to blame for what comes to them."""
    assert stands_out(udp_packet((SERVER, 443), (CLIENT, 5000), STUN)) == []


def test_many_connections_at_once_are_told() -> None:
    """Racing everything is the habit by which P15 knows its prey."""
    many = [packet for port in range(4000, 4004) for packet in opened(port)]
    again = [Connection(own_port=port).say(b"x") for port in range(4000, 4004)]
    assert stands_out(many, again) == [
        f"4 connections at once to {SERVER[:-2]}.0/24",
        f"more than 3 TLS hellos to {SERVER[:-2]}.0/24 within 10 s",
    ]


# A real client on hostile networks


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hamseda]:
    """Give two contacts with the command line."""
    with Place(tmp_path_factory.mktemp("place")) as place:
        made = Hamseda(place)
        yield made
        made.close()


@pytest.mark.lab
@pytest.mark.timeout(120)
@pytest.mark.parametrize("profile", ["P01", "P21", None])
def test_a_client_in_trouble_does_nothing_that_draws_eyes(
    system: Hamseda, profile: str | None, tmp_path: Path
) -> None:
    """The worse the network, the more it matters who sees one trying. None: it is down."""
    place = system.place
    censorship = Censorship(place.net, tmp_path / "touched.jsonl")
    if profile is None:
        place.net.set_link("caller", is_up=False)
    else:
        censorship.begin(profile, system.brief("inside-outside"))
    capture = tmp_path / "caller.pcap"
    with system.person("callee", "answer", "--once") as answering:
        assert answering.find("ready", timeout=STARTS) is not None
        place.net.capture("caller", capture)
        with system.person("caller", "call", "callee") as calling:
            calling.wait(LOOKS)
            place.net.capture("caller", None)
            calling.end(signal.SIGINT, LOOKS)
    place.net.set_link("caller", is_up=True)
    censorship.end()
    packets = read_capture_untrusted(capture.read_bytes())
    assert packets
    resolver, client = place.address("resolver"), place.address("caller")
    assert what_stands_out(packets, client, resolver=resolver, visited=NAMES) == []
