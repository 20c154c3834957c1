"""What protocols say first: recognised where it is, and nowhere else."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hamseda_lab.parsers.dns import answer, parse_question_untrusted
from hamseda_lab.parsers.dtls import (
    is_handshake_untrusted,
    message_type_untrusted,
    parse_client_hello_untrusted,
)
from hamseda_lab.parsers.http import parse_request_untrusted
from hamseda_lab.parsers.quic import header_mask, initial_keys, parse_initial_untrusted
from hamseda_lab.parsers.rtp import Rtp, is_sip_untrusted, parse_rtp_untrusted
from hamseda_lab.parsers.stun import is_channel_data_untrusted, is_stun_untrusted
from hamseda_lab.parsers.tls import (
    ClientHello,
    Missing,
    find_hello_untrusted,
    parse_hello_untrusted,
)
from tests.lab.traffic import (
    FREE,
    client_hello,
    dns_question,
    dtls_client_hello,
    dtls_server_hello,
    quic_initial,
    rtp,
    stun,
)

# TLS


def test_a_hello_of_openssl_tells_its_name_and_its_protocols() -> None:
    """This is what most blocking looks at."""
    hello = find_hello_untrusted(client_hello("Www.Example.org", "h2", "http/1.1"))
    assert isinstance(hello, ClientHello)
    assert hello.server_name == "www.example.org"
    assert hello.protocols == (b"h2", b"http/1.1")
    assert hello.ja4().startswith("t13d")
    assert hello.ja4()[8:10] == "h2"


def test_a_hello_without_a_name_is_a_hello() -> None:
    """Clients that connect to an address send none."""
    hello = find_hello_untrusted(client_hello(None))
    assert isinstance(hello, ClientHello)
    assert hello.server_name is None
    assert hello.ja4()[3] == "i"


def test_a_hello_is_found_once_it_is_whole() -> None:
    """Post-quantum hellos span packets: half of one must not pass for none."""
    whole = client_hello()
    for size in range(len(whole)):
        assert find_hello_untrusted(whole[:size]) is Missing.MORE
    assert isinstance(find_hello_untrusted(whole + b"more"), ClientHello)


def test_a_hello_may_lie_in_several_records() -> None:
    """Some circumvention splits it so; the censors that matter put it together."""
    body = client_hello(FREE)[5:]
    records = b"".join(
        b"\x16\3\1" + struct.pack("!H", len(piece)) + piece for piece in (body[:9], body[9:])
    )
    hello = find_hello_untrusted(records)
    assert isinstance(hello, ClientHello)
    assert hello.server_name == FREE


@pytest.mark.parametrize(
    "other", [b"GET / HTTP/1.1\r\n", b"\x17\3\3\0\1x", b"\x16\3\1\0\4\2\0\0\0"]
)
def test_other_streams_are_no_hello(other: bytes) -> None:
    """Application data, a web request, a ServerHello."""
    assert find_hello_untrusted(other) is Missing.OTHER


def _published_hello() -> bytes:
    """Write the hello whose JA4 its authors publish: Chrome's, with GREASE put into it."""
    ciphers = "0a0a 1301 1302 1303 c02b c02f c02c c030 cca9 cca8 c013 c014 009c 009d 002f 0035"
    extensions = [
        (0x1A1A, ""),
        (0x001B, "020002"),
        (0x0000, "000b00000861622e6b2e6f7267"),
        (0x0033, ""),
        (0x0010, "000c02683208687474702f312e31"),
        (0x4469, ""),
        (0x0017, ""),
        (0x002D, ""),
        (0x000D, "001004030804040105030805050108060601"),
        (0x0005, ""),
        (0x0023, ""),
        (0x0012, ""),
        (0x002B, "062a2a03040303"),
        (0xFF01, ""),
        (0x000B, ""),
        (0x000A, ""),
        (0x0015, ""),
    ]
    listed = b"".join(
        struct.pack("!HH", kind, len(data) // 2) + bytes.fromhex(data) for kind, data in extensions
    )
    suites = bytes.fromhex(ciphers)
    return (
        b"\3\3"
        + bytes(33)
        + struct.pack("!H", len(suites))
        + suites
        + b"\1\0"
        + struct.pack("!H", len(listed))
        + listed
    )


def test_ja4_is_that_of_its_authors() -> None:
    """A fingerprint of our own would not match any list."""
    hello = parse_hello_untrusted(_published_hello())
    assert hello is not None
    assert hello.ja4() == "t13d1516h2_8daaf6152771_e5627efa2ab1"


# QUIC


def test_the_keys_of_quic_are_those_of_the_standard() -> None:
    """RFC 9001 appendix A gives these numbers."""
    key, iv, hp = initial_keys(bytes.fromhex("8394c8f03e515708"))
    assert key.hex() == "1f369613dd76d5467730efcbe3b1a22d"
    assert iv.hex() == "fa044b2f42a3fd3b46fb255c"
    assert hp.hex() == "9f50449e04a0e810283a1e9933adedd2"
    sample = bytes.fromhex("d1b1c98dd7689fb8ec11d242b123dc9b")
    assert header_mask(hp, sample).hex() == "437b9aec36"


@pytest.mark.parametrize("pieces", [1, 2, 5])
def test_the_name_in_quic_is_found_in_any_order_of_frames(pieces: int) -> None:
    """Browsers scatter their hello over a datagram, to keep others honest."""
    hello = parse_initial_untrusted(quic_initial(FREE, pieces=pieces))
    assert hello is not None
    assert hello.server_name == FREE


def test_what_cannot_be_opened_is_no_initial() -> None:
    """Its keys follow from its own bytes: one wrong bit, and nobody reads it."""
    datagram = bytearray(quic_initial())
    datagram[200] ^= 1
    assert parse_initial_untrusted(bytes(datagram)) is None
    assert parse_initial_untrusted(b"\xc3\0\0\0\2" + quic_initial()[5:]) is None


# Others


def test_stun_is_recognised_by_its_cookie() -> None:
    """And not by a port."""
    assert is_stun_untrusted(stun())
    assert not is_stun_untrusted(stun()[:4] + b"\0" + stun()[5:])
    assert not is_stun_untrusted(stun() + b"\0")
    assert not is_stun_untrusted(b"\x80" + stun()[1:])
    assert not is_stun_untrusted(stun()[:16])


def test_channel_data_says_its_own_length() -> None:
    """Two bytes alone would match a quarter of all random datagrams."""
    assert is_channel_data_untrusted(b"\x40\1\0\5hello")
    assert is_channel_data_untrusted(b"\x40\1\0\5hello\0\0\0")
    assert not is_channel_data_untrusted(b"\x40\1\0\5hell")
    assert not is_channel_data_untrusted(b"\x50\1\0\5hello")


def test_dtls_is_recognised_and_its_hello_read() -> None:
    """Its fingerprint is on lists."""
    first = dtls_client_hello(FREE)
    assert is_handshake_untrusted(first)
    hello = parse_client_hello_untrusted(first)
    assert hello is not None
    assert hello.server_name == FREE
    assert hello.ja4("d")[:1] == "d"
    assert message_type_untrusted(dtls_server_hello()) == 2
    assert not is_handshake_untrusted(b"\x16\3\3" + first[3:])


def test_dns_questions_are_read_and_answered() -> None:
    """The answer must be one that a resolver takes."""
    asked = parse_question_untrusted(dns_question("Www.Blocked.Example"))
    assert asked is not None
    assert (asked.name, asked.kind, asked.id) == ("www.blocked.example", 1, 77)
    written = answer(asked, "10.10.34.36")
    assert written[-4:] == bytes([10, 10, 34, 36])
    assert written[:2] == dns_question("x")[:2]
    assert parse_question_untrusted(written) is None


def test_http_requests_tell_their_host() -> None:
    """A block of names reads this where there is no TLS."""
    request = parse_request_untrusted(
        b"GET /a HTTP/1.1\r\nAccept: */*\r\nHOST: Site.example:80\r\n\r\n"
    )
    assert request is not None
    assert (request.method, request.target, request.host) == ("GET", "/a", "site.example")
    half = parse_request_untrusted(b"GET / HTTP/1.1\r\nHost: half.exam")
    assert half is not None
    assert half.host is None
    assert parse_request_untrusted(b"GETTING / HTTP/1.1\r\n") is None
    assert parse_request_untrusted(b"GET /") is None


def test_calls_of_older_systems_are_recognised() -> None:
    """SIP and RTP are what commercial inspection knows best."""
    assert parse_rtp_untrusted(rtp(5)) == Rtp(5, 7)
    assert parse_rtp_untrusted(b"\x40" + rtp(5)[1:]) is None
    assert is_sip_untrusted(b"INVITE sip:a@b SIP/2.0\r\nVia: x\r\n")
    assert is_sip_untrusted(b"SIP/2.0 200 OK\r\n")
    assert not is_sip_untrusted(b"OPTIONS * HTTP/1.1\r\n")


REAL = [client_hello(), quic_initial(), dtls_client_hello(), dns_question(FREE), stun(), rtp(1)]


@given(
    st.one_of(
        st.binary(max_size=200),
        st.tuples(st.sampled_from(REAL), st.integers(0, 1500), st.binary(max_size=30)).map(
            lambda each: each[0][: each[1]] + each[2] + each[0][each[1] + len(each[2]) :]
        ),
    )
)
def test_noise_crashes_no_parser(noise: bytes) -> None:
    """A middlebox that dies of a packet takes every measurement with it."""
    for read in (
        find_hello_untrusted,
        parse_hello_untrusted,
        parse_initial_untrusted,
        parse_client_hello_untrusted,
        message_type_untrusted,
        parse_question_untrusted,
        parse_request_untrusted,
        parse_rtp_untrusted,
        is_stun_untrusted,
        is_sip_untrusted,
        is_channel_data_untrusted,
    ):
        found = read(noise)
        if isinstance(found, ClientHello):
            assert found.ja4()
