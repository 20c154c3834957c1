"""P19 `active-probe`: servers are visited, and blocked if they are not what they seem."""

from collections.abc import Sequence
from typing import Final

from hamseda_lab.parsers.ip import SYN
from hamseda_lab.profile import PASS, About, Crossing, Flow, Profile, Verdict, Visit, drop
from hamseda_lab.state import Memory

CONTACT: Final = 5.0
WITHIN: Final = 30.0
_IDLE: Final = 60.0

Server = tuple[int, str, int]
"""A protocol, an address, a port."""


class _Flow:
    began: float | None = None
    first_bytes = b""


class ActiveProbe(Profile):
    """Look at servers that clients talk to for a while."""

    about = About(
        id="P19",
        name="active-probe",
        rule="a server contacted for > 5 s over TLS or UDP is visited within 30 s: GET /, TLS 1.3?,"
        " ALPN stun.turn, a TURN Allocate, a replay of the client's first bytes, 200 random bytes;"
        " not a web server, or answers a replay → IP:port blocked for the run",
        source="Alice et al., How China Detects and Blocks Shadowsocks, IMC 2020",
        as_of="2020",
        confidence="M",
        choices="each server is visited once; the block is of one transport, both ways",
    )

    talk = 45.0  # 5 s of contact, 30 s until the visit, and what follows from it

    def prepare(self) -> None:
        """Know no server."""
        self._flows: Memory[Flow, _Flow] = Memory(_IDLE, _Flow)
        self._known: set[Server] = set()
        self._blocked: dict[Server, str] = {}
        self._wanted: list[Visit] = []

    def judge(self, seen: Crossing) -> Verdict:
        """Send somebody to servers that are talked to, and drop what was found out."""
        server = seen.flow.protocol, seen.server, seen.server_port
        found = self._blocked.get(server)
        if found is not None:
            return drop(f"a visitor found that {found}")
        if server not in self._known and (seen.is_udp or seen.tcp is not None):
            self._watch(seen, server)
        return PASS

    def _watch(self, seen: Crossing, server: Server) -> None:
        if seen.tcp is not None and seen.tcp.has(SYN):
            self._flows.forget(seen.flow)
            return
        flow = self._flows.of(seen.flow, seen.at)
        if flow.began is None:
            if not seen.is_outbound or not seen.payload:
                return
            is_tls = seen.payload[:2] == b"\x16\x03"
            flow.began = seen.at if seen.is_udp or is_tls else float("inf")
            flow.first_bytes = seen.payload
        if seen.at - flow.began > CONTACT:
            self._known.add(server)
            self._wanted.append(
                Visit(len(self._known), *server, self.seconds(WITHIN), flow.first_bytes)
            )

    def wanted_visits(self) -> Sequence[Visit]:
        """Give the servers to be looked at, each once."""
        wanted, self._wanted = self._wanted, []
        return wanted

    def visited(self, visit: Visit, verdict: str, now: float) -> None:
        """Block what is no web server."""
        del now
        if verdict:
            self._blocked[visit.protocol, visit.server, visit.server_port] = verdict


PROFILE = ActiveProbe
