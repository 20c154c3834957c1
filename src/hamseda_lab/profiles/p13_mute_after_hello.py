"""P13 `mute-after-hello`: the handshake succeeds, and then there is silence."""

from typing import Final

from hamseda_lab.brief import is_listed
from hamseda_lab.hellos import Hellos
from hamseda_lab.parsers.ip import ACK, SYN
from hamseda_lab.profile import PASS, About, Crossing, Flow, Profile, Verdict, drop
from hamseda_lab.state import Memory

MUTED: Final = 420.0
STILL_PASS: Final = 6
_IDLE: Final = 480.0


class _Connection:
    still_passes: int | None = None
    muted_until = 0.0


class MuteAfterHello(Profile):
    """Let connections to listed names fall silent."""

    about = About(
        id="P13",
        name="mute-after-hello",
        rule="listed SNI: 6 more packets pass, then silence both ways for 420 s",
        source="Xue et al., TSPU: Russia's Decentralized Censorship System, IMC 2022",
        as_of="2022",
        confidence="V",
        choices="the 6 packets are counted both ways together; a new connection between the same"
        " ports begins anew",
    )

    def prepare(self) -> None:
        """Know no connection."""
        self._hellos = Hellos()
        self._connections: Memory[Flow, _Connection] = Memory(_IDLE, _Connection)

    def judge(self, seen: Crossing) -> Verdict:
        """Count the packets behind the hello of a listed name."""
        if seen.tcp is None:
            return PASS
        if seen.is_outbound and seen.tcp.has(SYN) and not seen.tcp.has(ACK):
            self._connections.forget(seen.flow)
        hello = self._hellos.client_hello(seen)
        connection = self._connections.of(seen.flow, seen.at)
        if hello is not None and is_listed(hello.server_name, self.brief.listed_names):
            connection.still_passes = STILL_PASS
            return PASS
        if connection.still_passes is None:
            return PASS
        if connection.still_passes > 0:
            connection.still_passes -= 1
            connection.muted_until = seen.at + self.seconds(MUTED)
            return PASS
        return drop("muted behind a listed SNI") if seen.at < connection.muted_until else PASS


PROFILE = MuteAfterHello
