"""Mailboxes: created once, opened by a capability, forgotten when nobody comes."""

from pathlib import Path

from hamseda.mailbox import bundles, envelopes, mailboxes
from hamseda.mailbox.bundles import BundleState
from hamseda.mailbox.limits import DAY, WEEK
from hamseda.mailbox.sweep import counts
from hamseda.mailbox.transaction import Transaction
from hamseda.wire.status import Status
from tests.mailbox.desk import BOX, CAP, CAP_HASH, NOW, OTHER, READ_PK, desk, put_id

VOUCHER = b"hash of voucher".ljust(32, b".")


def expiry(tx: Transaction) -> int:
    """Read the stored expiry of the test's mailbox."""
    return tx.db.execute("SELECT expires FROM mailboxes WHERE id = ?", (BOX,)).fetchone()[0]


def test_a_repeated_creation_is_fine_and_a_different_one_is_not(tmp_path: Path) -> None:
    """A client that missed the answer asks again; nobody can take over a mailbox that way."""
    with desk(tmp_path) as tx:
        assert mailboxes.create(tx, BOX, READ_PK, CAP_HASH, NOW, None) is Status.OK
        assert mailboxes.create(tx, BOX, bytes(32), CAP_HASH, NOW, None) is Status.TAKEN
        assert mailboxes.create(tx, BOX, READ_PK, bytes(32), NOW, None) is Status.TAKEN
        assert mailboxes.read_key(tx, BOX, NOW) == READ_PK


def test_a_voucher_makes_one_mailbox(tmp_path: Path) -> None:
    """One invitation brings one guest, and the guest may resend the request."""
    with desk(tmp_path) as tx:
        assert mailboxes.create(tx, OTHER, READ_PK, CAP_HASH, NOW, VOUCHER) is Status.OK
        assert mailboxes.create(tx, OTHER, READ_PK, CAP_HASH, NOW, VOUCHER) is Status.OK
        assert mailboxes.create(tx, bytes(16), READ_PK, CAP_HASH, NOW, VOUCHER) is Status.REFUSED
        assert mailboxes.read_key(tx, bytes(16), NOW) is None


def test_an_unknown_mailbox_and_a_wrong_capability_look_the_same(tmp_path: Path) -> None:
    """A guesser must not learn which mailboxes exist."""
    with desk(tmp_path) as tx:
        wrong = envelopes.put(tx, BOX, bytes(32), put_id(1), b"sealed", NOW)
        unknown = envelopes.put(tx, OTHER, CAP, put_id(1), b"sealed", NOW)
        assert wrong == unknown == (Status.REFUSED, None)
        assert tx.arrived == set()


def test_all_zero_capability_opens_nothing(tmp_path: Path) -> None:
    """The hash that stands in for a missing mailbox must not be one that somebody can meet."""
    with desk(tmp_path) as tx:
        assert not mailboxes.opens(CAP, None)
        assert not mailboxes.opens(b"", None)
        assert envelopes.put(tx, OTHER, b"", put_id(1), b"sealed", NOW) == (Status.REFUSED, None)


def test_the_expiry_is_no_log_of_when_somebody_was_online(tmp_path: Path) -> None:
    """A thief of the database sees weeks, and a second visit in a week leaves no trace."""
    with desk(tmp_path) as tx:
        first = expiry(tx)
        assert first % WEEK == 0
        assert mailboxes.touch(tx, BOX, NOW + DAY) is Status.OK
        assert expiry(tx) == first
        assert mailboxes.touch(tx, BOX, NOW + WEEK) is Status.OK
        assert expiry(tx) == first + WEEK
        assert mailboxes.touch(tx, BOX, NOW) is Status.OK
        assert expiry(tx) == first + WEEK


def test_an_expired_mailbox_is_gone_before_the_sweep_comes(tmp_path: Path) -> None:
    """Retention is a promise about time, not about when the cleaner passes."""
    with desk(tmp_path) as tx:
        assert envelopes.put(tx, BOX, CAP, put_id(1), b"sealed", NOW) == (Status.OK, None)
        late = expiry(tx)
        assert mailboxes.read_key(tx, BOX, late) is None
        assert mailboxes.touch(tx, BOX, late) is Status.REFUSED
        assert envelopes.put(tx, BOX, CAP, put_id(2), b"sealed", late) == (Status.REFUSED, None)
        assert mailboxes.create(tx, BOX, bytes(32), CAP_HASH, late, None) is Status.OK
        assert mailboxes.read_key(tx, BOX, late) == bytes(32)
        assert envelopes.pending(tx, BOX, 0, 10, NOW) == []


def test_a_closed_mailbox_leaves_nothing_but_the_fate_of_its_invitation(tmp_path: Path) -> None:
    """Who leaves is gone; a late guest still hears why the link does not work."""
    with desk(tmp_path) as tx:
        assert envelopes.put(tx, BOX, CAP, put_id(1), b"sealed", NOW) == (Status.OK, None)
        assert bundles.put(tx, b"i" * 16, BOX, b"blob", NOW + DAY, NOW) is Status.OK
        assert mailboxes.close(tx, BOX) is Status.OK
        assert mailboxes.close(tx, BOX) is Status.OK
        held = {item.kind: item.count for item in counts(tx)}
        assert held.pop("bundles") == 1
        assert set(held.values()) == {0}
        assert bundles.get(tx, b"i" * 16, NOW).state is BundleState.CANCELLED
        row = tx.db.execute("SELECT mailbox, blob FROM bundles").fetchone()
        assert row == (None, None)
