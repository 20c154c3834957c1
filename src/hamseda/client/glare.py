"""Ask whether somebody who called at the same moment is there (glare, spec/call.md §6).

Both want to talk, and one of the two offers has to go. Whose it is asks first: the home may have
kept an old offer, and nobody's phone answers what nobody says any more.
"""

from __future__ import annotations

from typing import Final

from hamseda.protocol.call_events import CallEvent
from hamseda.protocol.callee import Callee
from hamseda.protocol.caller import Caller
from hamseda.wire.relay import Join

GLARE_SECONDS: Final = 5.0
"""How long this side asks in the other's room before it waits in its own again."""


class Glare:
    """Be one offer of theirs that wins over ours, until somebody says that he is there."""

    def __init__(self, theirs: Callee, handle: int, mine: Join, now: float) -> None:
        self.theirs: Final = theirs
        self.seat: Final = Join(0, handle, theirs.grant, 1, theirs.seat_secret)
        self.mine: Final = mine
        """The seat of our own offer, which stands meanwhile."""
        self._until = now + GLARE_SECONDS

    def next_deadline(self) -> float:
        """Give the moment by which to look again."""
        return min(self._until, self.theirs.next_deadline())

    def is_over(self, mine: Caller | Callee, now: float) -> bool:
        """Tell whether asking is of no use any more."""
        is_settled = mine.is_over or mine.is_talking
        return is_settled or self.theirs.is_over or now >= self._until

    def control_untrusted(self, sealed: bytes, now: float) -> list[CallEvent]:
        """Take what is said in their room, or raise `WireError`; nothing rings here."""
        self.theirs.control_untrusted(sealed, now)
        return []

    def cancelled(self, call_id: bytes) -> list[CallEvent]:
        """Take their `cancel`, if it is of this offer."""
        if call_id == self.theirs.call_id:
            self.theirs.cancelled()
        return []
