"""Keep the books of a kill test: what was acknowledged must hold, whoever died when.

The ledger knows nothing of homes and lines. Whoever makes the load tells it what was about to be
done and what was confirmed; it judges every envelope that comes or that lies on the disk.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import shake_128
from typing import Final, TypeAlias

Place: TypeAlias = tuple[bytes, int]
"""A mailbox and a number in it."""

PUT_ID_SIZE: Final = 16
ENVELOPE_SIZE: Final = 4096


def envelope_of(put_id: bytes) -> bytes:
    """Make the one envelope that belongs to a put id."""
    return put_id + shake_128(put_id).digest(ENVELOPE_SIZE - len(put_id))


@dataclass
class Ledger:
    """Remember every envelope by its put id, over any number of kills.

    `...ing` is noted before the request leaves, the other after its answer.
    """

    putting: set[bytes] = field(default_factory=set[bytes])
    put: set[bytes] = field(default_factory=set[bytes])
    taken: set[bytes] = field(default_factory=set[bytes])
    """Handed to the application, once."""
    acking: set[bytes] = field(default_factory=set[bytes])
    acked: set[bytes] = field(default_factory=set[bytes])
    redelivered: int = 0
    """Came again because the home died before it could delete them; the application sees none."""
    complaints: list[str] = field(default_factory=list[str])
    _at: dict[Place, bytes] = field(default_factory=dict[Place, bytes])
    _place_of: dict[bytes, Place] = field(default_factory=dict[bytes, Place])

    def deliver(self, place: Place, envelope: bytes) -> None:
        """Take one delivery, and hand it to the application unless that has it."""
        put_id = self._look_at(place, envelope)
        if put_id in self.taken:
            self.redelivered += 1
        self.taken.add(put_id)

    def begin_ack(self, places: list[Place]) -> None:
        """Note that places are about to be acknowledged."""
        self.acking |= {self._at[place] for place in places}

    def end_ack(self, places: list[Place]) -> None:
        """Note that the acknowledgement was confirmed."""
        self.acked |= {self._at[place] for place in places}

    def judge(self, disk: Mapping[Place, bytes]) -> None:
        """Judge all that lies on the disk of a home that was killed."""
        there = {self._look_at(place, envelope) for place, envelope in disk.items()}
        for put_id in (self.put | self.taken) - self.acking - there:
            how = "confirmed" if put_id in self.put else "delivered"
            self._complain(put_id, f"was {how} and is lost")

    def _look_at(self, place: Place, envelope: bytes) -> bytes:
        put_id = envelope[:PUT_ID_SIZE]
        if put_id not in self.putting or envelope != envelope_of(put_id):
            self._complain(put_id, "was altered or never put")
        if self._at.setdefault(place, put_id) != put_id:
            self._complain(put_id, "has a number that another one had")
        if self._place_of.setdefault(put_id, place) != place:
            self._complain(put_id, "is there twice")
        if put_id in self.acked:
            self._complain(put_id, "was fetched and is back")
        return put_id

    def _complain(self, put_id: bytes, what: str) -> None:
        self.complaints.append(f"{put_id.hex()} {what}")
