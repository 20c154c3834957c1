"""P15 `parallel-tls`: many equal TLS connections at once are cut."""

from collections import deque
from typing import Final

from hamseda_lab.hellos import Hellos
from hamseda_lab.profile import PASS, About, Crossing, Flow, Profile, Verdict, drop
from hamseda_lab.state import Blocks, Memory

MOST: Final = 4
WITHIN: Final = 10.0
BLOCKED: Final = 60.0

Kind = tuple[str, str, str | None, str]
"""A client, the first three numbers of the server's address, a name, a fingerprint."""


class ParallelTls(Profile):
    """Drop further hellos of a kind of which there were many."""

    about = About(
        id="P15",
        name="parallel-tls",
        rule="at least 4 ClientHellos in 10 s with the same (prefix, SNI, fingerprint)"
        " → further ones dropped for 60 s",
        source="measurements and published code from Russia, 2025-26",
        as_of="2026",
        confidence="V",
        choices="counted for each client; a prefix is a /24, a fingerprint JA4; of a connection"
        " whose hello is dropped, all data of the client is",
    )

    def prepare(self) -> None:
        """Have seen no hello."""
        self._hellos = Hellos()
        self._seen: Memory[Kind, deque[float]] = Memory(WITHIN, lambda: deque(maxlen=MOST))
        self._blocks: Blocks[Kind] = Blocks(self.seconds(BLOCKED))
        self._flows: Blocks[Flow] = Blocks(self.seconds(BLOCKED))

    def judge(self, seen: Crossing) -> Verdict:
        """Count hellos."""
        hello = self._hellos.client_hello(seen)
        if hello is not None:
            prefix = seen.server.rpartition(".")[0]
            kind = (seen.client, prefix, hello.server_name, hello.ja4())
            if self._blocks.holds(kind, seen.at):
                self._flows.add(seen.flow, seen.at)
                return drop("one more ClientHello of the same kind")
            times = self._seen.of(kind, seen.at)
            times.append(seen.at)
            if len(times) == MOST and seen.at - times[0] <= WITHIN:
                self._blocks.add(kind, seen.at)
        elif seen.is_client_data and self._flows.holds(seen.flow, seen.at):
            return drop("connection whose ClientHello was dropped")
        return PASS


PROFILE = ParallelTls
