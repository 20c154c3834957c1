"""Count the connections that are no lines (yet), per payer; where one is full, one of its own goes.

To refuse the newcomer instead would let 32 connections that cost nothing shut out all neighbours.
"""

from collections.abc import Callable
from itertools import count

from hamseda.protocol.quota import Concurrency, Payer


class Slot:
    """Be one connection's place among the unfinished ones of its payer, left once.

    It is busy, at first and while it is answered, or idle.
    """

    __slots__ = ("_accepted", "_idle_since", "_unfinished", "end", "is_counted", "payer")

    def __init__(
        self, unfinished: "Unfinished", payer: Payer, accepted: int, end: Callable[[], object]
    ) -> None:
        self.is_counted = False
        self.payer = payer
        self.end = end
        """Cuts the connection off."""
        self._unfinished: Unfinished | None = unfinished
        self._accepted = accepted
        self._idle_since: int | None = None

    @property
    def rank(self) -> tuple[bool, int]:
        """Say how early this one makes room: the longest idle first, then the oldest.

        A busy one cannot make itself younger: who wants to push a newcomer out, while that shakes
        hands, must open as many connections as there are places.
        """
        return self._idle_since is None, self._idle_since or self._accepted

    def work(self) -> None:
        """Begin to be answered."""
        self._idle_since = None

    def rest(self) -> None:
        """Have been answered, and wait for the next request."""
        if self._unfinished is not None:
            self._idle_since = self._unfinished.next_number()

    def move_to(self, payer: Payer) -> bool:
        """Take a place of somebody else's instead; False when there is none."""
        return self._unfinished is not None and self._unfinished.move(self, payer)

    def leave(self) -> None:
        """Give the place back; a second time does nothing."""
        if self._unfinished is not None:
            self._unfinished.leave(self)
            self._unfinished = None


class Unfinished:
    """Hold the places of all payers, `most` of each."""

    def __init__(self, most: int) -> None:
        self._held = Concurrency(most)
        self._slots: dict[bytes, set[Slot]] = {}
        self._numbers = count(1)

    def next_number(self) -> int:
        """Give the number of what happens next."""
        return next(self._numbers)

    def enter(self, payer: Payer, end: Callable[[], object]) -> Slot | None:
        """Give a place, if need be that of another connection of this prefix, which is ended.

        None: the payer's front has no place left.
        """
        slot = Slot(self, payer, self.next_number(), end)
        return slot if self._take(slot) else None

    def move(self, slot: Slot, payer: Payer) -> bool:
        """Let a connection be somebody else's; False, and nothing changed, without a place."""
        before, was_counted = slot.payer, slot.is_counted
        slot.payer = payer
        if not self._take(slot):
            slot.payer = before
            return False
        if was_counted:
            self._give_back(slot, before)
        return True

    def let_in(self, payer: Payer, end: Callable[[], object]) -> Slot:
        """Give a place that counts for nobody until it is moved."""
        return Slot(self, payer, self.next_number(), end)

    def leave(self, slot: Slot) -> None:
        """Take a connection out."""
        if slot.is_counted:
            self._give_back(slot, slot.payer)

    def _take(self, slot: Slot) -> bool:
        payer = slot.payer
        entered = payer.enter(self._held)
        others = self._slots.get(payer.prefix)
        if not entered and others:
            first = min(others, key=lambda other: other.rank)
            first.leave()
            first.end()
            entered = payer.enter(self._held)
        if entered:
            slot.is_counted = True
            self._slots.setdefault(payer.prefix, set()).add(slot)
        return entered

    def _give_back(self, slot: Slot, payer: Payer) -> None:
        payer.leave(self._held)
        slots = self._slots[payer.prefix]
        slots.discard(slot)
        if not slots:
            del self._slots[payer.prefix]
