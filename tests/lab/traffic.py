"""Write packets as ordinary software sends them, and show them to a profile."""

import ssl
import struct
from collections.abc import Iterable
from typing import Any

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from hamseda_lab.brief import Brief
from hamseda_lab.censor import Censor, Touch
from hamseda_lab.parsers.ip import ACK, FIN, PSH, RST, SYN, tcp_packet, udp_packet
from hamseda_lab.parsers.quic import header_mask, initial_keys
from hamseda_lab.profile import Profile
from hamseda_lab.profiles import known_profiles
from hamseda_lab.verdict import Verdict

CLIENT = "10.77.1.2"
SERVER = "10.77.9.2"
OTHER = "10.77.8.2"
RESOLVER = "10.77.7.2"
LISTED = "blocked.example"
FREE = "free.example"
PROFILES = known_profiles()


class Connection:
    """Be a TCP connection, and know its numbers."""

    def __init__(
        self, port: int = 443, *, server: str = SERVER, own_port: int = 40_000, client: str = CLIENT
    ) -> None:
        self.here, self.there = (client, own_port), (server, port)
        self._sent, self._answered = 1000, 5000

    def open(self) -> list[bytes]:
        """Give the three packets that open it."""
        self._sent, self._answered = 1001, 5001
        return [
            tcp_packet(self.here, self.there, sequence=1000, flags=SYN),
            tcp_packet(self.there, self.here, sequence=5000, acknowledged=1001, flags=SYN | ACK),
            self.acknowledge(),
        ]

    def acknowledge(self, *, reset: bool = False) -> bytes:
        """Give a packet of the client that carries nothing."""
        return tcp_packet(
            self.here,
            self.there,
            sequence=self._sent,
            acknowledged=self._answered,
            flags=RST if reset else ACK,
        )

    def say(self, payload: bytes, *, ahead: int = 0) -> bytes:
        """Give a packet of the client, perhaps from somewhere else in its stream."""
        sequence = self._sent + ahead
        if not ahead:
            self._sent += len(payload)
        return tcp_packet(
            self.here,
            self.there,
            sequence=sequence,
            acknowledged=self._answered,
            flags=PSH | ACK,
            payload=payload,
        )

    def say_in(self, size: int, payload: bytes) -> list[bytes]:
        """Give packets of so many bytes."""
        return [self.say(payload[at : at + size]) for at in range(0, len(payload), size)]

    def answer(self, payload: bytes = b"answer", *, ends: bool = False) -> bytes:
        """Give a packet of the server."""
        sequence, self._answered = self._answered, self._answered + len(payload)
        return tcp_packet(
            self.there,
            self.here,
            sequence=sequence,
            acknowledged=self._sent,
            flags=PSH | ACK | (FIN if ends else 0),
            payload=payload,
        )


class Datagrams:
    """Be the datagrams between two sockets."""

    def __init__(
        self, port: int, *, server: str = SERVER, own_port: int = 50_000, client: str = CLIENT
    ) -> None:
        self.here, self.there = (client, own_port), (server, port)

    def say(self, payload: bytes) -> bytes:
        """Give a datagram of the client."""
        return udp_packet(self.here, self.there, payload)

    def answer(self, payload: bytes = b"answer") -> bytes:
        """Give a datagram of the server."""
        return udp_packet(self.there, self.here, payload)


class Border:
    """Be a profile at work, and all that it touched."""

    def __init__(self, profile: str | type[Profile], *, seed: int = 1, **brief: Any) -> None:
        kind = PROFILES[profile] if isinstance(profile, str) else profile
        told: dict[str, Any] = {"inside": ("10.77.1.0/24",), "resolver": RESOLVER, **brief}
        self.touches: list[Touch] = []
        self.censor = Censor(kind, Brief(**told), seed, self.touches.append)

    def see(self, packet: bytes, at: float = 0.0) -> Verdict:
        """Show it a packet."""
        return self.censor.judge_bytes(packet, at)

    def passes(self, packet: bytes, at: float = 0.0) -> bool:
        """Tell whether a packet passes, without anything being injected."""
        verdict = self.see(packet, at)
        return verdict.passes and not verdict.injected

    def passing(self, packets: Iterable[bytes], at: float = 0.0) -> list[bool]:
        """Tell it of some packets."""
        return [self.passes(packet, at) for packet in packets]


def client_hello(name: str | None = LISTED, *alpn: str) -> bytes:
    """Give the first bytes of OpenSSL."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    if alpn:
        context.set_alpn_protocols(alpn)
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    talk = context.wrap_bio(incoming, outgoing, server_hostname=name)
    try:
        talk.do_handshake()
    except ssl.SSLWantReadError:
        return outgoing.read()
    raise AssertionError("OpenSSL says nothing")


def quic_initial(name: str = LISTED, *, connection: bytes = b"12345678", pieces: int = 1) -> bytes:
    """Give the first datagram of QUIC, with its handshake in so many frames, last one first."""
    message = client_hello(name)[5:]
    step = -(-len(message) // pieces)
    frames = b""
    for at in reversed(range(0, len(message), step)):
        piece = message[at : at + step]
        frames += b"\x06" + struct.pack("!HH", 0x4000 | at, 0x4000 | len(piece)) + piece
    plain = frames + bytes(max(0, 1162 - len(frames)))
    key, iv, hp = initial_keys(connection)
    head = b"\xc3\0\0\0\1" + bytes([len(connection)]) + connection + b"\0\0"
    head += struct.pack("!H", 0x4000 | (4 + len(plain) + 16)) + b"\0\0\0\2"
    nonce = (int.from_bytes(iv, "big") ^ 2).to_bytes(12, "big")
    sealed = AESGCM(key).encrypt(nonce, plain, head)
    mask = header_mask(hp, sealed[:16])
    number = bytes(a ^ b for a, b in zip(head[-4:], mask[1:], strict=True))
    return bytes([head[0] ^ (mask[0] & 0x0F)]) + head[1:-4] + number + sealed


def stun(size: int = 28) -> bytes:
    """Give a Binding request of so many bytes."""
    return struct.pack("!HHI", 1, size - 20, 0x2112A442) + bytes(size - 8)


def rtp(sequence: int, size: int = 100, source: int = 7) -> bytes:
    """Give an RTP packet."""
    header = struct.pack("!BBHII", 0x80, 111, sequence % 2**16, sequence * 960, source)
    return header + bytes(size - 12)


def dns_question(name: str, kind: int = 1) -> bytes:
    """Give a question."""
    labels = b"".join(bytes([len(each)]) + each.encode() for each in name.split("."))
    return (
        struct.pack("!HHHHHH", 77, 0x0100, 1, 0, 0, 0)
        + labels
        + b"\0"
        + struct.pack("!HH", kind, 1)
    )


def dtls_client_hello(name: str = FREE) -> bytes:
    """Give the first datagram of DTLS 1.2, with the hello that OpenSSL sends in TLS."""
    body = client_hello(name)[9:]
    after_id = 35 + body[34]
    body = b"\xfe\xfd" + body[2:after_id] + b"\0" + body[after_id:]
    return _dtls(1, body)


def dtls_server_hello(signature: bytes = bytes.fromhex("1d00170018")) -> bytes:
    """Give a ServerHello with something at the offset that P16 looks at."""
    body = bytes(0x5A - 25) + signature + bytes(20)
    return _dtls(2, body)


def _dtls(kind: int, body: bytes) -> bytes:
    size = len(body).to_bytes(3, "big")
    message = bytes([kind]) + size + b"\0\0" + b"\0\0\0" + size + body
    return b"\x16\xfe\xfd" + bytes(8) + struct.pack("!H", len(message)) + message
