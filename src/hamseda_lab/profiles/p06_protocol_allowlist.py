"""P06 `protocol-allowlist`: on three ports, only DNS, HTTP and TLS."""

from typing import Final

from hamseda_lab.parsers.http import METHODS
from hamseda_lab.parsers.ip import SYN
from hamseda_lab.profile import PASS, About, Crossing, Flow, Profile, Verdict, drop
from hamseda_lab.state import Blocks, Memory

PORTS: Final = frozenset((53, 80, 443))
BLOCKED: Final = 60.0
_IDLE: Final = 300.0
_DNS_HEADER: Final = 14
"""A length of two bytes, and the header of RFC 1035."""


class _Opening:
    is_from_its_syn = False
    packets = 0
    said = b""


class ProtocolAllowlist(Profile):
    """Cut connections that open with another protocol."""

    about = About(
        id="P06",
        name="protocol-allowlist",
        rule="TCP to 53, 80, 443: the first two data packets of the client must look like DNS,"
        " HTTP or TLS, on any of the three ports; else the client's packets after the first are"
        " dropped for 60 s, timer re-armed; other ports free; no reassembly, no checksums",
        source="Bock et al., Detecting and Evading Censorship-in-Depth, FOCI 2020 §4",
        as_of="2020-02",
        confidence="V",
        choices="the two packets are judged together, as they came; of a connection that was there"
        " before the rule nothing is known; the block is of the flow; what looks like DNS over"
        " TCP is a right length and a query with one question",
    )

    def prepare(self) -> None:
        """Block nothing."""
        self._openings: Memory[Flow, _Opening] = Memory(_IDLE, _Opening)
        self._blocks: Blocks[Flow] = Blocks(self.seconds(BLOCKED))

    def judge(self, seen: Crossing) -> Verdict:
        """Look at the first two data packets, and drop what comes after wrong ones."""
        if seen.tcp is None or not seen.is_outbound or seen.server_port not in PORTS:
            return PASS
        if seen.tcp.has(SYN):
            self._openings.forget(seen.flow)
            self._openings.of(seen.flow, seen.at).is_from_its_syn = True
            return PASS
        if self._blocks.holds(seen.flow, seen.at):
            self._blocks.add(seen.flow, seen.at)
            return drop("blocked because of another protocol")
        if not seen.payload:
            return PASS
        opening = self._openings.of(seen.flow, seen.at)
        opening.packets += 1
        if opening.packets <= 2:
            opening.said += seen.payload
        is_judged = opening.packets == 2 and opening.is_from_its_syn
        if not is_judged or _is_allowed(opening.said):
            return PASS
        self._blocks.add(seen.flow, seen.at)
        return drop("two data packets that are neither DNS, HTTP nor TLS")


def _is_allowed(said: bytes) -> bool:
    is_tls = len(said) >= 5 and said[0] == 0x16 and said[1] == 3 and said[2] <= 4
    is_http = len(said) >= 8 and said.startswith(METHODS)
    return is_tls or is_http or _is_dns(said)


def _is_dns(said: bytes) -> bool:
    if len(said) < _DNS_HEADER:
        return False
    is_query, has_one = not said[4] & 0x80, said[6:8] == b"\0\1"
    return len(said) >= 2 + int.from_bytes(said[:2], "big") and is_query and has_one


PROFILE = ProtocolAllowlist
