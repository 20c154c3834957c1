"""Ration what one address prefix may ask of a home (spec/registry.md §4).

Keys are opaque bytes: the caller hashes the prefix under a key that dies with the process, so
that nothing here is an address. Time is an argument, in seconds of any monotonic clock.
"""

from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass, field
from itertools import islice
from typing import Final

MOST_KEYS: Final = 65_536
SPREAD_SECONDS: Final = 1.0


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


class Pace:
    """Say how long one line waits before it goes on: `rate` a second, `burst` at once."""

    __slots__ = ("_burst", "_rate", "_since", "_tokens")

    def __init__(self, rate: float, burst: float, now: float) -> None:
        self._rate = rate
        self._burst = burst
        self._tokens = burst
        self._since = now

    def wait(self, now: float, cost: float = 1.0) -> float:
        """Take `cost` tokens, also such as will be there only in so many seconds."""
        tokens = min(self._burst, self._tokens + max(0.0, now - self._since) * self._rate) - cost
        self._tokens, self._since = tokens, now
        return max(0.0, -tokens / self._rate)


class _Second:
    """Count what the lines of one key took in one second."""

    __slots__ = ("begin", "of", "taken", "waiting")

    def __init__(self, begin: float) -> None:
        self.begin = begin
        self.taken = 0
        self.waiting = 0
        self.of: dict[Hashable, int] = {}


class Shares:
    """Let those who take most wait for the next second, once all lines of a key took `most`.

    Who takes no more than an equal share of it never waits.
    """

    def __init__(self, most: float, most_keys: int = MOST_KEYS) -> None:
        self._most = most
        self._most_keys = most_keys
        self._seconds: OrderedDict[bytes, _Second] = OrderedDict()

    def __len__(self) -> int:
        return len(self._seconds)

    def wait(self, key: bytes, line: Hashable, now: float, rations: int = 1) -> float:
        """Count one more of a line; say how many seconds it waits before it goes on.

        `rations`: how many times `most` the key may take.
        """
        second = self._seconds.get(key)
        if second is None or now >= second.begin + 1.0:
            self._forget(now)
            second = self._seconds[key] = _Second(now)
            self._seconds.move_to_end(key)
        of_line = second.of.get(line, 0) + 1
        second.of[line] = of_line
        second.taken += 1
        most = self._most * rations
        if second.taken <= most or of_line <= most / len(second.of):
            return 0.0
        # One after the other: all that came meanwhile would otherwise come at one moment.
        turn = second.waiting / len(second.of) * SPREAD_SECONDS
        second.waiting += 1
        return second.begin + 1.0 + turn - now

    def _forget(self, now: float) -> None:
        # Two a call, as buckets do.
        for key, second in tuple(islice(self._seconds.items(), 2)):
            if now >= second.begin + 1.0 or len(self._seconds) >= self._most_keys:
                del self._seconds[key]


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

    def wait(self, shares: Shares, line: Hashable, now: float) -> float:
        """Count one more; say how many seconds this line waits before it goes on."""
        wait = shares.wait(self.prefix, line, now)
        if self.front:
            wait = max(wait, shares.wait(self.front, line, now, self.rations))
        return wait

    def leave(self, held: Concurrency) -> None:
        """Count one less."""
        held.leave(self.prefix)
        if self.front:
            held.leave(self.front)
