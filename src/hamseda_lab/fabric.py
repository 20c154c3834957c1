"""Carry packets between hosts: the sender's link, a verdict, the receiver's link.

Each host has one access link with two directions: `up`, from the host into the network, and `down`.
Time is an argument. What is due comes out of `due()`, which must be called no later than
`next_deadline()`.
"""

import heapq
from dataclasses import dataclass, field, replace
from enum import Enum, auto
from itertools import count
from typing import Final

from hamseda_lab.censor import Censor
from hamseda_lab.link import Direction, LinkSettings
from hamseda_lab.nat import Nat
from hamseda_lab.packet import Packet, addresses_untrusted
from hamseda_lab.verdict import Judge, let_pass

UP: Final = "up"
DOWN: Final = "down"


class _Stage(Enum):
    IN_THE_MIDDLE = auto()
    AT_THE_LINK = auto()
    THERE = auto()


@dataclass(frozen=True, slots=True, order=True)
class _Event:
    at: float
    number: int
    stage: _Stage = field(compare=False)
    packet: Packet = field(compare=False)


@dataclass(frozen=True, slots=True)
class Seen:
    """Be a packet at a host's end of its link: where a capture on that host would see it."""

    host: str
    direction: str
    at: float
    data: bytes = field(repr=False)


class Fabric:
    """Be all links, and what lies between them."""

    def __init__(self, seed: int, judge: Judge = let_pass) -> None:
        self.judge = judge
        self.homeless_packets = 0
        """Came from an address that their host does not have, or went to one that nobody has."""
        self._seed = seed
        self._censor: Censor | None = None
        self._links: dict[tuple[str, str], Direction] = {}
        self._addresses: dict[str, str] = {}
        self._hosts: dict[str, str] = {}
        self._nats: dict[str, Nat] = {}
        self._events: list[_Event] = []
        self._numbers = count()

    def add_host(self, name: str, address: str) -> None:
        """Give a host a perfect link."""
        self.set_address(name, address)
        for direction in (UP, DOWN):
            seed = f"{self._seed} {name} {direction}"
            self._links[name, direction] = Direction(LinkSettings(), seed)

    def set_address(self, name: str, address: str) -> None:
        """Let a host have another address; what is under way to its old one is lost."""
        old = self._addresses.pop(name, None)
        if old is not None:
            del self._hosts[old]
        if address in self._hosts:
            raise ValueError(f"{address} belongs to {self._hosts[address]}")
        self._addresses[name] = address
        self._hosts[address] = name

    def set_nat(self, name: str, nat: Nat) -> None:
        """Put a host behind a NAT: everybody else knows it by the outer address only."""
        if nat.outer in self._hosts:
            raise ValueError(f"{nat.outer} belongs to {self._hosts[nat.outer]}")
        del self._hosts[self._addresses[name]]
        self._hosts[nat.outer] = name
        self._nats[name] = nat

    def link(self, name: str, direction: str) -> Direction:
        """Give one direction of a host's link."""
        return self._links[name, direction]

    def set_censor(self, censor: Censor | None) -> None:
        """Let a censor judge from now on, or nobody."""
        self.judge = let_pass if censor is None else censor.judge
        self._censor = censor

    def receive(self, name: str, data: bytes, now: float) -> None:
        """Take what a host sent."""
        ends = addresses_untrusted(data)
        if ends is None:
            return
        source, destination = ends
        if self._addresses[name] != source:
            self.homeless_packets += 1
            return
        nat = self._nats.get(name)
        sent = data if nat is None else nat.outwards(data, now)
        arrives = None if sent is None else self._links[name, UP].send(len(sent), now)
        if sent is not None and arrives is not None:
            # Whose address it is decides when it comes there, not when it was sent.
            self._push(arrives, _Stage.IN_THE_MIDDLE, Packet(sent, name, destination))

    def next_deadline(self) -> float | None:
        """Tell when `due` has something to do."""
        own = self._events[0].at if self._events else None
        censors = self._censor.next_deadline() if self._censor is not None else None
        return min((each for each in (own, censors) if each is not None), default=None)

    def due(self, now: float) -> list[Seen]:
        """Give the packets that are at their receiver by now, in the order of their arrival."""
        if self._censor is not None:
            for data in self._censor.due(now):
                self._inject(data, now)
        arrived: list[Seen] = []
        while self._events and self._events[0].at <= now:
            event = heapq.heappop(self._events)
            # Each step begins when the one before it ended, however late this is called.
            if event.stage is _Stage.IN_THE_MIDDLE:
                self._pass_on(event.packet, event.at)
            elif event.stage is _Stage.AT_THE_LINK:
                self._send_down(event.packet, event.at)
            else:
                packet = event.packet
                arrived.append(Seen(packet.destination, DOWN, event.at, packet.data))
        return arrived

    def _pass_on(self, packet: Packet, now: float) -> None:
        host = self._hosts.get(packet.destination)
        if host is None:
            self.homeless_packets += 1
            return
        known = Packet(packet.data, packet.source, host)
        verdict = self.judge(known, now)
        if verdict.passes:
            if verdict.delay:
                self._push(now + verdict.delay, _Stage.AT_THE_LINK, known)
            else:
                self._send_down(known, now)
        for data in verdict.injected:
            self._inject(data, now)

    def _inject(self, data: bytes, now: float) -> None:
        ends = addresses_untrusted(data)
        host = self._hosts.get(ends[1]) if ends is not None else None
        if host is not None:
            self._send_down(Packet(data, "", host), now)

    def _send_down(self, packet: Packet, now: float) -> None:
        nat = self._nats.get(packet.destination)
        if nat is not None:
            inner = nat.inwards(packet.data, now)
            if inner is None:
                return
            packet = replace(packet, data=inner)
        arrives = self._links[packet.destination, DOWN].send(len(packet.data), now)
        if arrives is not None:
            self._push(arrives, _Stage.THERE, packet)

    def _push(self, at: float, stage: _Stage, packet: Packet) -> None:
        heapq.heappush(self._events, _Event(at, next(self._numbers), stage, packet))
