"""Write and read the few messages of Mumble that a voice takes."""

import struct
from collections.abc import Mapping
from typing import Final

from hamseda.errors import WireError
from hamseda_lab.parsers.reader import Reader

VERSION: Final = 0
TUNNEL: Final = 1
AUTHENTICATE: Final = 2
PING: Final = 3
REJECT: Final = 4
SYNC: Final = 5
CRYPT: Final = 15

OPUS: Final = 4
_AUDIO_PING: Final = 1
_HEAD: Final = struct.Struct("!HI")
_VERSION_NUMBER: Final = 0x010304

Fields = Mapping[int, int | bytes]


def message(kind: int, body: bytes) -> bytes:
    """Write a message of the TCP connection."""
    return _HEAD.pack(kind, len(body)) + body


def fields(*given: tuple[int, int | bytes]) -> bytes:
    """Write the fields of a message, as protocol buffers do."""
    written = b""
    for number, value in given:
        if isinstance(value, int):
            written += _base128(number << 3) + _base128(value)
        else:
            written += _base128(number << 3 | 2) + _base128(len(value)) + value
    return written


def read_fields_untrusted(body: bytes) -> Fields:
    """Read the fields of a message, the last of each number. Raise `WireError`."""
    reader = Reader(body)
    found: dict[int, int | bytes] = {}
    sizes = {1: 8, 5: 4}
    while reader.left:
        tag = _read_base128(reader)
        kind = tag & 7
        if kind == 0:
            found[tag >> 3] = _read_base128(reader)
        elif kind == 2:
            found[tag >> 3] = reader.take(_read_base128(reader))
        elif kind in sizes:
            found[tag >> 3] = reader.take(sizes[kind])
        else:
            raise WireError(f"a field of kind {kind}")
    return found


def greeting(name: str) -> bytes:
    """Write what a client says first."""
    version = fields((1, _VERSION_NUMBER), (2, b"1.3.4"))
    who = fields((1, name.encode()), (5, 1))
    return message(VERSION, version) + message(AUTHENTICATE, who)


def voice(number: int, opus: bytes) -> bytes:
    """Write a voice packet of a client, to all in its channel."""
    return bytes([OPUS << 5]) + _varint(number) + _varint(len(opus)) + opus


def ping(number: int) -> bytes:
    """Write a datagram that the server sends back."""
    return bytes([_AUDIO_PING << 5]) + _varint(number)


def is_ping_untrusted(packet: bytes) -> bool:
    """Tell such a datagram."""
    return bool(packet) and packet[0] >> 5 == _AUDIO_PING


def read_voice_untrusted(packet: bytes) -> tuple[int, bytes] | None:
    """Read a voice packet of the server: its number and its sound; None: it is something else."""
    reader = Reader(packet)
    try:
        if reader.number(1) >> 5 != OPUS:
            return None
        _read_varint(reader)
        number = _read_varint(reader)
        return number, reader.take(_read_varint(reader) & 0x1FFF)
    except WireError:
        return None


def _base128(number: int) -> bytes:
    written = b""
    while number > 0x7F:
        written += bytes([number & 0x7F | 0x80])
        number >>= 7
    return written + bytes([number])


def _read_base128(reader: Reader) -> int:
    number = shift = 0
    while True:
        byte = reader.number(1)
        number |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return number
        if shift > 63:
            raise WireError("a number without end")


def _varint(number: int) -> bytes:
    """Write a number as voice packets do: leading ones count the bytes that follow."""
    if number < 0x80:
        return bytes([number])
    if number < 0x4000:
        return struct.pack("!H", number | 0x8000)
    if number < 0x20_0000:
        return (number | 0xC0_0000).to_bytes(3, "big")
    return b"\xf0" + struct.pack("!I", number)


def _read_varint(reader: Reader) -> int:
    first = reader.number(1)
    if first < 0x80:
        return first
    for more, lowest, mask in ((1, 0xC0, 0x3F), (2, 0xE0, 0x1F), (3, 0xF0, 0x0F)):
        if first < lowest:
            return (first & mask) << (8 * more) | reader.number(more)
    if first & 0xFC == 0xF0:
        return reader.number(4)
    if first & 0xFC == 0xF4:
        return reader.number(8)
    raise WireError("a number that no voice packet needs")
