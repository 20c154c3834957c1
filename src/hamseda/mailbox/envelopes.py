"""Keep sealed envelopes until they are fetched: requests for a transaction (spec/mailbox.md)."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from hamseda.mailbox.limits import DAY
from hamseda.mailbox.mailboxes import opens
from hamseda.mailbox.put_numbers import NUMBER_MOST, WRITER_BYTES, Numbers, Slot, Verdict
from hamseda.mailbox.transaction import Transaction
from hamseda.wire.status import Status

MAX_SEQ: Final = 2**63 - 1
MAX_ACKS: Final = 1000
"""Acknowledgements in one request; the line allows fewer (spec/mailbox.md)."""
KNOWN: Final = b"\x01"
"""The data of the answer to a put that was taken before."""

Answer = tuple[Status, bytes | None]
"""A status and the data of its reply."""


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
) -> Answer:
    """Store one envelope; the same put number again is OK with `KNOWN`, and changes nothing.

    That holds after the envelope was fetched, too: a sender who missed the answer may resend
    for `Limits.put_number_days`, and the reader sees it once. EXPIRED is a number of which nobody
    remembers whether it was taken: the sender takes another writer.
    """
    db, limits = tx.db, tx.limits
    row = db.execute(
        "SELECT cap_hash, next_seq, held, held_bytes, writer, put_high, put_seen, put_expires"
        " FROM mailboxes WHERE id = ? AND expires > ?",
        (mailbox, now),
    ).fetchone()
    if not opens(cap, row[0] if row is not None else None) or row is None:
        return Status.REFUSED, None
    _, seq, held, held_bytes, *slot = row
    writer, number = put_id[:WRITER_BYTES], int.from_bytes(put_id[WRITER_BYTES:], "big")
    if not 0 < len(envelope) <= limits.envelope_bytes or not 0 < number <= NUMBER_MOST:
        return Status.BAD_REQUEST, None
    numbers = Numbers(tx, mailbox, writer, Slot(*slot), now)
    # Before the room: a resend of what is stored must not fail because the mailbox filled since.
    match numbers.window.judge(number):
        case Verdict.KNOWN:
            return Status.OK, KNOWN
        case Verdict.EXPIRED:
            return Status.EXPIRED, None
        case Verdict.NEW:
            pass
    most = limits.bytes_for_a_mailbox(tx.free_bytes)
    if held >= limits.mailbox_envelopes or held_bytes + len(envelope) > most:
        return Status.FULL, None
    if not numbers.has_room():
        return Status.QUOTA, None
    db.execute(
        "INSERT INTO envelopes (mailbox, seq, arrived, expires, envelope) VALUES (?, ?, ?, ?, ?)",
        (mailbox, seq, now, now + limits.envelope_days * DAY, envelope),
    )
    db.execute(
        "UPDATE mailboxes SET next_seq = next_seq + 1, held = held + 1,"
        " held_bytes = held_bytes + ?, writer = ?, put_high = ?, put_seen = ?, put_expires = ?"
        " WHERE id = ?",
        (len(envelope), *numbers.take(number).columns, mailbox),
    )
    tx.arrived.add(mailbox)
    return Status.OK, None


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
