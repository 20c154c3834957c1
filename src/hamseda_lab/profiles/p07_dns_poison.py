"""P07 `dns-poison`: listed names get a false address before the true one."""

from typing import Final

from hamseda_lab.brief import is_listed
from hamseda_lab.injection import datagram_back
from hamseda_lab.parsers.dns import A, answer, parse_question_untrusted
from hamseda_lab.profile import PASS, About, Crossing, Profile, Verdict, inject

FALSE_ADDRESS: Final = "10.10.34.36"


class DnsPoison(Profile):
    """Answer questions that somebody else was asked."""

    about = About(
        id="P07",
        name="dns-poison",
        rule="UDP/53 for listed names → injected A 10.10.34.36, racing the true answer",
        source="Iran; the address is that of its block pages",
        as_of="2025",
        confidence="V",
        choices="questions for other records than A pass",
    )

    def judge(self, seen: Crossing) -> Verdict:
        """Answer questions for listed names."""
        if not (seen.is_udp and seen.is_outbound and seen.server_port == 53):
            return PASS
        asked = parse_question_untrusted(seen.payload)
        if asked is None or asked.kind != A or not is_listed(asked.name, self.brief.listed_names):
            return PASS
        false = datagram_back(seen.segment, answer(asked, FALSE_ADDRESS))
        return inject([false], "question for a listed name")


PROFILE = DnsPoison
