"""Read what a QUIC client says first. Its keys are no secret from anybody (RFC 9001 §5.2)."""

from collections.abc import Iterator
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.hmac import HMAC
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

from hamseda.errors import WireError
from hamseda_lab.parsers.reader import Reader
from hamseda_lab.parsers.tls import CLIENT_HELLO, ClientHello, parse_hello_untrusted

V1: Final = 1
_SALT: Final = bytes.fromhex("38762cf7f55934b34d179ae6a4c80cadccbb7f0a")
_SAMPLE: Final = 16
_PADDING, _PING, _ACK, _ACK_ECN, _CRYPTO = 0, 1, 2, 3, 6


def parse_initial_untrusted(datagram: bytes) -> ClientHello | None:
    """Read the ClientHello in one datagram of QUIC version 1; None: it holds no beginning of one.

    A hello that goes on in another datagram has the extensions that are whole in this one.
    """
    reader = Reader(datagram)
    try:
        first = reader.number(1)
        if first & 0xF0 != 0xC0 or reader.number(4) != V1:
            return None
        connection = reader.vector(1)
        reader.vector(1)
        reader.take(reader.varint())
        length = reader.varint()
        number_at = reader.at
        protected = reader.take(length)
        payload = _opened(datagram[:number_at], protected, *initial_keys(connection))
        message = b"" if payload is None else _joined(payload)
    except WireError:
        return None
    if len(message) < 4 or message[0] != CLIENT_HELLO:
        return None
    size = int.from_bytes(message[1:4], "big")
    return parse_hello_untrusted(message[4 : 4 + size], is_whole=len(message) >= 4 + size)


def initial_keys(connection: bytes) -> tuple[bytes, bytes, bytes]:
    """Give the client's key, nonce and key of the header, from the ID that it chose."""
    extract = HMAC(_SALT, SHA256())
    extract.update(connection)
    secret = _expand(extract.finalize(), "client in", 32)
    return (
        _expand(secret, "quic key", 16),
        _expand(secret, "quic iv", 12),
        _expand(secret, "quic hp", 16),
    )


def header_mask(key: bytes, sample: bytes) -> bytes:
    """Give what hides the first byte and the packet's number (RFC 9001 §5.4.3)."""
    # ECB of one block is what the RFC asks for.
    encryptor = Cipher(algorithms.AES(key), modes.ECB()).encryptor()  # noqa: S305
    return encryptor.update(sample)[:5]


def _opened(header: bytes, protected: bytes, key: bytes, iv: bytes, hp: bytes) -> bytes | None:
    """Decrypt a packet; `header` ends where the packet's number begins."""
    if len(protected) < 4 + _SAMPLE:
        return None
    mask = header_mask(hp, protected[4 : 4 + _SAMPLE])
    first = header[0] ^ (mask[0] & 0x0F)
    size = (first & 3) + 1
    number = bytes(a ^ b for a, b in zip(protected[:size], mask[1:], strict=False))
    nonce = int.from_bytes(iv, "big") ^ int.from_bytes(number, "big")
    associated = bytes([first]) + header[1:] + number
    try:
        return AESGCM(key).decrypt(nonce.to_bytes(12, "big"), protected[size:], associated)
    except InvalidTag:
        return None


def _joined(payload: bytes) -> bytes:
    """Put the handshake together; clients scatter it over frames in any order."""
    pieces = sorted(_crypto_frames(payload))
    message = b""
    for at, piece in pieces:
        if at > len(message):
            break
        message += piece[len(message) - at :]
    return message


def _crypto_frames(payload: bytes) -> Iterator[tuple[int, bytes]]:
    reader = Reader(payload)
    while reader.left:
        kind = reader.number(1)
        if kind == _CRYPTO:
            at = reader.varint()
            yield at, reader.take(reader.varint())
        elif kind in (_ACK, _ACK_ECN):
            _skip_ack(reader, has_counts=kind == _ACK_ECN)
        elif kind not in (_PADDING, _PING):
            return


def _skip_ack(reader: Reader, *, has_counts: bool) -> None:
    reader.varint()
    reader.varint()
    ranges = reader.varint()
    reader.varint()
    for _ in range(2 * min(ranges, len(reader.data)) + 3 * has_counts):
        reader.varint()


def _expand(secret: bytes, label: str, size: int) -> bytes:
    """Derive as TLS 1.3 does (RFC 8446 §7.1), with an empty context."""
    name = b"tls13 " + label.encode()
    info = size.to_bytes(2, "big") + bytes([len(name)]) + name + b"\0"
    return HKDFExpand(SHA256(), size, info).derive(secret)
