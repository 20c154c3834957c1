"""Add up coarse numbers for the operator: no address, no id, no time (spec/mailbox.md)."""

from collections.abc import Mapping
from enum import StrEnum, unique

from hamseda.mailbox.transaction import Transaction


@unique
class Counter(StrEnum):
    """List every number that is kept. A closed list: no name can carry a token or an address."""

    ENVELOPES_ACCEPTED = "envelopes_accepted"
    ENVELOPES_DELIVERED = "envelopes_delivered"
    REQUESTS_REFUSED = "requests_refused"
    MAILBOXES_CREATED = "mailboxes_created"
    INVITATIONS_USED = "invitations_used"
    FRAMES_FORWARDED = "frames_forwarded"
    FRAMES_DROPPED = "frames_dropped"


def add(tx: Transaction, amounts: Mapping[Counter, int]) -> None:
    """Add to counters; one that was never seen starts at 0."""
    tx.db.executemany(
        "INSERT INTO counters (name, value) VALUES (?, ?)"
        " ON CONFLICT (name) DO UPDATE SET value = value + excluded.value",
        [(name.value, amount) for name, amount in amounts.items()],
    )


def read(tx: Transaction) -> dict[Counter, int]:
    """Return every counter that was ever added to."""
    return {
        Counter(name): value for name, value in tx.db.execute("SELECT name, value FROM counters")
    }
