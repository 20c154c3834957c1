"""Say what a network does to one packet."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from hamseda_lab.packet import Packet


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """Be what happens to one packet between the links of its two hosts."""

    passes: bool = True
    delay: float = 0.0
    """Seconds that it is held back."""
    injected: Sequence[bytes] = field(default=(), repr=False)
    """Packets that the network sends itself, to whom their destination address says."""
    why: str = ""
    """What of the network's rule this follows from; every verdict but `PASS` says it."""


PASS: Final = Verdict()
DROP: Final = Verdict(passes=False)

Judge = Callable[[Packet, float], Verdict]
"""Take a packet and the time; say what happens to it."""


def let_pass(_packet: Packet, _now: float) -> Verdict:
    """Block nothing."""
    return PASS
