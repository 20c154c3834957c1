"""Say what a jitter buffer answers: what to play next, and what became of the frames so far."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum


class Stretch(Enum):
    """Say by what playout gains or loses a little time, the pitch kept.

    Speech that is stretched is heard to be; a pause is not. So there is a kind for pauses only.
    """

    NONE = "none"
    SHORTER = "shorter"
    LONGER = "longer"
    SHORTER_IN_PAUSE = "shorter-in-pause"
    LONGER_IN_PAUSE = "longer-in-pause"

    @property
    def is_shorter(self) -> bool:
        """Tell whether time is gained."""
        return self in (Stretch.SHORTER, Stretch.SHORTER_IN_PAUSE)

    @property
    def is_for_pauses(self) -> bool:
        """Tell whether speech is to be left as it is."""
        return self in (Stretch.SHORTER_IN_PAUSE, Stretch.LONGER_IN_PAUSE)


@dataclass(frozen=True, slots=True)
class Play:
    """Decode this packet, leave out its first `skip_slots` slots, and stretch what remains."""

    t: int
    opus: bytes = field(repr=False)
    skip_slots: int = 0
    stretch: Stretch = Stretch.NONE


@dataclass(frozen=True, slots=True)
class Conceal:
    """Let the decoder invent one slot."""


@dataclass(frozen=True, slots=True)
class Silence:
    """Play one slot of zeros."""


Playout = Play | Conceal | Silence


@dataclass(frozen=True, slots=True)
class ReceptionStats:
    """Count what became of every slot since the first played one, over the whole call.

    A frame of 60 ms counts as three, so that counts compare across modes.
    """

    frames_expected: int
    """Slots whose fate is known."""
    frames_on_time: int
    """Slots that were there at their turn."""
    frames_late: int
    """Slots that came after their turn (played late, if at all), or too old to be played."""
    frames_lost: int
    """Slots that never came; one that still comes within five seconds is late instead."""
    buffer_ms: int
    """How long sound waits here beyond the fastest path and its own packet, now."""
