"""P20 `proxy-only`: the only way out is the firm's HTTP proxy."""

from hamseda_lab.parsers.ip import TCP
from hamseda_lab.profile import PASS, About, Crossing, Profile, Verdict, drop


class ProxyOnly(Profile):
    """Drop everything that does not go to the proxy."""

    about = About(
        id="P20",
        name="proxy-only",
        rule="all egress dropped except TCP to an HTTP proxy that allows CONNECT to 443",
        source="firms and campuses",
        as_of="2026",
        confidence="D",
        choices="what the proxy does is a matter of the proxy; its own traffic passes;"
        " names of hosts are asked of nobody; machines are told of the proxy by https_proxy",
    )

    tells_of_proxy = True

    def judge(self, seen: Crossing) -> Verdict:
        """Drop all but what goes to the proxy or comes from it."""
        is_proxy = seen.flow.protocol == TCP and (seen.server, seen.server_port) == self.brief.proxy
        return PASS if is_proxy else drop("not to the proxy")


PROFILE = ProxyOnly
