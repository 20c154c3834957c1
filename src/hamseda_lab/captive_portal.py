"""A network that wants people to log in first: a profile (see `hamseda_lab.profile`).

It stands in no list: it is no censor's, and nothing gets through before somebody logs in.
"""

from hamseda_lab.injection import datagram_back
from hamseda_lab.parsers.dns import A, answer, parse_question_untrusted
from hamseda_lab.profile import PASS, About, Crossing, Profile, Verdict, drop, inject


class CaptivePortal(Profile):
    """Lead every name to the portal, which listens at the resolver's address."""

    about = About(
        id="W01",
        name="captive-portal",
        rule="UDP/53 → A of the portal, whatever was asked; all but the portal dropped",
        source="hotels and trains",
        as_of="2026",
        confidence="D",
    )

    def judge(self, seen: Crossing) -> Verdict:
        """Answer for everybody."""
        if seen.server == self.brief.resolver and not seen.is_udp:
            return PASS
        if not (seen.is_udp and seen.is_outbound and seen.server_port == 53):
            return drop("nobody has logged in")
        asked = parse_question_untrusted(seen.payload)
        if asked is None or asked.kind != A:
            return drop("nobody has logged in")
        false = datagram_back(seen.segment, answer(asked, self.brief.resolver))
        return inject([false], "every name is the portal's", passes=False)


PROFILE = CaptivePortal
