"""Keep sealed envelopes until they are fetched: requests for a transaction (spec/mailbox.md)."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from hamseda.mailbox.limits import DAY, round_up
from hamseda.mailbox.mailboxes import opens
from hamseda.mailbox.transaction import Transaction
from hamseda.wire.status import Status

MAX_SEQ: Final = 2**63 - 1
MAX_ACKS: Final = 1000
"""Acknowledgements in one request; the line allows fewer (spec/mailbox.md)."""


@dataclass(frozen=True, slots=True)
class Pending:
    """One envelope that waits for its reader.

    `seq` grows within a mailbox and never comes twice. `age_s` counts by the home's clock.
    """

    seq: int
    age_s: int
    envelope: bytes = field(repr=False)


def put(
    tx: Transaction, mailbox: bytes, cap: bytes, put_id: bytes, envelope: bytes, now: int
) -> Status:
    """Store one envelope; the same put id again is OK and changes nothing.

    That holds after the envelope was fetched, too: a sender who missed the answer may resend
    for `Limits.put_id_days`, and the reader sees it once.
    """
    db, limits = tx.db, tx.limits
    row = db.execute(
        "SELECT cap_hash, next_seq, held, held_bytes, put_ids FROM mailboxes"
        " WHERE id = ? AND expires > ?",
        (mailbox, now),
    ).fetchone()
    if not opens(cap, row[0] if row is not None else None) or row is None:
        return Status.REFUSED
    _, seq, held, held_bytes, put_ids = row
    if not envelope or len(envelope) > limits.envelope_bytes:
        return Status.BAD_REQUEST
    room = _room(tx, held, held_bytes + len(envelope), put_ids)
    if room != Status.OK:
        # A resend of what is stored already must not fail because the mailbox has filled since.
        return Status.OK if _is_known(tx, mailbox, put_id) else room
    first = db.execute(
        "INSERT OR IGNORE INTO put_ids (mailbox, put_id, expires) VALUES (?, ?, ?)",
        (mailbox, put_id, round_up(now + limits.put_id_days * DAY, DAY)),
    )
    if first.rowcount == 0:
        return Status.OK
    db.execute(
        "INSERT INTO envelopes (mailbox, seq, arrived, expires, envelope) VALUES (?, ?, ?, ?, ?)",
        (mailbox, seq, now, now + limits.envelope_days * DAY, envelope),
    )
    db.execute(
        "UPDATE mailboxes SET next_seq = next_seq + 1, held = held + 1,"
        " held_bytes = held_bytes + ?, put_ids = put_ids + 1 WHERE id = ?",
        (len(envelope), mailbox),
    )
    tx.arrived.add(mailbox)
    return Status.OK


def pending(tx: Transaction, mailbox: bytes, after_seq: int, limit: int, now: int) -> list[Pending]:
    """Return what waits behind `after_seq`, oldest first.

    At most `limit` envelopes and about `Limits.page_bytes`, but one if there is one: ask again
    behind the last.
    """
    rows = tx.db.execute(
        "SELECT seq, arrived, envelope FROM envelopes"
        " WHERE mailbox = ? AND seq > ? AND expires > ? ORDER BY seq LIMIT ?",
        (mailbox, min(after_seq, MAX_SEQ), now, limit),
    )
    page: list[Pending] = []
    size = 0
    for seq, arrived, envelope in rows:
        size += len(envelope)
        if page and size > tx.limits.page_bytes:
            break
        page.append(Pending(seq, max(0, now - arrived), envelope))
    return page


def ack(tx: Transaction, mailbox: bytes, seqs: Sequence[int]) -> Status:
    """Delete fetched envelopes; unknown numbers are skipped, so a repeated ack is OK."""
    if len(seqs) > MAX_ACKS:
        return Status.BAD_REQUEST
    count = size = 0
    for seq in seqs:
        if not 0 < seq <= MAX_SEQ:
            continue
        gone = tx.db.execute(
            "DELETE FROM envelopes WHERE mailbox = ? AND seq = ? RETURNING length(envelope)",
            (mailbox, seq),
        ).fetchall()
        count += len(gone)
        size += sum(row[0] for row in gone)
    if count:
        tx.db.execute(
            "UPDATE mailboxes SET held = held - ?, held_bytes = held_bytes - ? WHERE id = ?",
            (count, size, mailbox),
        )
    return Status.OK


def _room(tx: Transaction, held: int, next_bytes: int, put_ids: int) -> Status:
    limits = tx.limits
    most = limits.bytes_for_a_mailbox(tx.free_bytes)
    if held >= limits.mailbox_envelopes or next_bytes > most:
        return Status.FULL
    return Status.QUOTA if put_ids >= limits.mailbox_put_ids else Status.OK


def _is_known(tx: Transaction, mailbox: bytes, put_id: bytes) -> bool:
    found = tx.db.execute(
        "SELECT 1 FROM put_ids WHERE mailbox = ? AND put_id = ?", (mailbox, put_id)
    )
    return found.fetchone() is not None
