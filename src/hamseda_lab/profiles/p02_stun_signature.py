"""P02 `stun-signature`: a flow that begins with STUN is cut."""

from typing import Final

from hamseda_lab.parsers.stun import is_stun_untrusted
from hamseda_lab.profile import PASS, About, Crossing, Flow, Profile, Verdict, drop
from hamseda_lab.state import Memory

FIRST: Final = 3
"""Packets of a flow, both ways together, that are looked at."""
IDLE: Final = 60.0
"""Seconds without a packet after which a flow is another one."""


class StunFlows:
    """Find the UDP flows that have STUN among their first packets."""

    class _State:
        packets = 0
        is_stun = False

    def __init__(self, idle: float) -> None:
        self._flows: Memory[Flow, StunFlows._State] = Memory(idle, StunFlows._State)

    def is_one(self, seen: Crossing) -> bool:
        """Tell whether this datagram's flow is one, beginning with the datagram that matches."""
        flow = self._flows.of(seen.flow, seen.at)
        flow.packets += 1
        if flow.packets <= FIRST and is_stun_untrusted(seen.payload):
            flow.is_stun = True
        return flow.is_stun


class StunSignature(Profile):
    """Drop flows that begin with STUN."""

    about = About(
        id="P02",
        name="stun-signature",
        rule="payload of at least 20 bytes, top two bits of byte 0 zero, length a multiple of 4,"
        " bytes 4-7 = 21 12 A4 42, in the first 3 packets of a flow"
        " → flow dropped both ways until 60 s idle",
        source="field reports from Russia, August 2025",
        as_of="2025-08",
        confidence="F",
        choices="the reports are about UDP: STUN in TCP passes; the packet that matches is dropped",
    )

    def prepare(self) -> None:
        """Know no flow."""
        self._flows = StunFlows(self.seconds(IDLE))

    def judge(self, seen: Crossing) -> Verdict:
        """Drop the flows in which STUN was seen early."""
        return drop("STUN early in the flow") if seen.is_udp and self._flows.is_one(seen) else PASS


PROFILE = StunSignature
