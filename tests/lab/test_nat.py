"""A NAT by the words of RFC 4787, without a clock or a device."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hamseda_lab.fabric import Fabric
from hamseda_lab.nat import By, Nat, NatSettings
from hamseda_lab.parsers.ip import (
    ACK,
    SYN,
    Segment,
    checksum,
    parse_segment_untrusted,
    tcp_packet,
    udp_packet,
)

INNER, OUTER, SERVER, OTHER = "10.77.1.2", "10.77.1.254", "10.77.4.2", "10.77.5.2"


def read(packet: bytes | None) -> Segment:
    """Read a packet that must be there."""
    assert packet is not None
    segment = parse_segment_untrusted(packet)
    assert segment is not None
    return segment


def out(nat: Nat, server: tuple[str, int] = (SERVER, 443), at: float = 0.0) -> tuple[str, int]:
    """Send a datagram; give the address and port that the other side sees."""
    segment = read(nat.outwards(udp_packet((INNER, 5000), server, b"out"), at))
    assert segment.payload == b"out"
    return segment.source, segment.source_port


def comes_in(nat: Nat, port: int, server: tuple[str, int] = (SERVER, 443), at: float = 0.0) -> bool:
    """Tell whether a datagram to a port of the outer address comes to the machine."""
    packet = nat.inwards(udp_packet(server, (OUTER, port), b"in"), at)
    return packet is not None and read(packet).destination_port == 5000


def test_a_mapping_is_forgotten_after_its_time_without_a_packet_from_inside() -> None:
    """This is why a line that waits for calls must say something now and then."""
    nat = Nat(INNER, OUTER, NatSettings(lasts=60))
    _, port = out(nat)
    assert comes_in(nat, port, at=59)
    out(nat, at=50)
    assert comes_in(nat, port, at=109)
    assert not comes_in(nat, port, at=111)
    assert out(nat, at=200)[1] != port


@pytest.mark.parametrize(
    ("by", "same"),
    [
        (By.NOTHING, [True, True, True]),
        (By.ADDRESS, [True, True, False]),
        (By.ADDRESS_AND_PORT, [True, False, False]),
    ],
)
def test_mappings_and_filters_depend_on_what_they_say(by: By, same: list[bool]) -> None:
    """Direct paths of calls stand and fall with it."""
    others = [(SERVER, 443), (SERVER, 444), (OTHER, 443)]
    mapping = Nat(INNER, OUTER, NatSettings(mapping=by))
    first = out(mapping)
    assert [out(mapping, other) == first for other in others] == same
    filtering = Nat(INNER, OUTER, NatSettings(filtering=by))
    _, port = out(filtering)
    assert [comes_in(filtering, port, other) for other in others] == same


def test_a_connection_that_was_forgotten_does_not_go_on() -> None:
    """What is no SYN opens no mapping."""
    nat = Nat(INNER, OUTER, NatSettings(lasts=60))
    ends = (INNER, 5000), (SERVER, 443)
    opening = read(nat.outwards(tcp_packet(*ends, sequence=1, flags=SYN), 0.0))
    assert opening.source == OUTER
    data = tcp_packet(*ends, sequence=2, flags=ACK, payload=b"odd")
    assert read(nat.outwards(data, 60.0)).source_port == opening.source_port
    assert nat.outwards(data, 121.0) is None


@given(st.binary(max_size=40), st.booleans())
def test_checksums_stay_right(payload: bytes, is_tcp: bool) -> None:
    """A receiver throws away what is wrong."""
    nat = Nat(INNER, OUTER, NatSettings())
    ends = (INNER, 5000), (SERVER, 443)
    if is_tcp:
        packet = nat.outwards(tcp_packet(*ends, sequence=1, flags=SYN, payload=payload), 0.0)
    else:
        packet = nat.outwards(udp_packet(*ends, payload), 0.0)
    assert packet is not None
    pseudo = packet[12:20] + bytes([0, packet[9]]) + (len(packet) - 20).to_bytes(2, "big")
    assert checksum(packet[:20]) == 0
    assert checksum(pseudo + packet[20:]) == 0


@given(st.binary(max_size=60))
def test_noise_goes_nowhere_and_breaks_nothing(noise: bytes) -> None:
    """Fragments, other protocols, anything."""
    nat = Nat(INNER, OUTER, NatSettings())
    nat.outwards(noise, 0.0)
    assert nat.inwards(noise, 0.0) is None


def test_others_know_a_host_by_its_outer_address_only() -> None:
    """Both ways through the fabric, and not around the NAT."""
    net = Fabric(seed=1)
    net.add_host("here", INNER)
    net.add_host("there", SERVER)
    net.set_nat("here", Nat(INNER, OUTER, NatSettings()))
    net.receive("here", udp_packet((INNER, 5000), (SERVER, 443), b"out"), 0.0)
    (seen,) = net.due(0.0)
    came = read(seen.data)
    assert (came.source, came.payload) == (OUTER, b"out")
    for address in (OUTER, INNER):
        net.receive("there", udp_packet((SERVER, 443), (address, came.source_port), b"in"), 0.0)
    (seen,) = net.due(0.0)
    assert read(seen.data).destination == INNER
    assert net.homeless_packets == 1
