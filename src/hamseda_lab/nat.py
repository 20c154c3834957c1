"""Be the box that gives all machines of a house one address, in the words of RFC 4787.

Time is an argument. What it cannot translate (fragments, other protocols than TCP and UDP) is lost.
"""

from dataclasses import dataclass, field
from enum import Enum
from typing import Final

from hamseda_lab.parsers.ip import SYN, TCP, Segment, parse_segment_untrusted, with_other_end


class By(Enum):
    """Say on what of the other side a mapping, or a filter, depends (RFC 4787 §4.1, §5)."""

    NOTHING = "endpoint-independent"
    ADDRESS = "address-dependent"
    ADDRESS_AND_PORT = "address-and-port-dependent"


@dataclass(frozen=True, slots=True, kw_only=True)
class NatSettings:
    """Say how a NAT behaves. The default is the strictest one of §4.1 and §5."""

    lasts: float = 60.0
    """Seconds without a packet from inside after which a mapping is forgotten, also one of TCP."""
    mapping: By = By.ADDRESS_AND_PORT
    filtering: By = By.ADDRESS_AND_PORT


@dataclass(slots=True)
class _Mapping:
    inner_port: int
    used_at: float
    peers: set[tuple[str, int]] = field(default_factory=set[tuple[str, int]])


_FIRST: Final = 20_000
_PORTS: Final = 40_000

_Key = tuple[int, int, str, int]


class Nat:
    """Translate the packets of one machine."""

    def __init__(self, inner: str, outer: str, settings: NatSettings) -> None:
        self.inner: Final = inner
        self.outer: Final = outer
        self._settings = settings
        self._ports: dict[_Key, int] = {}
        self._mappings: dict[tuple[int, int], _Mapping] = {}
        self._made = 0

    def outwards(self, data: bytes, now: float) -> bytes | None:
        """Give what goes out in place of a packet of the machine; None: nothing."""
        segment = parse_segment_untrusted(data)
        if segment is None or not segment.source_port:
            return None
        peer = segment.destination, segment.destination_port
        key = segment.protocol, segment.source_port, *_seen_by(self._settings.mapping, peer)
        port = self._ports.get(key)
        if port is None or self._living(segment.protocol, port, now) is None:
            if _is_amid_a_connection(segment):
                return None
            port = self._ports[key] = _FIRST + self._made % _PORTS
            self._made += 1
            self._mappings[segment.protocol, port] = _Mapping(segment.source_port, now)
        mapping = self._mappings[segment.protocol, port]
        mapping.used_at = now
        mapping.peers.add(peer)
        return with_other_end(data, source=(self.outer, port))

    def inwards(self, data: bytes, now: float) -> bytes | None:
        """Give what comes in, in place of a packet to the outer address; None: nothing."""
        segment = parse_segment_untrusted(data)
        if segment is None or not segment.source_port:
            return None
        mapping = self._living(segment.protocol, segment.destination_port, now)
        if mapping is None:
            return None
        filtering = self._settings.filtering
        sender = _seen_by(filtering, (segment.source, segment.source_port))
        if all(_seen_by(filtering, peer) != sender for peer in mapping.peers):
            return None
        return with_other_end(data, destination=(self.inner, mapping.inner_port))

    def _living(self, protocol: int, port: int, now: float) -> _Mapping | None:
        mapping = self._mappings.get((protocol, port))
        if mapping is None or now - mapping.used_at > self._settings.lasts:
            return None
        return mapping


def _seen_by(by: By, peer: tuple[str, int]) -> tuple[str, int]:
    """Forget what of the other side does not count."""
    if by is By.NOTHING:
        return "", 0
    return (peer[0], 0) if by is By.ADDRESS else peer


def _is_amid_a_connection(segment: Segment) -> bool:
    """Tell what belongs to a connection of which this box knows nothing any more."""
    return segment.protocol == TCP and segment.tcp is not None and not segment.tcp.has(SYN)
