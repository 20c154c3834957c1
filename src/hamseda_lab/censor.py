"""Stand at the border: show a profile what crosses it, do what it says, and write down why."""

import json
import random
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Final, TextIO

from hamseda_lab.brief import Brief, Prefixes
from hamseda_lab.packet import Packet
from hamseda_lab.parsers.ip import Segment, parse_segment_untrusted
from hamseda_lab.profile import Crossing, Flow, Profile, Visit
from hamseda_lab.verdict import PASS, Verdict

_PROTOCOLS: Final = {6: "tcp", 17: "udp"}


@dataclass(frozen=True, slots=True)
class Touch:
    """Be one packet that a profile acted on, and why: one line of the ground truth."""

    at: float
    profile: str
    action: str
    """drop, delay or inject; of a packet that did not pass: drop, whatever else."""
    why: str
    protocol: str
    source: str
    source_port: int
    destination: str
    destination_port: int
    size: int
    injected: int
    """Packets that the network sent because of it."""


Log = Callable[[Touch], None]


class Censor:
    """Be a profile at work. It judges for a fabric (`hamseda_lab.fabric`)."""

    def __init__(self, kind: type[Profile], brief: Brief, seed: int, log: Log) -> None:
        self.touched = 0
        self._id = kind.about.id
        self._profile = kind(brief, random.Random(f"{seed} {self._id}"))  # noqa: S311 - no secret
        self._inside = Prefixes(brief.inside)
        self._log = log
        self._visits: dict[int, Visit] = {}

    def judge(self, packet: Packet, now: float) -> Verdict:
        """Say what happens to a packet on its way between two hosts."""
        return self.judge_bytes(packet.data, now)

    def judge_bytes(self, data: bytes, now: float) -> Verdict:
        """Say what happens to a packet; what does not cross the border, or is no IPv4, passes."""
        segment = parse_segment_untrusted(data)
        crossing = None if segment is None else self._crossing(segment, now)
        if crossing is None:
            return PASS
        verdict = self._profile.judge(crossing)
        if verdict is not PASS:
            self.touched += 1
            self._log(self._touch(crossing, verdict))
        return verdict

    def next_deadline(self) -> float | None:
        """Tell when `due` has something to do."""
        return self._profile.next_deadline()

    def due(self, now: float) -> Sequence[bytes]:
        """Give the packets that the network sends by itself by now."""
        return self._profile.due(now)

    def call_began(self, now: float) -> None:
        """Tell the profile that a call connected."""
        self._profile.call_began(now)

    def wanted_visits(self) -> list[Visit]:
        """Give the servers to be looked at, each once."""
        wanted = list(self._profile.wanted_visits())
        self._visits.update((visit.number, visit) for visit in wanted)
        return wanted

    def visited(self, number: int, verdict: str, now: float) -> None:
        """Tell the profile what a visitor found; raise `KeyError` if nobody sent it there."""
        self._profile.visited(self._visits.pop(number), verdict, now)

    def _crossing(self, segment: Segment, now: float) -> Crossing | None:
        is_outbound = segment.source in self._inside
        if is_outbound == (segment.destination in self._inside):
            return None
        here = segment.source, segment.source_port
        there = segment.destination, segment.destination_port
        ends = (*here, *there) if is_outbound else (*there, *here)
        return Crossing(segment, is_outbound, now, Flow(segment.protocol, *ends))

    def _touch(self, crossing: Crossing, verdict: Verdict) -> Touch:
        segment = crossing.segment
        action = "inject" if verdict.injected else "delay"
        return Touch(
            at=crossing.at,
            profile=self._id,
            action=action if verdict.passes else "drop",
            why=verdict.why,
            protocol=_PROTOCOLS.get(segment.protocol, str(segment.protocol)),
            source=segment.source,
            source_port=segment.source_port,
            destination=segment.destination,
            destination_port=segment.destination_port,
            size=segment.size,
            injected=len(verdict.injected),
        )


def log_into(file: TextIO) -> Log:
    """Give a log that writes one JSON object a line."""

    def write(touch: Touch) -> None:
        file.write(json.dumps(asdict(touch), ensure_ascii=False) + "\n")

    return write
