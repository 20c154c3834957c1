"""Look at what a client sent, as somebody would who looks for people with something to hide.

A client that tries everything at once on a network that blocks tells more of its user than the call
that it wants to place. So the lab reads a capture and says what an ordinary visit of a web site
would not have in it.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from hamseda_lab.parsers.dns import parse_question_untrusted
from hamseda_lab.parsers.ip import FIN, RST, SYN, TCP, UDP, Segment, parse_segment_untrusted
from hamseda_lab.parsers.stun import is_stun_untrusted
from hamseda_lab.resolver import PORT as DNS

MOST_AT_ONCE: Final = 2
"""Connections to one prefix, as a browser opens to a site."""
MOST_HELLOS: Final = 3
HELLOS_WITHIN: Final = 10.0
_HANDSHAKE: Final = b"\x16\x03"
_SYN_LASTS: Final = 1.0
"""Seconds until a SYN without answer is sent again: so long it is known to be wanted."""

Packets = Iterable[tuple[float, bytes]]


@dataclass(slots=True)
class _Connection:
    """Be what was seen of one connection: from its SYN until it was closed, or heard of last."""

    prefix: str
    began: float
    last: float
    hello_at: float | None = None
    is_closed: bool = False


def what_stands_out(
    packets: Packets, client: str, *, resolver: str, visited: Collection[str]
) -> list[str]:
    """Say what a client sent that it should not have; nothing where nothing stands out.

    `visited` are the names that its user wants to reach.
    """
    said: list[str] = []
    connections: list[_Connection] = []
    known: dict[tuple[int, str, int], _Connection] = {}
    for at, data in packets:
        segment = parse_segment_untrusted(data)
        if segment is None or segment.source != client:
            continue
        if segment.protocol == TCP:
            _follow(segment, at, connections, known)
        else:
            said.extend(_datagram(segment, resolver, visited))
    return sorted({*said, *_at_once(connections), *_hellos(connections)})


def _datagram(segment: Segment, resolver: str, visited: Collection[str]) -> Iterable[str]:
    """Judge what is no TCP: only questions for names that are visited are nothing special."""
    if segment.protocol != UDP:
        yield f"IP protocol {segment.protocol}"
        return
    server = f"{segment.destination}:{segment.destination_port}"
    if is_stun_untrusted(segment.payload):
        yield f"STUN to {server}"
    if (segment.destination, segment.destination_port) != (resolver, DNS):
        yield f"UDP to {server}"
        return
    question = parse_question_untrusted(segment.payload)
    if question is None:
        yield "something that is no question to the resolver"
    elif question.name not in visited:
        yield f"a question for {question.name}"


def _follow(
    segment: Segment,
    at: float,
    connections: list[_Connection],
    known: dict[tuple[int, str, int], _Connection],
) -> None:
    tcp = segment.tcp
    if tcp is None:
        return
    key = segment.source_port, segment.destination, segment.destination_port
    connection = known.get(key)
    if connection is None or (tcp.has(SYN) and connection.is_closed):
        prefix = segment.destination.rpartition(".")[0]
        connection = known[key] = _Connection(prefix, at, at)
        connections.append(connection)
    if connection.is_closed:
        return
    connection.last = at + (_SYN_LASTS if tcp.has(SYN) else 0.0)
    if connection.hello_at is None and segment.payload.startswith(_HANDSHAKE):
        connection.hello_at = at
    connection.is_closed = tcp.has(FIN) or tcp.has(RST)


def _at_once(connections: Sequence[_Connection]) -> Iterable[str]:
    most: dict[str, int] = defaultdict(int)
    for one in connections:
        same = (each for each in connections if each.prefix == one.prefix)
        at_once = sum(each.began <= one.began < each.last for each in same)
        most[one.prefix] = max(most[one.prefix], at_once)
    for prefix, count in most.items():
        if count > MOST_AT_ONCE:
            yield f"{count} connections at once to {prefix}.0/24"


def _hellos(connections: Sequence[_Connection]) -> Iterable[str]:
    times: dict[str, list[float]] = defaultdict(list)
    for each in connections:
        if each.hello_at is not None:
            times[each.prefix].append(each.hello_at)
    for prefix, every in times.items():
        every.sort()
        for first, beyond in zip(every, every[MOST_HELLOS:], strict=False):
            if beyond - first <= HELLOS_WITHIN:
                within = f"within {HELLOS_WITHIN:.0f} s"
                yield f"more than {MOST_HELLOS} TLS hellos to {prefix}.0/24 {within}"
