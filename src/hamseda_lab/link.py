"""Model one direction of one link: what is lost, and when the rest arrives.

Nothing here has a clock or a socket. The order is that of a real link: a bounded queue, a rate,
a loss, a delay.
"""

import random
from dataclasses import dataclass
from typing import Final

KBIT: Final = 1000 / 8
"""Bytes a second."""
_MS: Final = 1 / 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkSettings:
    """Say how one direction of a link treats packets. The default is a perfect one."""

    delay_ms: float = 0.0
    jitter_ms: float = 0.0
    """Added to the delay, evenly between nothing and this; packets keep their order."""
    loss: float = 0.0
    """The share of packets that is lost, 0 to 1."""
    burst: float | None = None
    """The mean number of packets lost in a row (Gilbert-Elliott); None: each by its own dice."""
    rate_kbit: float | None = None
    """kbit/s of the IP layer; None: as fast as they come."""
    queue_bytes: int = 65_536
    """What waits for the rate; a packet that does not fit is dropped."""
    reorder: float = 0.0
    """The share of packets that skips the delay, and so overtakes."""
    is_up: bool = True

    def __post_init__(self) -> None:
        """Refuse what no link can do."""
        shares = (self.loss, self.reorder)
        if not all(0 <= share <= 1 for share in shares):
            raise ValueError(f"a share is between 0 and 1: {shares}")
        if self.delay_ms < 0 or self.jitter_ms < 0:
            raise ValueError("a link delivers nothing before it was sent")
        if self.burst is not None and (self.burst < 1 or self.loss > self.burst / (self.burst + 1)):
            raise ValueError(f"bursts of {self.burst} packets cannot lose {self.loss:.0%}")
        if self.rate_kbit is not None and self.rate_kbit <= 0:
            raise ValueError("a rate of nothing is a link that is down: is_up=False")


@dataclass(slots=True)
class Traffic:
    """Count what went over one direction of a link, at the IP layer."""

    offered_packets: int = 0
    offered_bytes: int = 0
    lost_packets: int = 0
    """By the dice, or because the link was down."""
    overflowed_packets: int = 0
    """Did not fit into the queue."""
    carried_packets: int = 0
    carried_bytes: int = 0


class Direction:
    """Be one direction of one link. The same seed and the same packets give the same fate."""

    def __init__(self, settings: LinkSettings, seed: str) -> None:
        self.traffic = Traffic()
        self._dice = random.Random(seed)  # noqa: S311 - a link, not a secret
        self._settings = settings
        self._is_bursting = False
        self._busy_until = 0.0
        self._newest = 0.0

    @property
    def settings(self) -> LinkSettings:
        """Give how it treats packets now."""
        return self._settings

    def change(self, settings: LinkSettings) -> None:
        """Treat packets differently from now on; what is under way stays so."""
        self._settings = settings

    def send(self, size: int, now: float) -> float | None:
        """Take a packet of so many bytes; give when it arrives, or None if it never does."""
        traffic, settings = self.traffic, self._settings
        traffic.offered_packets += 1
        traffic.offered_bytes += size
        if not settings.is_up:
            traffic.lost_packets += 1
            return None
        left = self._leaves(size, now)
        if left is None:
            traffic.overflowed_packets += 1
            return None
        if self._is_lost():
            traffic.lost_packets += 1
            return None
        traffic.carried_packets += 1
        traffic.carried_bytes += size
        return self._arrives(left)

    def _leaves(self, size: int, now: float) -> float | None:
        """Wait for the rate; None: the queue is full."""
        rate = self._settings.rate_kbit
        if rate is None:
            return now
        begins = max(now, self._busy_until)
        if (begins - now) * rate * KBIT + size > self._settings.queue_bytes:
            return None
        self._busy_until = begins + size / (rate * KBIT)
        return self._busy_until

    def _is_lost(self) -> bool:
        loss, burst = self._settings.loss, self._settings.burst
        if burst is None or loss == 0:
            self._is_bursting = False
            return self._dice.random() < loss
        # Bursts end with 1 / burst; they begin as often as the mean loss needs.
        turns = 1 / burst if self._is_bursting else loss / (burst * (1 - loss))
        if self._dice.random() < turns:
            self._is_bursting = not self._is_bursting
        return self._is_bursting

    def _arrives(self, left: float) -> float:
        settings = self._settings
        if settings.reorder and self._dice.random() < settings.reorder:
            return left
        delay_ms = settings.delay_ms
        if settings.jitter_ms:
            delay_ms += self._dice.random() * settings.jitter_ms
        # Jitter is a queue somewhere: nothing overtakes in it.
        self._newest = max(left + delay_ms * _MS, self._newest)
        return self._newest
