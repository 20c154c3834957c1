"""Profiles on recordings of ordinary software, which they never saw (tests/data/flows/README.md).

What each must touch is worked out here a second time, from the packets of the whole recording.
"""

import contextlib
import struct
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hamseda.errors import WireError
from hamseda_lab.brief import Brief
from hamseda_lab.censor import Censor
from hamseda_lab.parsers.ip import SYN, Segment, parse_segment_untrusted
from hamseda_lab.pcap import Capture, read_capture_untrusted
from hamseda_lab.replay import replay
from tests.lab.traffic import PROFILES

FLOWS = Path(__file__).parent.parent / "data" / "flows"
RECORDINGS = {
    path.stem: read_capture_untrusted(path.read_bytes()) for path in sorted(FLOWS.glob("*.pcap"))
}
CLIENT, CALLEE, RESOLVER, HOME = "10.77.1.2", "10.77.2.2", "10.77.3.2", "10.77.4.2"
BRIEF = Brief(
    inside=(CLIENT,),
    resolver=RESOLVER,
    proxy=("10.77.7.2", 3128),
    listed_names=frozenset({"home.example"}),
    hosting=("10.77.4.0/24",),
    relays=("10.77.4.0/24",),
    peers=("10.77.2.0/24",),
    signalling_ports=frozenset({443}),
    domestic=("10.77.3.0/24",),
)
ASKS = b"\4home\7example\0\0\1\0\1"
COOKIE = bytes.fromhex("2112a442")

Touched = frozenset[int]
Flow = tuple[int, str, int, str, int]


@cache
def segments(recording: str) -> list[Segment]:
    """Read the packets of a recording."""
    read = [parse_segment_untrusted(packet) for _, packet in RECORDINGS[recording]]
    return [each for each in read if each is not None]


def flow_of(each: Segment) -> Flow:
    """Name the flow of a packet, from its client's side."""
    here, there = (each.source, each.source_port), (each.destination, each.destination_port)
    return (each.protocol, *(here + there if each.source == CLIENT else there + here))


def flows(every: Sequence[Segment]) -> Mapping[Flow, list[int]]:
    """Give the numbers of the packets of each flow."""
    found: dict[Flow, list[int]] = defaultdict(list)
    for number, each in enumerate(every):
        found[flow_of(each)].append(number)
    return found


@cache
def touched(profile: str, recording: str, *, seed: int = 1) -> Touched:
    """Let a recording cross the border of a profile."""
    return _touched(profile, RECORDINGS[recording], seed)


def touched_of(profile: str, recording: str, packets: Sequence[bytes]) -> Touched:
    """Let an altered recording cross it."""
    times = [at for at, _ in RECORDINGS[recording]]
    return _touched(profile, list(zip(times, packets, strict=True)), 1)


def _touched(profile: str, packets: Sequence[tuple[float, bytes]], seed: int) -> Touched:
    replayed = replay(PROFILES[profile], BRIEF, packets, seed=seed)
    return frozenset(number for number, each in enumerate(replayed) if each.touch is not None)


def all_that(holds: Callable[[Segment], bool]) -> Callable[[Sequence[Segment]], Touched]:
    """Give a rule that looks at one packet."""
    return lambda every: frozenset(n for n, each in enumerate(every) if holds(each))


def server(each: Segment) -> tuple[str, int]:
    """Give the address and port of the side abroad."""
    flow = flow_of(each)
    return flow[3], flow[4]


def with_stun(every: Sequence[Segment]) -> Touched:
    """P02: UDP flows from the packet with the cookie on, if it is among the first three."""
    found: set[int] = set()
    for flow, numbers in flows(every).items():
        cookies = [n for n in numbers[:3] if every[n].payload[4:8] == COOKIE]
        if flow[0] == 17 and cookies:
            found |= {n for n in numbers if n >= cookies[0]}
    return frozenset(found)


def other_protocols(every: Sequence[Segment]) -> Touched:
    """P06: what the client sends behind the first data packet, where that is nothing known."""
    found: set[int] = set()
    for flow, numbers in flows(every).items():
        data = [n for n in numbers if every[n].source == CLIENT and every[n].payload]
        if flow[0] != 6 or flow[4] not in (53, 80, 443) or len(data) < 2:
            continue
        said = every[data[0]].payload
        if not said.startswith((b"\x16\3", b"GET ")):
            found |= {n for n in numbers if n >= data[1] and every[n].source == CLIENT}
    return frozenset(found)


def beyond_25(every: Sequence[Segment]) -> Touched:
    """P14: what follows the first 25 packets of each flow to the hosting prefix."""
    return frozenset(
        n
        for flow, numbers in flows(every).items()
        if flow[3] == HOME and flow[0] in (6, 17)
        for n in numbers[25:]
    )


def quic_flows(every: Sequence[Segment]) -> Touched:
    """P12: flows to port 443 that begin with a long datagram of version 1."""
    return frozenset(
        n
        for flow, numbers in flows(every).items()
        if flow[0] == 17 and flow[4] == 443 and every[numbers[0]].payload[1:5] == b"\0\0\0\1"
        for n in numbers
    )


NOTHING = all_that(lambda _: False)

EXACTLY: Mapping[str, Callable[[Sequence[Segment]], Touched]] = {
    "P00": NOTHING,
    "P01": all_that(lambda each: each.protocol == 17 and server(each) != (RESOLVER, 53)),
    "P02": with_stun,
    "P04": all_that(
        lambda each: (
            server(each)[0] in (HOME, CALLEE)
            and (each.protocol == 17 or (each.protocol == 6 and server(each)[1] != 443))
        )
    ),
    "P06": other_protocols,
    "P07": all_that(
        lambda each: each.protocol == 17 and each.source == CLIENT and ASKS in each.payload
    ),
    # Chromium puts its name into the second datagram, of which this censor knows nothing.
    "P11": NOTHING,
    "P12": quic_flows,
    "P14": beyond_25,
    # Nothing here opens more than four connections.
    "P15": NOTHING,
    # Chromium's ServerHello is another one, and its ClientHello spans datagrams.
    "P16": NOTHING,
    "P20": all_that(lambda _: True),
    "P21": all_that(
        lambda each: (
            server(each)[0] != RESOLVER and not (each.tcp is not None and each.tcp.has(SYN))
        )
    ),
    # There is no call of ours in it.
    "P22": NOTHING,
}


@pytest.mark.parametrize("recording", RECORDINGS)
@pytest.mark.parametrize("profile", EXACTLY)
def test_a_profile_touches_what_its_rule_says_and_nothing_else(
    profile: str, recording: str
) -> None:
    """A profile that touches more is a worse network than any that was reported."""
    assert touched(profile, recording) == EXACTLY[profile](segments(recording))


@pytest.mark.parametrize(
    ("profile", "recordings"),
    [
        ("P01", {"webrtc", "noise", "quic", "mumble"}),
        ("P02", {"webrtc"}),
        ("P03", {"webrtc"}),
        ("P05", {"webrtc"}),
        ("P06", {"noise"}),
        ("P07", {"browsing", "http", "dns", "quic", "webrtc", "mumble"}),
        ("P08", {"browsing", "http", "webrtc", "mumble"}),
        ("P09", {"browsing", "webrtc", "mumble"}),
        ("P10", {"noise"}),
        ("P12", {"quic"}),
        ("P13", {"browsing", "webrtc", "mumble"}),
        ("P14", {"browsing", "webrtc", "mumble"}),
        ("P17", {"browsing", "http", "webrtc", "mumble"}),
        ("P18", {"webrtc", "mumble"}),
        ("P23", {"browsing", "webrtc", "mumble"}),
    ],
)
def test_a_profile_bites_where_it_should(profile: str, recordings: set[str]) -> None:
    """One that touches nothing anywhere would make every system look good."""
    # Chance is a part of some rules.
    seeds = range(1, 12) if profile == "P10" else (1,)
    bitten = {
        recording
        for recording in RECORDINGS
        if any(touched(profile, recording, seed=seed) for seed in seeds)
    }
    assert bitten == recordings & set(RECORDINGS)


@pytest.mark.parametrize("recording", RECORDINGS)
def test_what_a_name_costs_is_paid_by_flows_that_tell_it(recording: str) -> None:
    """Other connections to the same server go on."""
    every = segments(recording)
    telling = {
        flow
        for flow, numbers in flows(every).items()
        if flow[0] == 6 and b"home.example" in b"".join(every[n].payload for n in numbers[:8])
    }
    for profile in ("P08", "P13"):
        assert {flow_of(every[n]) for n in touched(profile, recording)} <= telling


def test_p03_spoils_what_p02_cuts_in_one_direction() -> None:
    """Two of five packets of the client."""
    every = segments("webrtc")
    out = {n for n in with_stun(every) if every[n].source == CLIENT}
    spoilt = touched("P03", "webrtc")
    assert spoilt <= out
    assert 0.25 < len(spoilt) / len(out) < 0.55


def test_p05_blocks_the_servers_of_a_call_and_no_other() -> None:
    """The resolver, and TLS, go on."""
    every = segments("webrtc")
    servers = {server(every[n]) for n in touched("P05", "webrtc")}
    assert (HOME, 3478) in servers
    assert (CALLEE, server(every[max(with_stun(every))])[1]) in servers
    assert (HOME, 443) not in servers
    assert (RESOLVER, 53) not in servers


def test_p06_knows_nothing_of_connections_from_before_it() -> None:
    """A kept-alive connection of a browser says nothing of its protocol in its middle."""
    packets = [packet for _, packet in RECORDINGS["noise"]]
    middle = [b"" if _opens(packet) else packet for packet in packets]
    assert touched("P06", "noise")
    assert touched_of("P06", "noise", middle) == set()


def _opens(packet: bytes) -> bool:
    segment = parse_segment_untrusted(packet)
    return segment is not None and segment.tcp is not None and segment.tcp.has(SYN)


def test_p10_cuts_about_a_quarter_of_random_openings() -> None:
    """And TLS, HTTP and SSH never."""
    cut = sum(bool(touched("P10", "noise", seed=seed)) for seed in range(60))
    # Two openings in a recording: 1 - (1 - 0.263)² = 46 %.
    assert 15 < cut < 40


@pytest.mark.parametrize(
    ("recording", "servers"),
    [("browsing", {(6, HOME, 443)}), ("dns", set[object]()), ("noise", set[object]())],
)
def test_p19_visits_what_is_talked_to_for_more_than_five_seconds(
    recording: str, servers: set[object]
) -> None:
    """A page that stays open is enough."""
    censor = Censor(PROFILES["P19"], BRIEF, 1, lambda _: None)
    for at, packet in RECORDINGS[recording]:
        censor.judge_bytes(packet, at)
    wanted = {(each.protocol, each.server, each.server_port) for each in censor.wanted_visits()}
    assert wanted == servers


# What a rule does not name, a profile must not know.

PORTLESS = ("P02", "P03", "P05", "P08", "P09", "P10", "P13", "P14", "P15", "P16", "P17", "P18")
NAMELESS = ("P01", "P02", "P03", "P04", "P05", "P06", "P10", "P12", "P14", "P16", "P17", "P18")


def with_other_ports(packets: Iterable[bytes]) -> list[bytes]:
    """Move every server to another port, and every client as well."""
    moved: list[bytes] = []
    for packet in packets:
        read = parse_segment_untrusted(packet)
        if read is None or not read.source_port:
            moved.append(packet)
            continue
        header = (packet[0] & 15) * 4
        ports = (port ^ 0x2A51 for port in (read.source_port, read.destination_port))
        moved.append(packet[:header] + struct.pack("!HH", *ports) + packet[header + 4 :])
    return moved


@pytest.mark.parametrize("recording", RECORDINGS)
@pytest.mark.parametrize("profile", PORTLESS)
def test_ports_mean_nothing_where_the_rule_names_none(profile: str, recording: str) -> None:
    """A profile that knew our port would test our port."""
    packets = with_other_ports(packet for _, packet in RECORDINGS[recording])
    assert touched_of(profile, recording, packets) == touched(profile, recording)


@pytest.mark.parametrize("recording", RECORDINGS)
@pytest.mark.parametrize("profile", NAMELESS)
def test_names_mean_nothing_where_the_rule_names_none(profile: str, recording: str) -> None:
    """A profile that knew our name would test our name."""
    packets = [packet.replace(b"home", b"dome") for _, packet in RECORDINGS[recording]]
    assert touched_of(profile, recording, packets) == touched(profile, recording)


@pytest.mark.parametrize("recording", RECORDINGS)
def test_an_unlisted_name_costs_nothing(recording: str) -> None:
    """The same bytes with one letter changed."""
    packets = [packet.replace(b"home", b"dome") for _, packet in RECORDINGS[recording]]
    for profile in ("P07", "P08", "P09", "P11", "P13", "P23"):
        assert touched_of(profile, recording, packets) == set()


# Captures


def test_a_capture_is_read_as_it_was_written(tmp_path: Path) -> None:
    """These tests stand on it."""
    capture = Capture(tmp_path / "a.pcap")
    capture.write(b"first", 1.25)
    capture.write(b"", 2.5)
    capture.close()
    assert read_capture_untrusted((tmp_path / "a.pcap").read_bytes()) == [
        (1.25, b"first"),
        (2.5, b""),
    ]


@given(st.binary(max_size=60), st.booleans())
def test_noise_is_no_capture(noise: bytes, has_head: bool) -> None:
    """Somebody will give the lab a file of another program."""
    head = (FLOWS / "dns.pcap").read_bytes()[:24]
    with contextlib.suppress(WireError):
        read_capture_untrusted(head + noise if has_head else noise)
