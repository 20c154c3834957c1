"""Read TLS ClientHellos, and name their fingerprint (JA4)."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Final

from hamseda.errors import WireError
from hamseda_lab.parsers.reader import Reader

HANDSHAKE: Final = 0x16
CLIENT_HELLO: Final = 1
_SERVER_NAME: Final = 0
_SIGNATURES: Final = 13
_ALPN: Final = 16
_VERSIONS: Final = 43
_NAMES: Final = {
    0x0304: "13",
    0x0303: "12",
    0x0302: "11",
    0x0301: "10",
    0x0300: "s3",
    0xFEFF: "d1",
    0xFEFD: "d2",
    0xFEFC: "d3",
}


class Missing(Enum):
    """Say why there is no hello."""

    OTHER = auto()
    """These bytes are something else."""
    MORE = auto()
    """The rest of it has not come."""


@dataclass(frozen=True, slots=True)
class ClientHello:
    """Be what a ClientHello tells everybody (RFC 8446 §4.1.2)."""

    version: int
    ciphers: tuple[int, ...]
    extensions: tuple[tuple[int, bytes], ...] = field(repr=False)

    @property
    def server_name(self) -> str | None:
        """Give the name of the server, in lower case; None: it is not told."""
        try:
            listed = Reader(Reader(self._extension(_SERVER_NAME)).vector(2))
            return listed.vector(2).decode("ascii").lower() if listed.number(1) == 0 else None
        except (WireError, UnicodeDecodeError):
            return None

    @property
    def protocols(self) -> tuple[bytes, ...]:
        """List what is offered by ALPN."""
        found: list[bytes] = []
        try:
            listed = Reader(Reader(self._extension(_ALPN)).vector(2))
            while listed.left:
                found.append(listed.vector(1))
        except WireError:
            pass
        return tuple(found)

    def ja4(self, transport: str = "t") -> str:
        """Name the fingerprint; `transport` is t (TCP), q (QUIC) or d (DTLS)."""
        kinds = [kind for kind, _ in self.extensions if not _is_grease(kind)]
        ciphers = [each for each in self.ciphers if not _is_grease(each)]
        named = "d" if _SERVER_NAME in kinds else "i"
        counts = f"{min(len(ciphers), 99):02}{min(len(kinds), 99):02}"
        head = f"{transport}{self._version_name()}{named}{counts}{self._alpn_name()}"
        compared = sorted(set(kinds) - {_SERVER_NAME, _ALPN})
        signatures = _words(self._extension(_SIGNATURES)[2:])
        tail = _hexes(compared) + (f"_{_hexes(signatures)}" if signatures else "")
        return f"{head}_{_digest(_hexes(sorted(ciphers)))}_{_digest(tail)}"

    def _extension(self, wanted: int) -> bytes:
        return next((data for kind, data in self.extensions if kind == wanted), b"")

    def _version_name(self) -> str:
        offered = [each for each in _words(self._extension(_VERSIONS)[1:]) if not _is_grease(each)]
        # DTLS counts downwards.
        newest = max(offered, key=lambda each: -each if each >> 8 == 0xFE else each, default=None)
        return _NAMES.get(self.version if newest is None else newest, "00")

    def _alpn_name(self) -> str:
        first = next(iter(self.protocols), b"")
        if not first:
            return "00"
        ends = bytes([first[0], first[-1]])
        return ends.decode("ascii") if ends.isalnum() else first.hex()[0] + first.hex()[-1]


def find_hello_untrusted(stream: bytes) -> ClientHello | Missing:
    """Read the ClientHello with which a TCP stream begins, over however many TLS records."""
    records = Reader(stream)
    message = b""
    try:
        while True:
            if records.left and records.data[records.at] != HANDSHAKE:
                return Missing.OTHER
            if records.left > 1 and records.data[records.at + 1] != 3:
                return Missing.OTHER
            records.take(3)
            body = records.vector(2)
            if not body:
                return Missing.OTHER
            message += body
            if len(message) >= 4:
                if message[0] != CLIENT_HELLO:
                    return Missing.OTHER
                size = int.from_bytes(message[1:4], "big")
                if len(message) >= 4 + size:
                    return parse_hello_untrusted(message[4 : 4 + size]) or Missing.OTHER
    except WireError:
        return Missing.MORE


def parse_hello_untrusted(
    body: bytes, *, has_cookie: bool = False, is_whole: bool = True
) -> ClientHello | None:
    """Read the body of a ClientHello; that of DTLS has a cookie (RFC 6347 §4.2.1).

    Of one that is not whole, give the extensions that are.
    """
    reader = Reader(body)
    extensions: list[tuple[int, bytes]] = []
    try:
        version = reader.number(2)
        reader.take(32)
        reader.vector(1)
        if has_cookie:
            reader.vector(1)
        ciphers = _words(reader.vector(2))
        reader.vector(1)
        size = reader.number(2) if reader.left else 0
        listed = Reader(reader.take(size) if is_whole else reader.rest())
    except WireError:
        return None
    try:
        while listed.left:
            kind = listed.number(2)
            extensions.append((kind, listed.vector(2)))
    except WireError:
        if is_whole:
            return None
    return ClientHello(version, ciphers, tuple(extensions))


def _words(data: bytes) -> tuple[int, ...]:
    whole = len(data) - len(data) % 2
    return tuple(int.from_bytes(data[at : at + 2], "big") for at in range(0, whole, 2))


def _is_grease(number: int) -> bool:
    """Tell a number that means nothing (RFC 8701)."""
    return number & 0x0F0F == 0x0A0A and number >> 8 == number & 0xFF


def _hexes(numbers: Iterable[int]) -> str:
    return ",".join(f"{number:04x}" for number in numbers)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:12] if text else "0" * 12
