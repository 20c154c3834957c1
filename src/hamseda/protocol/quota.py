"""Ration what one address prefix may ask of a home (spec/registry.md §4).

Keys are opaque bytes: the caller hashes the prefix under a key that dies with the process, so
that nothing here is an address. Time is an argument, in seconds of any monotonic clock.
"""

from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Final

MOST_KEYS: Final = 65_536


class Buckets:
    """Give each key `burst` tokens, refilled by `rate` a second.

    Memory is bounded: past `most_keys` the key that asked longest ago is forgotten, which gives
    it a full bucket. Whoever commands so many prefixes is not held by a ration per prefix.
    """

    def __init__(self, rate: float, burst: float, most_keys: int = MOST_KEYS) -> None:
        self._rate = rate
        self._burst = burst
        self._most_keys = most_keys
        self._filled: OrderedDict[bytes, tuple[float, float]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._filled)

    def take(self, key: bytes, now: float, cost: float = 1.0) -> bool:
        """Take `cost` tokens of `key`; False, and nothing taken, when it has not so many."""
        tokens, since = self._filled.pop(key, (self._burst, now))
        tokens = min(self._burst, tokens + max(0.0, now - since) * self._rate)
        is_enough = tokens >= cost
        self._filled[key] = (tokens - cost if is_enough else tokens, now)
        self._forget(now)
        return is_enough

    def _forget(self, now: float) -> None:
        # Two a call: a bucket that is full again says nothing, and old ones are first.
        for _ in range(2):
            key, (tokens, since) = next(iter(self._filled.items()))
            is_full = tokens + (now - since) * self._rate >= self._burst
            if not is_full and len(self._filled) <= self._most_keys:
                return
            del self._filled[key]
            if not self._filled:
                return


class Concurrency:
    """Count what each key holds at one time, at most `most`."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._held: dict[bytes, int] = {}

    def __len__(self) -> int:
        return len(self._held)

    def enter(self, key: bytes, rations: int = 1) -> bool:
        """Count one more of `key`; False, and nothing counted, when it holds all it may.

        `rations`: how many times `most` that is.
        """
        held = self._held.get(key, 0)
        if held >= self._most * rations:
            return False
        self._held[key] = held + 1
        return True

    def leave(self, key: bytes) -> None:
        """Count one less of `key`, which must have entered."""
        held = self._held[key] - 1
        if held:
            self._held[key] = held
        else:
            del self._held[key]


@dataclass(frozen=True, slots=True)
class Payer:
    """Say whose rations something costs: those of a prefix, and of the front it came through.

    A front has the rations of `rations` prefixes for all its people together, so that its people
    do not share one prefix's, and a dishonest front cannot invent people without end.
    """

    prefix: bytes = field(repr=False)
    front: bytes = field(default=b"", repr=False)
    """Empty: none."""
    rations: int = 1

    def take(self, buckets: Buckets, now: float) -> bool:
        """Take a token; the front pays nothing for a prefix that has used up its own."""
        if not buckets.take(self.prefix, now):
            return False
        return not self.front or buckets.take(self.front, now, 1 / self.rations)

    def enter(self, held: Concurrency) -> bool:
        """Count one more; False, and nothing counted, when prefix or front hold all they may."""
        if not held.enter(self.prefix):
            return False
        if self.front and not held.enter(self.front, self.rations):
            held.leave(self.prefix)
            return False
        return True

    def leave(self, held: Concurrency) -> None:
        """Count one less."""
        held.leave(self.prefix)
        if self.front:
            held.leave(self.front)
