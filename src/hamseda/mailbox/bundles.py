"""Keep encrypted invitation bundles: requests for a transaction (spec/invitation.md)."""

from dataclasses import dataclass, field
from enum import IntEnum, unique

from hamseda.mailbox.limits import DAY, round_up
from hamseda.mailbox.transaction import Transaction
from hamseda.wire.status import Status


@unique
class BundleState(IntEnum):
    """Say what became of an invitation. The first three are stored."""

    OPEN = 0
    USED = 1
    CANCELLED = 2
    EXPIRED = 3
    UNKNOWN = 4


@dataclass(frozen=True, slots=True)
class Bundle:
    """Answer a visitor: the encrypted bundle while it is open, else why not."""

    state: BundleState
    blob: bytes | None = field(default=None, repr=False)


def put(
    tx: Transaction, bundle: bytes, mailbox: bytes, blob: bytes, expires: int, now: int
) -> Status:
    """Keep a bundle for the owner of a mailbox; the same request again is OK.

    `expires` (seconds) is rounded up to a whole day, so that it does not tell the second of the
    invitation; the exact expiry is inside the bundle, for the visitor to check.
    """
    if expires <= now:
        return Status.EXPIRED
    if not blob or len(blob) > tx.limits.bundle_bytes:
        return Status.BAD_REQUEST
    db = tx.db
    owner = db.execute("SELECT 1 FROM mailboxes WHERE id = ? AND expires > ?", (mailbox, now))
    if owner.fetchone() is None:
        return Status.REFUSED
    row = db.execute("SELECT mailbox, blob FROM bundles WHERE id = ?", (bundle,)).fetchone()
    if row is not None:
        return Status.OK if tuple(row) == (mailbox, blob) else Status.TAKEN
    held = db.execute("SELECT count(*) FROM bundles WHERE mailbox = ?", (mailbox,)).fetchone()[0]
    if held >= tx.limits.mailbox_bundles:
        return Status.QUOTA
    latest = now + tx.limits.invitation_days * DAY
    db.execute(
        "INSERT INTO bundles (id, mailbox, blob, state, expires) VALUES (?, ?, ?, ?, ?)",
        (bundle, mailbox, blob, BundleState.OPEN, round_up(min(expires, latest), DAY)),
    )
    return Status.OK


def end(tx: Transaction, bundle: bytes, mailbox: bytes, state: BundleState) -> Status:
    """Delete the blob and remember why: `state` is USED or CANCELLED.

    The first reason stays. A bundle of another mailbox is REFUSED like an unknown one.
    """
    if state not in (BundleState.USED, BundleState.CANCELLED):
        return Status.BAD_REQUEST
    db = tx.db
    found = db.execute(
        "SELECT state FROM bundles WHERE id = ? AND mailbox = ?", (bundle, mailbox)
    ).fetchone()
    if found is None:
        return Status.REFUSED
    if found[0] == BundleState.OPEN:
        db.execute("UPDATE bundles SET blob = NULL, state = ? WHERE id = ?", (state, bundle))
    return Status.OK


def cancel_all(tx: Transaction, mailbox: bytes) -> None:
    """Cancel what is open and forget whose bundles they were: that mailbox is going."""
    tx.db.execute(
        "UPDATE bundles SET blob = NULL, mailbox = NULL,"
        " state = CASE state WHEN ? THEN ? ELSE state END WHERE mailbox = ?",
        (BundleState.OPEN, BundleState.CANCELLED, mailbox),
    )


def get(tx: Transaction, bundle: bytes, now: int) -> Bundle:
    """Return a bundle. Fetching does not burn it."""
    row = tx.db.execute(
        "SELECT state, blob, expires FROM bundles WHERE id = ?", (bundle,)
    ).fetchone()
    if row is None:
        return Bundle(BundleState.UNKNOWN)
    state, blob, expires = row
    if state != BundleState.OPEN:
        return Bundle(BundleState(state))
    if blob is None or expires <= now:
        return Bundle(BundleState.EXPIRED)
    return Bundle(BundleState.OPEN, blob)
