"""P18 `udp-upload`: UDP goes in, and hardly out."""

from typing import Final

from hamseda_lab.profile import PASS, About, Crossing, Profile, Verdict, drop
from hamseda_lab.state import Memory, Policer

RATE_KBIT: Final = 8.0
BUCKET: Final = 3_000
_IDLE: Final = 3600.0


class UdpUpload(Profile):
    """Police UDP on its way out."""

    about = About(
        id="P18",
        name="udp-upload",
        rule="UDP client → server policed to 8 kbit/s; server → client free; TCP free",
        source="field reports from Iran, 2023",
        as_of="2023",
        confidence="F",
        choices="a bucket of 3,000 bytes for each client; whole IP packets are counted",
    )

    def prepare(self) -> None:
        """Have full buckets."""
        self._policers: Memory[str, Policer] = Memory(_IDLE, lambda: Policer(RATE_KBIT, BUCKET))

    def judge(self, seen: Crossing) -> Verdict:
        """Drop what is above the rate."""
        if not (seen.is_udp and seen.is_outbound):
            return PASS
        policer = self._policers.of(seen.client, seen.at)
        return PASS if policer.lets_pass(seen.segment.size, seen.at) else drop("above 8 kbit/s")


PROFILE = UdpUpload
