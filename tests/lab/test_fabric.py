"""The way of a packet from host to host, without a clock or a device."""

import ipaddress

from hypothesis import given
from hypothesis import strategies as st

from hamseda_lab.fabric import DOWN, UP, Fabric
from hamseda_lab.link import LinkSettings
from hamseda_lab.packet import Packet
from hamseda_lab.verdict import DROP, PASS, Verdict

HERE, THERE, NOWHERE = "10.77.1.2", "10.77.2.2", "10.77.9.9"


def packet(source: str, destination: str, size: int = 100) -> bytes:
    """Give an IPv4 packet with nothing in it."""
    ends = ipaddress.IPv4Address(source).packed + ipaddress.IPv4Address(destination).packed
    return bytes([0x45]) + bytes(11) + ends + bytes(size - 20)


def fabric() -> Fabric:
    """Give two hosts with perfect links."""
    made = Fabric(seed=1)
    made.add_host("here", HERE)
    made.add_host("there", THERE)
    return made


def test_a_packet_comes_to_the_host_with_its_address() -> None:
    """This is what a network is for."""
    net = fabric()
    sent = packet(HERE, THERE)
    net.receive("here", sent, 1.0)
    (seen,) = net.due(1.0)
    assert (seen.host, seen.direction, seen.at, seen.data) == ("there", DOWN, 1.0, sent)
    assert net.next_deadline() is None


def test_the_delays_of_both_links_add_up_whenever_the_clock_is_looked_at() -> None:
    """A process that wakes up late must not make the network slower than it is."""
    net = fabric()
    net.link("here", UP).change(LinkSettings(delay_ms=30))
    net.link("there", DOWN).change(LinkSettings(delay_ms=20))
    net.receive("here", packet(HERE, THERE), 0.0)
    assert net.next_deadline() == 0.03
    assert net.due(0.045) == []
    assert [round(seen.at, 6) for seen in net.due(9.0)] == [0.05]


def test_packets_come_in_the_order_of_their_arrival() -> None:
    """Late ones of one host must not overtake early ones of another."""
    net = fabric()
    net.link("here", UP).change(LinkSettings(delay_ms=30))
    net.receive("here", packet(HERE, THERE, 40), 0.0)
    net.receive("there", packet(THERE, THERE, 50), 0.01)
    assert [len(seen.data) for seen in net.due(1.0)] == [50, 40]


def test_what_has_no_home_is_counted_and_goes_nowhere() -> None:
    """A forgotten route would otherwise look like a censor."""
    net = fabric()
    net.receive("here", packet(HERE, NOWHERE), 0.0)
    net.receive("here", packet(NOWHERE, THERE), 0.0)
    assert net.due(1.0) == []
    assert net.homeless_packets == 2


def test_a_host_that_moved_is_found_at_its_new_address_only() -> None:
    """Wi-Fi to mobile: what was on the way to the old address is lost."""
    net = fabric()
    net.link("here", UP).change(LinkSettings(delay_ms=30))
    net.receive("here", packet(HERE, THERE), 0.0)
    net.set_address("there", NOWHERE)
    assert net.due(1.0) == []
    net.receive("here", packet(HERE, NOWHERE), 2.0)
    assert [seen.host for seen in net.due(3.0)] == ["there"]


def test_a_verdict_drops_delays_and_injects() -> None:
    """These three are all that a censor does to a packet."""
    net = fabric()
    said: list[tuple[str, str]] = []
    verdicts = [DROP, Verdict(delay=0.5), Verdict(passes=False, injected=[packet(THERE, HERE, 40)])]

    def judge(seen: Packet, _now: float) -> Verdict:
        said.append((seen.source, seen.destination))
        return verdicts.pop(0)

    net.judge = judge
    for at in (0.0, 1.0, 2.0):
        net.receive("here", packet(HERE, THERE), at)
    net.judge, found = judge, net.due(9.0)
    assert [(seen.host, seen.at, len(seen.data)) for seen in found] == [
        ("there", 1.5, 100),
        ("here", 2.0, 40),
    ]
    assert said == [("here", "there")] * 3
    assert PASS.passes


@given(st.binary(max_size=60))
def test_whatever_a_host_sends_the_network_goes_on(noise: bytes) -> None:
    """A middlebox that dies of a packet takes every measurement with it."""
    net = fabric()
    net.receive("here", noise, 0.0)
    net.due(1.0)
