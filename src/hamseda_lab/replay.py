"""Show a recording to a profile, and see what it touches."""

from collections.abc import Sequence
from dataclasses import dataclass

from hamseda_lab.brief import Brief
from hamseda_lab.censor import Censor, Touch
from hamseda_lab.parsers.ip import Segment, parse_segment_untrusted
from hamseda_lab.profile import Profile


@dataclass(frozen=True, slots=True)
class Replayed:
    """Be one packet of a recording, and what happened to it."""

    segment: Segment
    touch: Touch | None


def replay(
    kind: type[Profile], brief: Brief, packets: Sequence[tuple[float, bytes]], *, seed: int = 1
) -> list[Replayed]:
    """Let a recording cross a border; give its IPv4 packets in order.

    A recording does not answer: what was dropped is followed by what followed it then.
    """
    touches: list[Touch] = []
    censor = Censor(kind, brief, seed, touches.append)
    replayed: list[Replayed] = []
    for at, packet in packets:
        before = len(touches)
        censor.judge_bytes(packet, at)
        segment = parse_segment_untrusted(packet)
        if segment is not None:
            replayed.append(Replayed(segment, touches[-1] if len(touches) > before else None))
    return replayed
