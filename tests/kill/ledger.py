"""Keep the books of a kill test: what was acknowledged must hold, whoever died when.

The ledger knows nothing of stores or homes. Whoever is under load tells it what it was about to
do and what was confirmed; after the kill it judges what a reader finds.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import IntEnum, unique
from hashlib import shake_128
from typing import Final

PUT_ID_SIZE: Final = 16


@unique
class Step(IntEnum):
    """Say how far an envelope came. `...ING` is noted before the request, the other after it."""

    PUTTING = 1
    PUT = 2
    ACKING = 3
    ACKED = 4


NOTE_SIZE: Final = 1 + PUT_ID_SIZE


def note(step: Step, put_id: bytes) -> bytes:
    """Encode one note; short enough that a pipe takes it whole or not at all."""
    return bytes([step]) + put_id


def notes_in(log: bytes) -> Iterator[tuple[Step, bytes]]:
    """Decode notes; the last may be cut off by the kill."""
    for start in range(0, len(log) - NOTE_SIZE + 1, NOTE_SIZE):
        yield Step(log[start]), log[start + 1 : start + NOTE_SIZE]


def envelope_of(put_id: bytes, size: int = 2048) -> bytes:
    """Make the one envelope that belongs to a put id."""
    return put_id + shake_128(put_id).digest(size - len(put_id))


@dataclass
class Ledger:
    """Remember the furthest step of each envelope, over any number of kills."""

    steps: dict[bytes, Step] = field(default_factory=dict[bytes, Step])
    gone: set[bytes] = field(default_factory=set[bytes])
    """Fetched, found to be absent after a kill, and not to come back."""

    def read(self, log: bytes) -> None:
        """Take in what the one under load has noted before it died."""
        for step, put_id in notes_in(log):
            self.steps[put_id] = max(step, self.steps.get(put_id, step))

    def unanswered(self) -> list[bytes]:
        """Return the puts that nobody confirmed: a client resends them."""
        return [put_id for put_id, step in self.steps.items() if step is Step.PUTTING]

    def confirm(self, put_id: bytes) -> None:
        """Note that a resend was confirmed, unless more was known of it."""
        if self.steps.get(put_id) is Step.PUTTING:
            self.steps[put_id] = Step.PUT

    def complaints(self, found: Sequence[bytes]) -> list[str]:
        """Judge the envelopes that a reader finds after the kill."""
        times = Counter(envelope[:PUT_ID_SIZE] for envelope in found)
        complaints = [
            f"{put_id.hex()} is there {count} times" for put_id, count in times.items() if count > 1
        ]
        for envelope in found:
            put_id = envelope[:PUT_ID_SIZE]
            if put_id in self.gone or self.steps.get(put_id) is Step.ACKED:
                complaints.append(f"{put_id.hex()} was fetched and is back")
            elif put_id not in self.steps or envelope != envelope_of(put_id, len(envelope)):
                complaints.append(f"{put_id.hex()} was altered or never put")
        complaints += [
            f"{put_id.hex()} was confirmed and is lost"
            for put_id, step in self.steps.items()
            if step is Step.PUT and put_id not in times
        ]
        return complaints

    def retire(self, found: Sequence[bytes]) -> None:
        """Close the account of all that was fetched and is not among `found`."""
        there = {envelope[:PUT_ID_SIZE] for envelope in found}
        fetched = {put_id for put_id, step in self.steps.items() if step >= Step.ACKING} - there
        for put_id in fetched:
            del self.steps[put_id]
        self.gone |= fetched
