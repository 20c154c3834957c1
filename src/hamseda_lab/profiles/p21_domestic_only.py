"""P21 `domestic-only`: the border is closed, and does not say so."""

from hamseda_lab.brief import Prefixes
from hamseda_lab.parsers.ip import SYN
from hamseda_lab.profile import PASS, About, Crossing, Profile, Verdict, drop


class DomesticOnly(Profile):
    """Drop what goes abroad."""

    about = About(
        id="P21",
        name="domestic-only",
        rule="destinations outside the allowed prefixes: SYN and SYN-ACK pass, then nothing;"
        " foreign UDP and DNS dropped",
        source="Iran 2026; mobile networks in Russia 2025",
        as_of="2026",
        confidence="F",
    )

    def prepare(self) -> None:
        """Read the list."""
        self._domestic = Prefixes(self.brief.domestic)

    def judge(self, seen: Crossing) -> Verdict:
        """Let connections abroad open, and nothing more."""
        if seen.server in self._domestic:
            return PASS
        if seen.tcp is not None:
            return PASS if seen.tcp.has(SYN) else drop("foreign TCP behind its SYN")
        return drop("foreign")


PROFILE = DomesticOnly
