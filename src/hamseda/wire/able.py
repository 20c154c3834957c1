"""Hold what two contacts tell each other that their programs understand (spec/growth.md §3)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Self

from hamseda.wire.cbor import encode
from hamseda.wire.fields import Fields

ABILITIES_MOST: Final = 16


@dataclass(frozen=True, slots=True)
class Able:
    """Say what this side understands beyond the bodies 1 to 12 (registry §8).

    A number that this release does not know is kept: its next release may know it.
    """

    abilities: tuple[int, ...]

    def encode(self) -> bytes:
        """Encode the body."""
        return encode({0: self.abilities})

    @classmethod
    def parse_untrusted(cls, data: bytes) -> Self:
        """Decode the body."""
        return cls(Fields.parse_untrusted(data, "able").uints(0, ABILITIES_MOST))
