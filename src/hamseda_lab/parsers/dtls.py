"""Read the first flights of DTLS."""

from typing import Final

from hamseda.errors import WireError
from hamseda_lab.parsers.reader import Reader
from hamseda_lab.parsers.tls import CLIENT_HELLO, HANDSHAKE, ClientHello, parse_hello_untrusted

SERVER_HELLO: Final = 2
_VERSIONS: Final = (b"\xfe\xff", b"\xfe\xfd")
"""DTLS 1.0 and 1.2; 1.3 writes 1.2 here (RFC 9147 §4)."""
_RECORD_HEADER: Final = 13


def is_handshake_untrusted(payload: bytes) -> bool:
    """Tell a datagram that begins with a DTLS handshake record."""
    is_long_enough = len(payload) >= _RECORD_HEADER
    return is_long_enough and payload[0] == HANDSHAKE and payload[1:3] in _VERSIONS


def message_type_untrusted(payload: bytes) -> int | None:
    """Give the type of the first handshake message of a datagram; None: there is none."""
    is_one = is_handshake_untrusted(payload) and len(payload) > _RECORD_HEADER
    return payload[_RECORD_HEADER] if is_one else None


def parse_client_hello_untrusted(payload: bytes) -> ClientHello | None:
    """Read the ClientHello in a datagram; None: there is none, or only a fragment of one."""
    if message_type_untrusted(payload) != CLIENT_HELLO:
        return None
    reader = Reader(payload, 11)
    try:
        record = Reader(reader.vector(2))
        record.number(1)
        whole = record.number(3)
        record.number(2)
        begins, size = record.number(3), record.number(3)
        body = record.take(size)
    except WireError:
        return None
    if begins or size != whole:
        return None
    return parse_hello_untrusted(body, has_cookie=True)
