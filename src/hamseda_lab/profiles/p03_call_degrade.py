"""P03 `call-degrade`: what begins with STUN loses packets on the way out."""

from typing import Final

from hamseda_lab.profile import PASS, About, Crossing, Profile, Verdict, drop
from hamseda_lab.profiles.p02_stun_signature import IDLE, StunFlows

LOSS: Final = 0.4


class CallDegrade(Profile):
    """Spoil flows that begin with STUN."""

    about = About(
        id="P03",
        name="call-degrade",
        rule="as P02, but 40 % random drop client → server for the flow's life",
        source="field reports from Russia, 2025-26",
        as_of="2026",
        confidence="F",
        choices="as P02; a flow's life ends when it is idle for 60 s",
    )

    def prepare(self) -> None:
        """Know no flow."""
        self._flows = StunFlows(self.seconds(IDLE))

    def judge(self, seen: Crossing) -> Verdict:
        """Drop some of the client's packets of the flows in which STUN was seen early."""
        if not seen.is_udp or not self._flows.is_one(seen) or not seen.is_outbound:
            return PASS
        return drop("STUN early in the flow") if self.dice.random() < LOSS else PASS


PROFILE = CallDegrade
