"""Networks that look for names."""

from typing import Any

import pytest

from hamseda_lab.parsers.ip import ACK, FIN, RST, Segment, parse_segment_untrusted
from hamseda_lab.verdict import Verdict
from tests.lab.traffic import (
    CLIENT,
    FREE,
    LISTED,
    SERVER,
    Border,
    Connection,
    Datagrams,
    client_hello,
    dns_question,
    quic_initial,
)

NAMES: dict[str, Any] = {"listed_names": frozenset({LISTED})}


def injected(verdict: Verdict) -> list[Segment]:
    """Read what the network sent itself."""
    read = [parse_segment_untrusted(each) for each in verdict.injected]
    return [each for each in read if each is not None]


def hello_over(port: int = 443, name: str | None = LISTED, own_port: int = 40_000) -> list[bytes]:
    """Give a connection up to its hello."""
    connection = Connection(port, own_port=own_port)
    return [*connection.open(), connection.say(client_hello(name))]


# P07


def test_p07_answers_questions_for_listed_names_before_the_resolver() -> None:
    """The true answer still comes, too late."""
    border = Border("P07", **NAMES)
    talk = Datagrams(53)
    verdict = border.see(talk.say(dns_question(f"www.{LISTED}")))
    (false,) = injected(verdict)
    assert verdict.passes
    assert (false.source, false.source_port) == (SERVER, 53)
    assert (false.destination, false.destination_port) == (CLIENT, 50_000)
    assert false.payload[-4:] == bytes([10, 10, 34, 36])
    assert border.passes(talk.answer(b"the true answer"))
    assert border.touches[0].action == "inject"


@pytest.mark.parametrize(
    ("port", "payload"),
    [
        (53, dns_question(FREE)),
        (53, dns_question(LISTED, kind=28)),
        (5353, dns_question(LISTED)),
        (53, b"no question"),
    ],
)
def test_p07_lets_other_questions_be(port: int, payload: bytes) -> None:
    """Its rule is about UDP/53, listed names and addresses."""
    assert Border("P07", **NAMES).passes(Datagrams(port).say(payload))


# P08


def test_p08_resets_both_ends_of_a_listed_name_once() -> None:
    """A reset that a kernel would not believe blocks nothing: the numbers are right."""
    border = Border("P08", **NAMES)
    *opening, hello = hello_over(8443)
    assert border.passing(opening) == [True] * 3
    back, on = injected(border.see(hello))
    size = len(client_hello())
    assert back.tcp is not None
    assert on.tcp is not None
    assert back.tcp.has(RST | ACK)
    assert (back.source, back.tcp.sequence, back.tcp.acknowledged) == (SERVER, 5001, 1001 + size)
    assert (on.source, on.tcp.sequence, on.tcp.acknowledged) == (CLIENT, 1001 + size, 5001)
    assert border.passing(hello_over(8443, own_port=40_001))[:3] == [True] * 3


def test_p08_shows_a_page_in_the_place_of_a_listed_host() -> None:
    """This is what a person sees, and what a measurement compares with."""
    border = Border("P08", **NAMES)
    connection = Connection(8080)
    border.passing(connection.open())
    head = b"GET / HTTP/1.1\r\nHost: %s\r\n" % LISTED.encode()
    assert border.passes(connection.say(head[:20]))
    (page,) = injected(border.see(connection.say(head[20:])))
    assert page.tcp is not None
    assert page.tcp.has(FIN)
    assert page.payload.startswith(b"HTTP/1.1 403")
    assert b"http://10.10.34." in page.payload
    assert border.passes(connection.say(b"Accept: */*\r\n\r\n"))


def test_p08_lets_other_names_be() -> None:
    """A name that ends alike is another one."""
    for name in (FREE, f"un{LISTED}", None):
        border = Border("P08", **NAMES)
        assert border.passing(hello_over(name=name)) == [True] * 4


def test_a_hello_over_several_packets_is_read() -> None:
    """Today's hellos do not fit into one."""
    for profile in ("P08", "P09", "P23"):
        border = Border(profile, **NAMES)
        connection = Connection()
        border.passing(connection.open())
        *first, last = connection.say_in(100, client_hello())
        assert border.passing(first) == [True] * len(first)
        assert border.see(last).injected


# P09 and P23


@pytest.mark.parametrize("profile", ["P09", "P23"])
def test_p09_resets_three_times_and_most_new_connections_for_90_s(profile: str) -> None:
    """Who misreads the residual takes the whole server for blocked."""
    border = Border(profile, **NAMES)
    *opening, hello = hello_over(9000)
    assert border.passing(opening) == [True] * 3
    verdict = border.see(hello)
    assert len(verdict.injected) == 6
    assert verdict.passes
    syns = [Connection(9000, own_port=port).open()[0] for port in range(41_000, 41_400)]
    reset = border.passing(syns, 89.0).count(False)
    assert 260 < reset < 340
    assert border.passing(syns, 90.1).count(False) == 0


def test_p09_holds_client_server_and_port_together() -> None:
    """Another port of the same server is the way out of it."""
    border = Border("P09", **NAMES)
    border.passing(hello_over(443))
    for port in range(42_000, 42_020):
        assert border.passes(Connection(444, own_port=port).open()[0], 1.0)
        assert border.passes(Connection(443, own_port=port, server="10.77.9.3").open()[0], 1.0)


def test_p23_reads_only_what_is_in_sequence() -> None:
    """A real state of TCP can be led astray; P09's cannot."""
    border = Border("P23", **NAMES)
    connection = Connection()
    _, *rest = connection.open()
    border.passing(rest)
    assert border.passes(connection.say(client_hello())), "no SYN was seen, so nothing is read"


def test_p23_resynchronises_on_the_next_data_behind_a_reset() -> None:
    """Its checksum is not verified: a reset that the server throws away is believed."""
    border = Border("P23", **NAMES)
    astray = Connection()
    border.passing(astray.open())
    border.passes(astray.acknowledge(reset=True))
    # A byte from nowhere: the censor expects what follows it, and the hello is old.
    border.passes(astray.say(b"x", ahead=5000))
    assert border.passes(astray.say(client_hello()))

    plain = Connection(own_port=40_009)
    border.passing(plain.open())
    border.passes(plain.acknowledge(reset=True))
    assert border.see(plain.say(client_hello())).injected


# P11


def test_p11_blocks_client_server_and_port_for_180_s_after_a_listed_name() -> None:
    """The handshake gets its first datagram through, and no more."""
    border = Border("P11", **NAMES)
    talk = Datagrams(443)
    assert border.passes(talk.say(quic_initial(pieces=3)))
    assert not border.passes(talk.say(b"next"), 0.1)
    assert border.passes(talk.answer(), 0.1)
    assert not border.passes(Datagrams(443, own_port=50_001).say(b"another flow"), 179.0)
    assert border.passes(Datagrams(444).say(b"another port"), 1.0)
    assert border.passes(Datagrams(443, own_port=50_002).say(b"later"), 181.0)


@pytest.mark.parametrize(
    ("name", "own_port", "port"),
    [(FREE, 50_000, 443), (LISTED, 400, 443), (LISTED, 50_000, 60_000)],
)
def test_p11_looks_at_listed_names_from_higher_ports(name: str, own_port: int, port: int) -> None:
    """The rule has this hole, and software may use it."""
    border = Border("P11", **NAMES)
    talk = Datagrams(port, own_port=own_port)
    assert border.passing([talk.say(quic_initial(name)), talk.say(b"next")]) == [True, True]


def test_p11_looks_at_the_first_datagram_only_and_forgets_after_60_s() -> None:
    """A stray datagram before the first one hides it."""
    border = Border("P11", **NAMES)
    talk = Datagrams(443)
    assert border.passing([talk.say(b"stray"), talk.say(quic_initial()), talk.say(b"next")]) == [
        True,
        True,
        True,
    ]
    assert border.passes(talk.say(quic_initial()), 61.0)
    assert not border.passes(talk.say(b"next"), 61.1)


# P13


def test_p13_lets_six_more_packets_pass_and_then_none_for_420_s() -> None:
    """The handshake succeeds: who waits for an error waits for ever."""
    border = Border("P13", **NAMES)
    connection = Connection(2000)
    hello = [*connection.open(), connection.say(client_hello())]
    assert border.passing(hello) == [True] * 4
    talk = [connection.answer() if n % 2 else connection.say(b"x") for n in range(10)]
    assert border.passing(talk, 1.0) == [True] * 6 + [False] * 4
    assert not border.passes(connection.say(b"x"), 420.9)
    assert border.passes(connection.say(b"x"), 421.1)


def test_p13_mutes_one_connection() -> None:
    """Another name on the same server is the way out of it."""
    border = Border("P13", **NAMES)
    border.passing(hello_over())
    other = Connection(own_port=40_001)
    talk = [*other.open(), other.say(client_hello(FREE)), *(other.say(b"x") for _ in range(20))]
    assert all(border.passing(talk))


def test_residuals_may_be_shortened_by_a_stated_factor() -> None:
    """A test that waits for 420 s is a test that nobody runs."""
    border = Border("P13", **NAMES, residual_factor=0.01)
    connection = Connection()
    border.passing([*connection.open(), connection.say(client_hello())])
    border.passing([connection.say(b"x") for _ in range(6)])
    assert not border.passes(connection.say(b"x"), 4.1)
    assert border.passes(connection.say(b"x"), 4.3)
