"""Put the first bytes of a TCP stream together, in whatever order they come."""

from typing import Final

LONGEST: Final = 16_384
"""Bytes that are kept of a stream: a hello of any kind is shorter."""
_MOST_EARLY: Final = 64
_HALF: Final = 1 << 31


class Stream:
    """Be the beginning of one direction of a TCP connection.

    The first bytes to come are taken to be the first of the stream, unless `begin` said where it
    begins. Of bytes that come twice, the first ones count.
    """

    def __init__(self) -> None:
        self.data = b""
        """What came without a gap."""
        self._next: int | None = None
        self._early: dict[int, bytes] = {}

    def begin(self, sequence: int) -> None:
        """Let the stream begin behind a SYN of this sequence number."""
        self._next = (sequence + 1) % 2**32
        self.data = b""
        self._early.clear()

    def feed(self, sequence: int, payload: bytes) -> bool:
        """Take the payload of one packet; tell whether `data` grew."""
        if not payload or len(self.data) >= LONGEST:
            return False
        if self._next is None:
            self._next = sequence
        before = len(self.data)
        self._take(sequence, payload)
        while (held := self._due()) is not None:
            self._take(held, self._early.pop(held))
        return len(self.data) > before

    def _due(self) -> int | None:
        """Give the sequence number of something held that fits on now, or is old."""
        return next((each for each in self._early if self._ahead(each) <= 0), None)

    def _take(self, sequence: int, payload: bytes) -> None:
        ahead = self._ahead(sequence)
        if ahead > 0:
            if ahead <= LONGEST and len(self._early) < _MOST_EARLY:
                self._early.setdefault(sequence, payload)
            return
        fresh = payload[-ahead:]
        self.data = (self.data + fresh)[:LONGEST]
        self._next = (sequence + max(len(payload), -ahead)) % 2**32

    def _ahead(self, sequence: int) -> int:
        """Count the bytes between what came and this sequence number; less than 0: it is old."""
        return (sequence - (self._next or 0) + _HALF) % 2**32 - _HALF
