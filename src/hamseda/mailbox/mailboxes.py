"""Create, read, renew and close mailboxes: requests for a transaction (spec/mailbox.md)."""

import hmac
from hashlib import sha256
from typing import Final

from hamseda.mailbox import bundles
from hamseda.mailbox.limits import DAY, WEEK, round_up
from hamseda.mailbox.transaction import Transaction
from hamseda.wire.status import Status

NO_CAP_HASH: Final = bytes(32)
"""Compared when there is no mailbox, so that the answer takes as long."""


def create(
    tx: Transaction,
    mailbox: bytes,
    read_pk: bytes,
    cap_hash: bytes,
    now: int,
    voucher_hash: bytes | None,
) -> Status:
    """Create a mailbox; the same request again is OK, and another one for the id is TAKEN.

    A voucher that was spent already is REFUSED.
    """
    row = tx.db.execute(
        "SELECT read_pk, cap_hash, expires FROM mailboxes WHERE id = ?", (mailbox,)
    ).fetchone()
    if row is not None and row[2] <= now:
        close(tx, mailbox)
    elif row is not None:
        is_same = row[0] == read_pk and hmac.compare_digest(row[1], cap_hash)
        return Status.OK if is_same else Status.TAKEN
    if voucher_hash is not None:
        spent = tx.db.execute(
            "INSERT OR IGNORE INTO vouchers (hash, expires) VALUES (?, ?)",
            (voucher_hash, round_up(now + tx.limits.voucher_days * DAY, DAY)),
        )
        if spent.rowcount == 0:
            return Status.REFUSED
    tx.db.execute(
        "INSERT INTO mailboxes (id, read_pk, cap_hash, expires) VALUES (?, ?, ?, ?)",
        (mailbox, read_pk, cap_hash, _expiry(tx, now)),
    )
    return Status.OK


def read_key(tx: Transaction, mailbox: bytes, now: int) -> bytes | None:
    """Return the public key that must sign whoever reads, or None without such a mailbox."""
    row = tx.db.execute(
        "SELECT read_pk FROM mailboxes WHERE id = ? AND expires > ?", (mailbox, now)
    ).fetchone()
    return None if row is None else row[0]


def opens(cap: bytes, cap_hash: bytes | None) -> bool:
    """Compare a write capability with a stored hash (None: no such mailbox) in constant time."""
    is_equal = hmac.compare_digest(sha256(cap).digest(), cap_hash or NO_CAP_HASH)
    return is_equal and cap_hash is not None


def touch(tx: Transaction, mailbox: bytes, now: int) -> Status:
    """Renew a mailbox. Writes at most once a week: the expiry must not log who was online when."""
    renewed = _expiry(tx, now)
    row = tx.db.execute(
        "SELECT expires FROM mailboxes WHERE id = ? AND expires > ?", (mailbox, now)
    ).fetchone()
    if row is None:
        return Status.REFUSED
    if row[0] < renewed:
        tx.db.execute("UPDATE mailboxes SET expires = ? WHERE id = ?", (renewed, mailbox))
    return Status.OK


def close(tx: Transaction, mailbox: bytes) -> Status:
    """Delete a mailbox and all it holds; closing it again is OK.

    Its invitation, if still open, becomes cancelled: a late visitor is told so.
    """
    db = tx.db
    db.execute("DELETE FROM mailboxes WHERE id = ?", (mailbox,))
    db.execute("DELETE FROM envelopes WHERE mailbox = ?", (mailbox,))
    db.execute("DELETE FROM writers WHERE mailbox = ?", (mailbox,))
    bundles.cancel_all(tx, mailbox)
    return Status.OK


def _expiry(tx: Transaction, now: int) -> int:
    return round_up(now + tx.limits.mailbox_weeks * WEEK, WEEK)
