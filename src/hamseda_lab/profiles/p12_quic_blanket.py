"""P12 `quic-blanket`: no QUIC at all on its usual port."""

from typing import Final

from hamseda_lab.profile import PASS, About, Crossing, Flow, Profile, Verdict, drop
from hamseda_lab.state import Blocks

BLOCKED: Final = 420.0
SMALLEST: Final = 1001
_VERSION: Final = bytes.fromhex("00000001")


class QuicBlanket(Profile):
    """Cut QUIC version 1, whoever it is for."""

    about = About(
        id="P12",
        name="quic-blanket",
        rule="UDP to port 443 from another, at least 1001 B, bytes 1-4 = 00000001"
        " → flow dropped 420 s",
        source="Russia, March 2022",
        as_of="2022-03",
        confidence="V",
        choices="the size is that of the payload; both ways, beginning with the packet that"
        " matches",
    )

    def prepare(self) -> None:
        """Block nothing."""
        self._blocks: Blocks[Flow] = Blocks(self.seconds(BLOCKED))

    def judge(self, seen: Crossing) -> Verdict:
        """Drop what is blocked, and block what looks like the first packet of QUIC."""
        if not seen.is_udp:
            return PASS
        if self._blocks.holds(seen.flow, seen.at):
            return drop("blocked because of QUIC")
        is_there = seen.is_outbound and seen.server_port == 443 and seen.flow.client_port != 443
        if is_there and len(seen.payload) >= SMALLEST and seen.payload[1:5] == _VERSION:
            self._blocks.add(seen.flow, seen.at)
            return drop("QUIC version 1")
        return PASS


PROFILE = QuicBlanket
