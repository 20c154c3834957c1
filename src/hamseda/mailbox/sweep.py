"""Delete what has expired, a slice at a time, and say what is held (spec/mailbox.md)."""

from dataclasses import dataclass
from typing import Final

from hamseda.mailbox import mailboxes
from hamseda.mailbox.bundles import BundleState
from hamseda.mailbox.limits import DAY
from hamseda.mailbox.transaction import Transaction

SLICE_ROWS: Final = 256
SLICE_MAILBOXES: Final = 4
"""A mailbox may hold thousands of rows."""


@dataclass(frozen=True, slots=True)
class Held:
    """Count one kind of datum. `oldest_expiry` is in seconds, None when nothing expires."""

    kind: str
    count: int
    bytes: int
    oldest_expiry: int | None


KINDS: Final[dict[str, str]] = {
    "mailboxes": "length(id) + length(read_pk) + length(cap_hash) + 32"
    " + iif(writer IS NULL, 0, length(writer) + 24)",
    "envelopes": "length(mailbox) + length(envelope) + 32",
    "writers": "length(mailbox) + length(writer) + 24",
    "bundles": "length(id) + coalesce(length(mailbox), 0) + coalesce(length(blob), 0) + 16",
    "vouchers": "length(hash) + 8",
    "counters": "length(name) + 8",
}
"""Every table, and what one of its rows holds in bytes (numbers count 8)."""


def counts(tx: Transaction) -> tuple[Held, ...]:
    """Count every kind of datum that the store holds, empty ones too."""
    held: list[Held] = []
    for kind, size in KINDS.items():
        oldest = "NULL" if kind == "counters" else "min(expires)"
        row = tx.db.execute(
            f"SELECT count(*), coalesce(sum({size}), 0), {oldest} FROM {kind}"  # noqa: S608
        ).fetchone()
        held.append(Held(kind, *row))
    return tuple(held)


def sweep(tx: Transaction, now: int) -> int:
    """Delete one slice of what has expired and return the number of rows; 0 means all is done.

    With nothing left, the write-ahead log is emptied as well.
    """
    gone = (
        _sweep_envelopes(tx, now)
        + _sweep_put_numbers(tx, now)
        + _sweep_bundles(tx, now)
        + _sweep_vouchers(tx, now)
        + _sweep_mailboxes(tx, now)
    )
    tx.wants_scrub = gone == 0
    return gone


def _sweep_envelopes(tx: Transaction, now: int) -> int:
    rows = tx.db.execute(
        "DELETE FROM envelopes WHERE number IN"
        " (SELECT number FROM envelopes WHERE expires <= ? LIMIT ?)"
        " RETURNING length(envelope), mailbox",
        (now, SLICE_ROWS),
    ).fetchall()
    tx.db.executemany(
        "UPDATE mailboxes SET held = held - 1, held_bytes = held_bytes - ? WHERE id = ?", rows
    )
    return len(rows)


def _sweep_put_numbers(tx: Transaction, now: int) -> int:
    forgotten = tx.db.execute(
        "UPDATE mailboxes SET writer = NULL, put_high = NULL, put_seen = NULL, put_expires = NULL"
        " WHERE id IN (SELECT id FROM mailboxes WHERE put_expires <= ? LIMIT ?)",
        (now, SLICE_ROWS),
    ).rowcount
    gone = tx.db.execute(
        "DELETE FROM writers WHERE (mailbox, writer) IN"
        " (SELECT mailbox, writer FROM writers WHERE expires <= ? LIMIT ?)",
        (now, SLICE_ROWS),
    ).rowcount
    return forgotten + gone


def _sweep_bundles(tx: Transaction, now: int) -> int:
    closed = tx.db.execute(
        "UPDATE bundles SET blob = NULL WHERE id IN (SELECT id FROM bundles"
        " WHERE expires <= ? AND state = ? AND blob IS NOT NULL LIMIT ?)",
        (now, BundleState.OPEN, SLICE_ROWS),
    ).rowcount
    forgotten = tx.db.execute(
        "DELETE FROM bundles WHERE id IN (SELECT id FROM bundles WHERE expires <= ? LIMIT ?)",
        (now - tx.limits.invitation_days * DAY, SLICE_ROWS),
    ).rowcount
    return closed + forgotten


def _sweep_vouchers(tx: Transaction, now: int) -> int:
    return tx.db.execute(
        "DELETE FROM vouchers WHERE hash IN (SELECT hash FROM vouchers WHERE expires <= ? LIMIT ?)",
        (now, SLICE_ROWS),
    ).rowcount


def _sweep_mailboxes(tx: Transaction, now: int) -> int:
    expired = tx.db.execute(
        "SELECT id FROM mailboxes WHERE expires <= ? LIMIT ?", (now, SLICE_MAILBOXES)
    ).fetchall()
    for (mailbox,) in expired:
        mailboxes.close(tx, mailbox)
    return len(expired)
