"""P14 `freeze-at-25`: connections to hosting companies stop after 25 packets."""

from typing import Final

from hamseda_lab.brief import Prefixes, is_listed
from hamseda_lab.hellos import Hellos
from hamseda_lab.parsers.ip import ACK, SYN
from hamseda_lab.parsers.quic import parse_initial_untrusted
from hamseda_lab.profile import PASS, About, Crossing, Flow, Profile, Verdict, drop
from hamseda_lab.state import Memory

PASSING: Final = 25
_IDLE: Final = 300.0


class _Flow:
    packets = 0
    is_allowed = False


class FreezeAt25(Profile):
    """Freeze what does not go to an allowed name."""

    about = About(
        id="P14",
        name="freeze-at-25",
        rule="destination in a listed hosting prefix and SNI not allowed: after 25 packets (both"
        " directions, TCP handshake and ACKs included, UDP alike) the flow freezes, no RST",
        source="measurements from Russia, 2025-26",
        as_of="2026",
        confidence="V",
        choices="no SNI is not an allowed one; a frozen flow thaws after 300 s without a packet",
    )

    def prepare(self) -> None:
        """Know no flow."""
        self._hellos = Hellos()
        self._hosting = Prefixes(self.brief.hosting)
        self._flows: Memory[Flow, _Flow] = Memory(self.seconds(_IDLE), _Flow)

    def judge(self, seen: Crossing) -> Verdict:
        """Count the packets of each flow to a hosting company."""
        if seen.server not in self._hosting or not (seen.is_udp or seen.tcp):
            return PASS
        if seen.tcp is not None and seen.tcp.has(SYN) and not seen.tcp.has(ACK):
            self._flows.forget(seen.flow)
        flow = self._flows.of(seen.flow, seen.at)
        flow.packets += 1
        if flow.packets > PASSING:
            return PASS if flow.is_allowed else drop("more than 25 packets to a hosting prefix")
        if is_listed(self._name(seen), self.brief.allowed_names):
            flow.is_allowed = True
        return PASS

    def _name(self, seen: Crossing) -> str | None:
        hello = self._hellos.client_hello(seen)
        if hello is None and seen.is_udp and seen.is_outbound:
            hello = parse_initial_untrusted(seen.payload)
        return None if hello is None else hello.server_name


PROFILE = FreezeAt25
