"""Write down what a profile holds besides people: unsent envelopes and missed calls."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from hamseda.wire import cbor
from hamseda.wire.fields import Fields
from hamseda.wire.mailbox import MailboxAddress


@dataclass(frozen=True, slots=True)
class OutboxItem:
    """Be one envelope that the home has not taken yet; resent as it is, never sealed again."""

    id: bytes
    home_id: str = field(repr=False)
    contact_id: bytes
    to: MailboxAddress = field(repr=False)
    put_id: bytes = field(repr=False)
    """Its writer and number at the home (spec/mailbox.md §1)."""
    envelope: bytes = field(repr=False)
    is_of_call: bool
    made: int
    """When it was sealed, in Unix seconds."""

    def encode(self) -> bytes:
        """Write the item down for the profile."""
        return cbor.encode(
            {
                0: 1,
                1: self.home_id,
                2: self.contact_id,
                3: self.to.encode(),
                4: self.put_id,
                5: self.envelope,
                6: self.is_of_call,
                7: self.made,
            }
        )


def decode_item(id: bytes, data: bytes, now: int) -> OutboxItem:
    """Read a stored item back; damaged bytes raise `WireError`.

    One of a release before put numbers gets a writer of its own; a double is dropped where it is
    read. `now` is in Unix seconds.
    """
    fields = Fields.parse_untrusted(data, "outbox item", 1 << 17)
    fields.version()
    item = OutboxItem(
        id=id,
        home_id=fields.text(1, 64),
        contact_id=fields.bytes(2),
        to=MailboxAddress.parse_untrusted(fields.bytes(3)),
        put_id=fields.bytes(4, 16),
        envelope=fields.bytes(5),
        is_of_call=fields.optional_bool(6) or False,
        made=fields.optional_uint(7) or 0,
    )
    fields.done()
    if not item.made:
        return replace(item, put_id=item.put_id[:8] + (1).to_bytes(8, "big"), made=now)
    return item


@dataclass(frozen=True, slots=True)
class MissedCall:
    """Be one call that nobody here answered."""

    name: str = field(repr=False)
    at: int
    """Unix seconds, by this machine's clock."""

    def encode(self) -> bytes:
        """Write it down for the profile."""
        return cbor.encode({0: 1, 1: self.name, 2: self.at})


def decode_missed(data: bytes) -> MissedCall:
    """Read a stored record back; damaged bytes raise `WireError`."""
    fields = Fields.parse_untrusted(data, "missed call")
    fields.version()
    missed = MissedCall(fields.text(1, 256), fields.uint(2))
    fields.done()
    return missed
