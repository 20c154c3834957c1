"""P17 `throttle-relay`: known relays at 16 kbit/s."""

from typing import Final

from hamseda_lab.brief import Prefixes
from hamseda_lab.profile import PASS, About, Crossing, Profile, Verdict, drop
from hamseda_lab.state import Memory, Policer

RATE_KBIT: Final = 16.0
BUCKET: Final = 8_000
_IDLE: Final = 3600.0


class ThrottleRelay(Profile):
    """Police a prefix."""

    about = About(
        id="P17",
        name="throttle-relay",
        rule="relay prefix policed to 16 kbit/s each way, bucket 8 KB",
        source="field reports from Iran and Russia",
        as_of="2025",
        confidence="F",
        choices="a bucket for each client and direction; whole IP packets are counted",
    )

    def prepare(self) -> None:
        """Have full buckets."""
        self._relays = Prefixes(self.brief.relays)
        self._policers: Memory[tuple[str, bool], Policer] = Memory(
            _IDLE, lambda: Policer(RATE_KBIT, BUCKET)
        )

    def judge(self, seen: Crossing) -> Verdict:
        """Drop what is above the rate."""
        if seen.server not in self._relays:
            return PASS
        policer = self._policers.of((seen.client, seen.is_outbound), seen.at)
        return PASS if policer.lets_pass(seen.segment.size, seen.at) else drop("above 16 kbit/s")


PROFILE = ThrottleRelay
