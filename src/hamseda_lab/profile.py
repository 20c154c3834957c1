"""Let anybody describe a network that blocks: the interface of profiles.

A profile is a plain Python file, in `hamseda_lab/profiles` or anywhere else (`--profile PATH`). It
holds one class below `Profile` and names it `PROFILE`:

    class NoTelnet(Profile):
        about = About(
            id="X01",
            name="no-telnet",
            rule="TCP to port 23 → dropped",
            source="my own network, tried with two programs",
            as_of="2026-11",
            confidence="F",
        )

        def judge(self, seen: Crossing) -> Verdict:
            return drop("port 23") if seen.tcp and seen.server_port == 23 else PASS

    PROFILE = NoTelnet

`judge` sees each packet that crosses the border, in order, and says what happens to it: it passes,
is dropped, is delayed, and the network may send packets of its own (`hamseda_lab.injection` writes
them). Each verdict but `PASS` says why: the lab keeps a log of all packets that were touched.
State by flow, blocks that outlive their cause and rates are in `hamseda_lab.state`, what packets
say in `hamseda_lab.parsers`, whole ClientHellos out of TCP streams in `hamseda_lab.hellos`. A
profile has no clock and no dice of its own: time comes with each packet, chance from `self.dice`.
What it cannot know from packets (who is inside, which names are listed) is in `self.brief`.
"""

import random
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Literal, NamedTuple

from hamseda_lab.brief import Brief
from hamseda_lab.parsers.ip import Segment, Tcp
from hamseda_lab.verdict import PASS, Verdict

__all__ = ["PASS", "About", "Brief", "Crossing", "Flow", "Profile", "Service", "Verdict", "Visit"]

Confidence = Literal["V", "F", "M", "D"]
"""V: read in a primary text or artifact. F: a field report. M: recalled, not read again. D: a
choice of ours, because no rule was ever published packet by packet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """Be what a reader must know before believing a profile."""

    id: str
    name: str
    rule: str
    source: str
    as_of: str
    confidence: Confidence
    choices: str = ""
    """What the source leaves open, and what this profile does there."""


class Service(NamedTuple):
    """Be a client and a port of a server: what most blocks that outlive a flow hold on to."""

    protocol: int
    client: str
    server: str
    server_port: int


class Flow(NamedTuple):
    """Be a connection, or all datagrams between two sockets."""

    protocol: int
    client: str
    client_port: int
    server: str
    server_port: int

    @property
    def service(self) -> Service:
        """Forget the client's port."""
        return Service(self.protocol, self.client, self.server, self.server_port)


@dataclass(frozen=True, slots=True)
class Crossing:
    """Be one packet that crosses the border. The client is the side that lives inside."""

    segment: Segment
    is_outbound: bool
    """From the client to the server."""
    at: float
    """Seconds of any clock."""
    flow: Flow

    @property
    def tcp(self) -> Tcp | None:
        """Give the TCP header."""
        return self.segment.tcp

    @property
    def is_udp(self) -> bool:
        """Tell whether it is a UDP datagram."""
        return self.segment.is_udp

    @property
    def payload(self) -> bytes:
        """Give what TCP or UDP carry."""
        return self.segment.payload

    @property
    def client(self) -> str:
        """Give the client's address."""
        return self.flow.client

    @property
    def server(self) -> str:
        """Give the server's address."""
        return self.flow.server

    @property
    def server_port(self) -> int:
        """Give the server's port."""
        return self.flow.server_port

    @property
    def is_client_data(self) -> bool:
        """Tell a TCP packet of the client that carries something."""
        return self.is_outbound and self.tcp is not None and bool(self.payload)


@dataclass(frozen=True, slots=True)
class Visit:
    """Be a server that the censor wants to look at from its own machines."""

    number: int
    protocol: int
    server: str
    server_port: int
    within: float
    """Seconds that it may take."""
    first_bytes: bytes = field(repr=False)
    """What a client sent first, to be said again."""


class Profile(ABC):
    """Be a network that blocks."""

    about: ClassVar[About]
    talk: ClassVar[float] = 20.0
    """Seconds that a call must last to show what the rule does to it."""
    must_come_back: ClassVar[bool] = False
    """A call counts as connected only where it is good again at its end."""
    tells_of_proxy: ClassVar[bool] = False
    """The clients' machines name the proxy as that of their system (`https_proxy`)."""

    def __init__(self, brief: Brief, dice: random.Random) -> None:
        self.brief = brief
        self.dice = dice
        self.prepare()

    def prepare(self) -> None:  # noqa: B027 - most have nothing to do here
        """Make what the rule remembers; `brief` and `dice` are there."""

    def seconds(self, of_the_rule: float) -> float:
        """Give how long a block lasts here: a test may shorten all of them by one factor."""
        return of_the_rule * self.brief.residual_factor

    @abstractmethod
    def judge(self, seen: Crossing) -> Verdict:
        """Say what happens to a packet."""

    def next_deadline(self) -> float | None:
        """Tell when `due` has something to do, whether or not a packet comes."""
        return None

    def due(self, now: float) -> Sequence[bytes]:
        """Give the packets that the network sends by itself by now."""
        del now
        return ()

    def call_began(self, now: float) -> None:  # noqa: B027
        """Hear that a call connected; for rules that count from there."""

    def wanted_visits(self) -> Sequence[Visit]:
        """Give the servers to be looked at, each once."""
        return ()

    def visited(self, visit: Visit, verdict: str, now: float) -> None:  # noqa: B027
        """Hear what a visitor found: "" a web server, otherwise what gave it away."""


def drop(why: str) -> Verdict:
    """Let a packet vanish."""
    return Verdict(passes=False, why=why)


def delay(seconds: float, why: str) -> Verdict:
    """Hold a packet back."""
    return Verdict(delay=seconds, why=why)


def inject(packets: Sequence[bytes], why: str, *, passes: bool = True) -> Verdict:
    """Send packets of the network's own, beside this one or in its place."""
    return Verdict(passes=passes, injected=packets, why=why)
