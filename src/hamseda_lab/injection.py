"""Write what a censor sends in the name of the two ends of a connection."""

from typing import Final

from hamseda_lab.parsers.ip import ACK, FIN, PSH, RST, SYN, Segment, tcp_packet, udp_packet

_RST_STEPS: Final = (0, 1460, 4380)
"""How far resets are apart, so that one is right though data overtook the first."""


def resets(seen: Segment, *, count: int = 1) -> list[bytes]:
    """Write RST+ACK to both ends of the connection of a packet, `count` to each."""
    tcp = seen.tcp
    if tcp is None:
        return []
    here = seen.source, seen.source_port
    there = seen.destination, seen.destination_port
    behind = _behind(seen)
    written: list[bytes] = []
    for step in _RST_STEPS[:count]:
        back, on = tcp.acknowledged + step, behind + step
        flags = RST | ACK
        written.append(tcp_packet(there, here, sequence=back, acknowledged=behind, flags=flags))
        written.append(
            tcp_packet(here, there, sequence=on, acknowledged=tcp.acknowledged, flags=flags)
        )
    return written


def page_and_end(seen: Segment, page: bytes) -> bytes:
    """Answer the sender of a TCP packet in the other end's name, and close the connection."""
    tcp = seen.tcp
    return tcp_packet(
        (seen.destination, seen.destination_port),
        (seen.source, seen.source_port),
        sequence=tcp.acknowledged if tcp else 0,
        acknowledged=_behind(seen),
        flags=PSH | ACK | FIN,
        payload=page,
    )


def datagram_back(seen: Segment, payload: bytes) -> bytes:
    """Answer the sender of a datagram in the other end's name."""
    here = seen.source, seen.source_port
    return udp_packet((seen.destination, seen.destination_port), here, payload)


def _behind(seen: Segment) -> int:
    """Give the sequence number behind a TCP packet."""
    tcp = seen.tcp
    if tcp is None:
        return 0
    return tcp.sequence + len(seen.payload) + tcp.has(SYN) + tcp.has(FIN)
