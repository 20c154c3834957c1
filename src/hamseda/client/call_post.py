"""Say what a call needs of its client (spec/call.md)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from hamseda.wire.codes import BodyKind

if TYPE_CHECKING:
    from hamseda.client.call import Call


class CallPost(Protocol):
    """Say what a call needs of its client."""

    def seal_for_call(
        self, contact_id: bytes, kind: BodyKind, body: bytes, answered: bytes
    ) -> bytes | None:
        """Seal and commit one body, start sending it, and return its envelope.

        None when the contact was deleted or renewed in mid-call: there is nobody to tell.
        """
        ...

    def came_through_room(self, call: Call, envelope: bytes) -> None:
        """Take the copy of an envelope that came through the call's room."""
        ...

    async def call_ended(self, call: Call) -> None:
        """Forget the call; wait a moment for its last words to leave."""
        ...
