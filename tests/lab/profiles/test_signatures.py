"""Networks that look at what protocols look like."""

import random
import struct
from itertools import count

import pytest

from hamseda_lab.parsers.dtls import parse_client_hello_untrusted
from hamseda_lab.profiles.p10_fully_encrypted import is_exempt
from tests.lab.traffic import (
    FREE,
    LISTED,
    OTHER,
    Border,
    Connection,
    Datagrams,
    client_hello,
    dns_question,
    dtls_client_hello,
    dtls_server_hello,
    quic_initial,
    rtp,
    stun,
)

RANDOM = random.Random(5).randbytes(400)

# P02 and P03


@pytest.mark.parametrize("before", [0, 1, 2])
def test_p02_cuts_a_flow_with_stun_in_its_first_three_packets(before: int) -> None:
    """Both ways, and on any port."""
    border = Border("P02")
    talk = Datagrams(19_000)
    assert all(border.passing(talk.say(b"before") for _ in range(before)))
    assert not border.passes(talk.say(stun()))
    assert border.passing([talk.say(b"x"), talk.answer()], 59.0) == [False, False]
    assert not border.passes(talk.say(b"not idle yet"), 118.0)
    assert border.passes(talk.say(b"idle for long enough"), 178.1)


def test_p02_does_not_look_at_later_packets_or_other_flows() -> None:
    """A call that begins with something else goes on."""
    border = Border("P02")
    talk = Datagrams(3478)
    border.passing([talk.say(b"a"), talk.answer(b"b"), talk.say(b"c")])
    assert border.passes(talk.say(stun()))
    assert not border.passes(Datagrams(3478, own_port=50_001).say(stun()))
    assert border.passes(talk.say(b"d"))


@pytest.mark.parametrize(
    "payload",
    [stun()[:16], b"\x40" + stun()[1:], stun() + b"x", stun()[:4] + bytes(4) + stun()[8:]],
)
def test_p02_needs_every_part_of_the_signature(payload: bytes) -> None:
    """A little less is somebody else's protocol."""
    assert Border("P02").passes(Datagrams(3478).say(payload))


def test_p02_is_about_udp() -> None:
    """STUN in TCP was not reported."""
    connection = Connection(3478)
    assert all(Border("P02").passing([*connection.open(), connection.say(stun())]))


def test_p03_drops_two_of_five_on_the_way_out() -> None:
    """The far side hears a broken voice; this one hears well."""
    border = Border("P03")
    talk = Datagrams(19_000)
    border.see(talk.say(stun()))
    out = border.passing((talk.say(b"x") for _ in range(1000)), 1.0)
    assert 350 < out.count(False) < 450
    assert all(border.passing((talk.answer() for _ in range(200)), 1.0))
    clean = Datagrams(19_000, own_port=50_001)
    assert all(border.passing(clean.say(b"x") for _ in range(100)))


# P05


@pytest.mark.parametrize(
    "payload",
    [
        stun(),
        b"\x40\1\0\4abcd",
        b"INVITE sip:a@b SIP/2.0\r\n\r\n",
        dtls_client_hello(),
        b"\x16\xfe\xff" + dtls_client_hello()[3:],
    ],
)
def test_p05_blocks_client_server_and_port_for_180_s(payload: bytes) -> None:
    """One STUN packet in careless software costs three minutes of everything on that port."""
    border = Border("P05")
    assert not border.passes(Datagrams(443).say(payload))
    other = Datagrams(443, own_port=50_001)
    assert border.passing([other.say(b"x"), other.answer()], 179.0) == [False, False]
    assert border.passes(Datagrams(444).say(b"x"), 1.0)
    assert border.passes(Datagrams(443, server=OTHER).say(b"x"), 1.0)
    assert border.passes(other.say(b"x"), 180.1)


def test_p05_knows_rtp_by_eight_packets_in_a_row() -> None:
    """Seven may be chance."""
    border = Border("P05")
    talk = Datagrams(20_000)
    assert border.passing(talk.say(rtp(n)) for n in range(65_530, 65_538)) == [True] * 7 + [False]


@pytest.mark.parametrize(
    "row",
    [
        [rtp(2 * n) for n in range(20)],
        [rtp(n, source=n) for n in range(20)],
        [rtp(n, size=401) for n in range(20)],
        [rtp(n, size=19) for n in range(20)],
        [rtp(n % 7) for n in range(20)],
    ],
)
def test_p05_needs_every_part_of_its_heuristic(row: list[bytes]) -> None:
    """Each of these is no RTP by its own words."""
    assert all(Border("P05").passing(Datagrams(20_000).say(each) for each in row))


def test_p05_lets_tls_be() -> None:
    """A call inside TLS is what it cannot see."""
    connection = Connection(5349)
    talk = [*connection.open(), connection.say(client_hello()), connection.answer(RANDOM)]
    assert all(Border("P05").passing(talk))


def test_p05_sees_turn_over_tcp() -> None:
    """TCP alone is no disguise."""
    connection = Connection(3478)
    assert Border("P05").passing([*connection.open(), connection.say(stun())])[-1] is False


# P06


@pytest.mark.parametrize("port", [53, 80, 443])
@pytest.mark.parametrize(
    "first",
    [
        client_hello(),
        b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
        struct.pack("!H", 40) + dns_question(FREE) + bytes(40),
    ],
)
def test_p06_lets_three_protocols_pass_on_any_of_three_ports(port: int, first: bytes) -> None:
    """Also in two packets: they are judged together."""
    for size in (len(first), -(-len(first) // 2)):
        connection = Connection(port)
        talk = [*connection.open(), *connection.say_in(size, first), connection.say(RANDOM)]
        assert all(Border("P06").passing(talk))


def test_p06_drops_what_comes_after_the_first_packet_of_anything_else() -> None:
    """And as long as it goes on trying, it stays so."""
    border = Border("P06")
    connection = Connection(443)
    assert all(border.passing([*connection.open(), connection.say(RANDOM)]))
    assert not border.passes(connection.say(RANDOM))
    assert border.passes(connection.answer(), 1.0)
    assert not border.passes(connection.say(b"x"), 59.0)
    assert not border.passes(connection.acknowledge(), 118.0)
    assert border.passes(connection.say(b"x"), 178.1)


def test_p06_does_not_look_at_other_ports() -> None:
    """This was the way out in 2020."""
    connection = Connection(8443)
    talk = [*connection.open(), *(connection.say(RANDOM) for _ in range(5))]
    assert all(Border("P06").passing(talk))


# P10


def test_p10_blocks_about_a_quarter_of_random_openings_for_180_s() -> None:
    """Tunnels that look like nothing were told by looking like nothing."""
    blocked = 0
    for seed in range(400):
        border = Border("P10", seed=seed)
        connection = Connection(9000)
        *opening, first = [*connection.open(), connection.say(RANDOM)]
        assert all(border.passing(opening))
        if not border.passes(first):
            blocked += 1
            assert not border.passes(connection.say(RANDOM), 179.0)
            assert border.passes(connection.answer(), 1.0)
            other = Connection(9000, own_port=40_001, client="10.77.1.3")
            assert not border.passes(other.open()[0], 1.0)
            assert border.passes(other.open()[0], 180.1)
    assert 75 < blocked < 135


def test_p10_looks_at_the_first_payload_only() -> None:
    """TLS is random too, behind its hello."""
    for seed in range(30):
        connection = Connection()
        talk = [*connection.open(), connection.say(client_hello()), connection.say(RANDOM)]
        assert all(Border("P10", seed=seed).passing(talk))


@pytest.mark.parametrize(
    "payload",
    [
        b"\0" * 50 + RANDOM[:20],
        b"\xff" * 50 + RANDOM[:20],
        b"SSH-2." + RANDOM[:100],
        b"a" * 60 + RANDOM[:50],
        RANDOM[:50] + b"x" * 21 + RANDOM[50:100],
        b"\x17\3\t" + RANDOM[:100],
        b"GET " + RANDOM[:100],
    ],
)
def test_p10_exempts_what_looks_like_something(payload: bytes) -> None:
    """These are the five rules that were found from outside."""
    assert is_exempt(payload)


@pytest.mark.parametrize(
    "payload",
    [
        RANDOM,
        b"\x17\3\x0a" + RANDOM[:100],
        RANDOM[:50] + b"\x80" + b"x" * 20 + b"\x80" + RANDOM[50:100],
    ],
)
def test_p10_exempts_nothing_else(payload: bytes) -> None:
    """One byte less of each."""
    assert not is_exempt(payload)


# P12


def test_p12_cuts_a_quic_flow_for_420_s() -> None:
    """Whatever its name is."""
    border = Border("P12")
    talk = Datagrams(443)
    assert not border.passes(talk.say(quic_initial(FREE)))
    assert border.passing([talk.say(b"x"), talk.answer()], 419.0) == [False, False]
    assert border.passes(Datagrams(443, own_port=50_001).say(b"x"), 1.0)
    assert border.passes(talk.say(b"x"), 420.1)


@pytest.mark.parametrize(
    ("port", "own_port", "payload"),
    [
        (8443, 50_000, quic_initial(FREE)),
        (443, 443, quic_initial(FREE)),
        (443, 50_000, quic_initial(FREE)[:1000]),
        (443, 50_000, b"\xc3\0\0\0\2" + bytes(1200)),
    ],
)
def test_p12_needs_port_size_and_version(port: int, own_port: int, payload: bytes) -> None:
    """The rule is as blunt as that."""
    assert Border("P12").passes(Datagrams(port, own_port=own_port).say(payload))
    assert not Border("P12").passes(Datagrams(443).say(quic_initial(FREE)[:1001]))


# P15


def test_p15_drops_the_fifth_equal_hello_in_ten_seconds_for_60_s() -> None:
    """Racing many connections is what browsers do not do."""
    border = Border("P15")
    ports = count(40_000)

    def hellos(count: int, at: float, name: str = FREE, server: str = "10.77.9.2") -> list[bool]:
        passed: list[bool] = []
        for _ in range(count):
            connection = Connection(server=server, own_port=next(ports))
            border.passing(connection.open(), at)
            passed.append(border.passes(connection.say(client_hello(name)), at))
        return passed

    assert hellos(4, 0.0) == [True] * 4
    assert hellos(1, 59.0, server="10.77.9.77") == [False]
    assert hellos(1, 59.0, name=LISTED) == [True]
    assert hellos(1, 59.0, server="10.77.8.2") == [True]
    assert hellos(1, 60.1) == [True]


def test_p15_counts_within_ten_seconds() -> None:
    """Slow ones are many people, or one patient one."""
    border = Border("P15")
    for number in range(12):
        connection = Connection(own_port=40_000 + number)
        talk = [*connection.open(), connection.say(client_hello(FREE))]
        assert all(border.passing(talk, number * 3.4))


def test_p15_drops_a_dropped_hello_again() -> None:
    """A kernel sends it again, and again."""
    border = Border("P15")
    for number in range(4):
        connection = Connection(own_port=40_000 + number)
        border.passing([*connection.open(), connection.say(client_hello(FREE))])
    last = Connection(own_port=41_000)
    assert all(border.passing(last.open(), 1.0))
    hello = last.say(client_hello(FREE))
    assert border.passing([hello, hello, last.acknowledge()], 1.0) == [False, False, True]


# P16


def test_p16_cuts_a_flow_300_ms_after_a_server_hello_of_its_signature() -> None:
    """Long enough for the handshake to look well."""
    border = Border("P16")
    talk = Datagrams(9000)
    assert border.passes(talk.say(dtls_client_hello()), 0.0)
    assert border.passes(talk.answer(dtls_server_hello()), 0.1)
    assert border.passing([talk.say(b"x"), talk.answer()], 0.39) == [True, True]
    assert border.passing([talk.say(b"x"), talk.answer()], 0.41) == [False, False]
    assert border.passes(Datagrams(9000, own_port=50_001).say(b"x"), 1.0)


def test_p16_cuts_a_flow_with_a_listed_client_hello_in_either_direction() -> None:
    """Lists grew from one library to many."""
    hello = parse_client_hello_untrusted(dtls_client_hello())
    assert hello is not None
    listed = frozenset({hello.ja4("d")})
    for talk in (Datagrams.say, Datagrams.answer):
        border = Border("P16", dtls_hellos=listed)
        flow = Datagrams(9000)
        assert border.passes(talk(flow, dtls_client_hello()))
        assert not border.passes(flow.say(b"x"), 0.31)
    assert Border("P16").passes(Datagrams(9000).say(dtls_client_hello()))


def test_p16_lets_other_dtls_be() -> None:
    """Four bytes elsewhere are another library."""
    border = Border("P16")
    talk = Datagrams(9000)
    border.see(talk.answer(dtls_server_hello(bytes.fromhex("1d00170019"))))
    assert border.passes(talk.say(b"x"), 1.0)
