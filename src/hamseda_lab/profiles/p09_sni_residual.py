"""P09 `sni-residual`: a listed name is reset, and for a while everything else to that port."""

from typing import Final

from hamseda_lab.brief import is_listed
from hamseda_lab.hellos import Hellos
from hamseda_lab.injection import resets
from hamseda_lab.parsers.ip import ACK, SYN
from hamseda_lab.profile import PASS, About, Crossing, Profile, Service, Verdict, inject
from hamseda_lab.state import Blocks

BLOCKED: Final = 90.0
SHARE: Final = 0.75
RESETS: Final = 3


class SniResidual(Profile):
    """Reset connections to listed names, and most that follow."""

    about = About(
        id="P09",
        name="sni-residual",
        rule="listed SNI, any port → 3 RST to both;"
        " then 75 % of new connections of (client, server, port) reset for 90 s",
        source="Rambert et al., Chinese Wall or Swiss Cheese?, WWW 2021",
        as_of="2021",
        confidence="V",
        choices="the packet that matches passes; a new connection is reset at its SYN;"
        " a reset in the 90 s does not begin them anew",
    )

    def prepare(self) -> None:
        """Block nothing."""
        self._hellos = Hellos()
        self._blocks: Blocks[Service] = Blocks(self.seconds(BLOCKED))

    def server_name(self, seen: Crossing) -> str | None:
        """Give the name that this packet completes the telling of."""
        hello = self._hellos.client_hello(seen)
        return None if hello is None else hello.server_name

    def judge(self, seen: Crossing) -> Verdict:
        """Reset what tells a listed name, and most of what follows."""
        name = self.server_name(seen)
        tcp, service = seen.tcp, seen.flow.service
        if is_listed(name, self.brief.listed_names):
            self._blocks.add(service, seen.at)
            return inject(resets(seen.segment, count=RESETS), "listed SNI")
        is_new = tcp is not None and seen.is_outbound and tcp.has(SYN) and not tcp.has(ACK)
        if is_new and self._blocks.holds(service, seen.at) and self.dice.random() < SHARE:
            return inject(resets(seen.segment, count=RESETS), "new connection after a listed SNI")
        return PASS


PROFILE = SniResidual
