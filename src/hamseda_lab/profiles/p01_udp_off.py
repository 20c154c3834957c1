"""P01 `udp-off`: no UDP but questions to the operator's resolver."""

from hamseda_lab.profile import PASS, About, Crossing, Profile, Verdict, drop


class UdpOff(Profile):
    """Drop UDP."""

    about = About(
        id="P01",
        name="udp-off",
        rule="every UDP packet but port 53 of the operator's resolver → dropped",
        source="Iran 2025; hotels and firms",
        as_of="2025",
        confidence="V",
    )

    def judge(self, seen: Crossing) -> Verdict:
        """Drop all UDP but that of the resolver."""
        is_dns = seen.server == self.brief.resolver and seen.server_port == 53
        return drop("UDP") if seen.segment.protocol == 17 and not is_dns else PASS


PROFILE = UdpOff
