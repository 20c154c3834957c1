"""Read and write packets of IPv4 with TCP or UDP in them."""

import socket
import struct
from dataclasses import dataclass, field
from typing import Final

TCP: Final = 6
UDP: Final = 17
FIN: Final = 0x01
SYN: Final = 0x02
RST: Final = 0x04
PSH: Final = 0x08
ACK: Final = 0x10

_IP: Final = struct.Struct("!BBHHHBBH4s4s")
_TCP: Final = struct.Struct("!HHIIBBHHH")
_UDP: Final = struct.Struct("!HHHH")
_TTL: Final = 64
_WINDOW: Final = 65_535
_FRAGMENT: Final = 0x1FFF
"""The bits of a fragment's offset (RFC 791 §3.1): what is behind the first has no ports."""


@dataclass(frozen=True, slots=True)
class Tcp:
    """Be a TCP header (RFC 9293 §3.1)."""

    sequence: int
    acknowledged: int
    flags: int

    def has(self, flags: int) -> bool:
        """Tell whether all of these flags are set."""
        return self.flags & flags == flags


@dataclass(frozen=True, slots=True)
class Segment:
    """Be one IPv4 packet, read as far as TCP or UDP."""

    source: str
    destination: str
    protocol: int
    source_port: int
    """0: it is neither TCP nor UDP, or it is a later fragment."""
    destination_port: int
    payload: bytes = field(repr=False)
    size: int
    """Bytes of the whole packet."""
    tcp: Tcp | None = None

    @property
    def is_udp(self) -> bool:
        """Tell whether it is a UDP datagram with its header."""
        return self.protocol == UDP and self.source_port != 0


def parse_segment_untrusted(data: bytes) -> Segment | None:
    """Read a packet; None: it is no IPv4, or cut short. Checksums are not looked at."""
    if len(data) < _IP.size:
        return None
    first, _, length, _, fragment, _, protocol, _, source, destination = _IP.unpack_from(data)
    header = (first & 15) * 4
    if first >> 4 != 4 or header < _IP.size or not header <= length <= len(data):
        return None
    body = data[header:length]
    ends = socket.inet_ntoa(source), socket.inet_ntoa(destination)
    if not fragment & _FRAGMENT:
        if protocol == TCP and len(body) >= _TCP.size:
            return _with_tcp(ends, body, length)
        if protocol == UDP and len(body) >= _UDP.size:
            here, there, size, _ = _UDP.unpack_from(body)
            payload = body[_UDP.size : max(size, _UDP.size)]
            return Segment(*ends, UDP, here, there, payload, length)
    return Segment(*ends, protocol, 0, 0, body, length)


def _with_tcp(ends: tuple[str, str], body: bytes, length: int) -> Segment | None:
    here, there, sequence, acknowledged, offset, flags, *_ = _TCP.unpack_from(body)
    header = (offset >> 4) * 4
    if not _TCP.size <= header <= len(body):
        return None
    tcp = Tcp(sequence, acknowledged, flags)
    return Segment(*ends, TCP, here, there, body[header:], length, tcp)


def tcp_packet(
    source: tuple[str, int],
    destination: tuple[str, int],
    *,
    sequence: int,
    acknowledged: int = 0,
    flags: int,
    payload: bytes = b"",
) -> bytes:
    """Write a TCP packet from an address and port to another, with right checksums."""
    numbers = sequence % 2**32, acknowledged % 2**32
    window = 0 if flags & RST else _WINDOW
    head = _TCP.pack(source[1], destination[1], *numbers, 5 << 4, flags, window, 0, 0)
    body = head + payload
    sum_of_all = checksum(_pseudo(source[0], destination[0], TCP, len(body)) + body)
    body = body[:16] + struct.pack("!H", sum_of_all) + body[18:]
    return _ip_packet(source[0], destination[0], TCP, body)


def udp_packet(source: tuple[str, int], destination: tuple[str, int], payload: bytes) -> bytes:
    """Write a UDP packet from an address and port to another, with right checksums."""
    length = _UDP.size + len(payload)
    body = _UDP.pack(source[1], destination[1], length, 0) + payload
    sum_of_all = checksum(_pseudo(source[0], destination[0], UDP, length) + body)
    # 0 would say that there is no checksum (RFC 768).
    body = body[:6] + struct.pack("!H", sum_of_all or 0xFFFF) + payload
    return _ip_packet(source[0], destination[0], UDP, body)


def with_other_end(
    data: bytes,
    *,
    source: tuple[str, int] | None = None,
    destination: tuple[str, int] | None = None,
) -> bytes:
    """Write a packet of TCP or UDP anew, from or to another address and port."""
    header = (data[0] & 15) * 4
    protocol, addresses = data[9], [data[12:16], data[16:20]]
    ports = list(struct.unpack_from("!HH", data, header))
    for number, end in enumerate((source, destination)):
        if end is not None:
            addresses[number], ports[number] = _packed(end[0]), end[1]
    head = data[:10] + b"\0\0" + b"".join(addresses) + data[_IP.size : header]
    head = head[:10] + struct.pack("!H", checksum(head)) + head[12:]
    at = 16 if protocol == TCP else 6
    body = struct.pack("!HH", *ports) + data[header + 4 :]
    if protocol == UDP and body[6:8] == b"\0\0":
        return head + body
    body = body[:at] + b"\0\0" + body[at + 2 :]
    pseudo = b"".join(addresses) + struct.pack("!HH", protocol, len(body))
    total = checksum(pseudo + body) or (0xFFFF if protocol == UDP else 0)
    return head + body[:at] + struct.pack("!H", total) + body[at + 2 :]


def checksum(data: bytes) -> int:
    """Give the sum of RFC 1071: 0 over what carries a right one."""
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total > 0xFFFF:
        total = (total >> 16) + (total & 0xFFFF)
    return total ^ 0xFFFF


def _pseudo(source: str, destination: str, protocol: int, length: int) -> bytes:
    return _packed(source) + _packed(destination) + struct.pack("!HH", protocol, length)


def _ip_packet(source: str, destination: str, protocol: int, body: bytes) -> bytes:
    ends = _packed(source), _packed(destination)
    parts = (0x45, 0, _IP.size + len(body), 0, 0, _TTL, protocol)
    head = _IP.pack(*parts, checksum(_IP.pack(*parts, 0, *ends)), *ends)
    return head + body


def _packed(address: str) -> bytes:
    return socket.inet_aton(address)
