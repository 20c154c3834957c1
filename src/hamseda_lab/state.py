"""Remember what a censor remembers: flows, blocks that outlive their cause, and rates."""

from collections.abc import Callable, Hashable
from typing import Final, Generic, TypeVar

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

_MOST: Final = 100_000
"""Flows, or blocks, that are remembered at once; the oldest is forgotten first."""
_KBIT: Final = 1000 / 8


class Memory(Generic[K, V]):
    """Keep a state for each key until it was not asked for during `idle` seconds."""

    def __init__(self, idle: float, new: Callable[[], V]) -> None:
        self._idle = idle
        self._new = new
        self._kept: dict[K, tuple[float, V]] = {}

    def of(self, key: K, now: float) -> V:
        """Give the state of a key, a new one where there is none, and begin its time anew."""
        found = self._kept.pop(key, None)
        is_fresh = found is not None and now - found[0] < self._idle
        state = found[1] if found is not None and is_fresh else self._new()
        # Popped and put back, the keys are in the order of their last use.
        self._kept[key] = now, state
        if len(self._kept) > _MOST:
            del self._kept[next(iter(self._kept))]
        return state

    def forget(self, key: K) -> None:
        """Let go of a key's state."""
        self._kept.pop(key, None)


class Blocks(Generic[K]):
    """Keep keys that are blocked for `lasts` seconds."""

    def __init__(self, lasts: float) -> None:
        self._lasts = lasts
        self._until: dict[K, float] = {}

    def add(self, key: K, now: float) -> None:
        """Block a key from now on; a block that holds begins anew."""
        self._until.pop(key, None)
        self._until[key] = now + self._lasts
        if len(self._until) > _MOST:
            del self._until[next(iter(self._until))]

    def holds(self, key: K, now: float) -> bool:
        """Tell whether a key is blocked."""
        return self._until.get(key, now) > now


class Policer:
    """Let a rate pass and drop the rest: a bucket of tokens that starts full, without a queue."""

    def __init__(self, rate_kbit: float, bucket_bytes: int) -> None:
        self._rate = rate_kbit * _KBIT
        self._size = bucket_bytes
        self._full = float(bucket_bytes)
        self._at: float | None = None

    def lets_pass(self, size: int, now: float) -> bool:
        """Take a packet of so many bytes; tell whether it passes."""
        if self._at is not None:
            self._full = min(self._size, self._full + (now - self._at) * self._rate)
        self._at = now
        if size > self._full:
            return False
        self._full -= size
        return True
