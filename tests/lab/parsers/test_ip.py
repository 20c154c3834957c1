"""Packets: read and written as the kernel does it."""

import struct

from hypothesis import given
from hypothesis import strategies as st

from hamseda_lab.parsers.ip import (
    ACK,
    PSH,
    SYN,
    TCP,
    UDP,
    checksum,
    parse_segment_untrusted,
    tcp_packet,
    udp_packet,
)

HERE, THERE = ("10.0.0.1", 40_000), ("10.0.0.2", 443)


def test_a_tcp_packet_reads_as_it_was_written() -> None:
    """What a censor injects must be what it meant."""
    written = tcp_packet(HERE, THERE, sequence=7, acknowledged=9, flags=PSH | ACK, payload=b"hello")
    read = parse_segment_untrusted(written)
    assert read is not None
    assert read.tcp is not None
    assert (read.source, read.source_port) == HERE
    assert (read.destination, read.destination_port) == THERE
    assert (read.tcp.sequence, read.tcp.acknowledged) == (7, 9)
    assert read.tcp.has(ACK)
    assert not read.tcp.has(SYN | ACK)
    assert (read.payload, read.size) == (b"hello", len(written))


def test_checksums_are_right() -> None:
    """A kernel throws away a reset with a wrong one, and the block would not bite."""
    packets = {
        TCP: tcp_packet(HERE, THERE, sequence=2**32 - 1, flags=SYN, payload=b"odd"),
        UDP: udp_packet(HERE, THERE, b"odd"),
    }
    for protocol, packet in packets.items():
        pseudo = packet[12:20] + struct.pack("!HH", protocol, len(packet) - 20)
        assert checksum(packet[:20]) == 0
        assert checksum(pseudo + packet[20:]) == 0


def test_the_checksum_is_that_of_the_standard() -> None:
    """RFC 1071 §3 gives these numbers."""
    assert checksum(bytes.fromhex("0001f203f4f5f6f7")) == 0xDDF2 ^ 0xFFFF


def test_a_later_fragment_has_no_ports() -> None:
    """Its first bytes are data: a rule about ports must not read them."""
    packet = bytearray(udp_packet(HERE, THERE, b"0123456789"))
    packet[7] = 1
    read = parse_segment_untrusted(bytes(packet))
    assert read is not None
    assert (read.protocol, read.source_port, read.is_udp) == (UDP, 0, False)


@given(st.binary(max_size=80), st.sampled_from([b"", b"\x45", b"\x45\0\0\x28\0\0\0\0\x40\6"]))
def test_noise_is_no_packet_and_no_crash(noise: bytes, head: bytes) -> None:
    """A middlebox reads whatever a host sends."""
    parse_segment_untrusted(head + noise)
