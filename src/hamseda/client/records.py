"""Write down what a profile holds besides people: unsent envelopes and missed calls."""

from __future__ import annotations

from dataclasses import dataclass, field

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
    envelope: bytes = field(repr=False)

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
            }
        )


def decode_item(id: bytes, data: bytes) -> OutboxItem:
    """Read a stored item back; damaged bytes raise `WireError`."""
    fields = Fields.parse_untrusted(data, "outbox item", 1 << 17)
    fields.version()
    item = OutboxItem(
        id=id,
        home_id=fields.text(1, 64),
        contact_id=fields.bytes(2),
        to=MailboxAddress.parse_untrusted(fields.bytes(3)),
        put_id=fields.bytes(4, 16),
        envelope=fields.bytes(5),
    )
    fields.done()
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
