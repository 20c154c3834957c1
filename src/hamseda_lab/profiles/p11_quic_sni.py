"""P11 `quic-sni`: QUIC to listed names is cut, and for a while all UDP to that port."""

from typing import Final

from hamseda_lab.brief import is_listed
from hamseda_lab.parsers.quic import parse_initial_untrusted
from hamseda_lab.profile import PASS, About, Crossing, Flow, Profile, Service, Verdict, drop
from hamseda_lab.state import Blocks, Memory

BLOCKED: Final = 180.0
REMEMBERED: Final = 60.0


class _Seen:
    packets = 0


class QuicSni(Profile):
    """Block servers after a QUIC Initial for a listed name."""

    about = About(
        id="P11",
        name="quic-sni",
        rule="the first datagram of a 4-tuple (60 s memory) is a QUIC v1 Initial whose decrypted"
        " SNI is listed, source port ≥ destination port → 180 s drop client → server on the"
        " (client, server IP, port)",
        source="Zohaib et al., Exposing and Circumventing SNI-based QUIC Censorship of the Great"
        " Firewall of China, USENIX Security 2025",
        as_of="2025",
        confidence="V",
        choices="the first datagram itself passes; names over several datagrams are not read",
    )

    def prepare(self) -> None:
        """Block nothing."""
        self._flows: Memory[Flow, _Seen] = Memory(self.seconds(REMEMBERED), _Seen)
        self._blocks: Blocks[Service] = Blocks(self.seconds(BLOCKED))

    def judge(self, seen: Crossing) -> Verdict:
        """Look at the first datagram of each flow."""
        if not seen.is_udp:
            return PASS
        flow = self._flows.of(seen.flow, seen.at)
        flow.packets += 1
        if not seen.is_outbound:
            return PASS
        service = seen.flow.service
        if self._blocks.holds(service, seen.at):
            return drop("blocked because of a listed SNI in QUIC")
        if flow.packets == 1 and seen.flow.client_port >= seen.server_port:
            hello = parse_initial_untrusted(seen.payload)
            if hello is not None and is_listed(hello.server_name, self.brief.listed_names):
                self._blocks.add(service, seen.at)
        return PASS


PROFILE = QuicSni
