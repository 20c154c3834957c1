"""Invitation bundles: fetched freely, ended once, and their end is told."""

from pathlib import Path

import pytest

from hamseda.mailbox import bundles, mailboxes
from hamseda.mailbox.bundles import Bundle, BundleState
from hamseda.mailbox.limits import DAY, Limits
from hamseda.mailbox.sweep import sweep
from hamseda.wire.status import Status
from tests.mailbox.desk import BOX, CAP_HASH, NOW, OTHER, READ_PK, desk

INVITE = b"id of invitation"
BLOB = b"encrypted bundle"
EXPIRES = NOW + 7 * DAY


def test_fetching_does_not_burn(tmp_path: Path) -> None:
    """Otherwise whoever fetches first, a link preview for one, kills the invitation."""
    with desk(tmp_path) as tx:
        assert bundles.put(tx, INVITE, BOX, BLOB, EXPIRES, NOW) is Status.OK
        assert bundles.put(tx, INVITE, BOX, BLOB, EXPIRES, NOW) is Status.OK
        for _ in range(2):
            assert bundles.get(tx, INVITE, NOW) == Bundle(BundleState.OPEN, BLOB)
        assert bundles.get(tx, bytes(16), NOW) == Bundle(BundleState.UNKNOWN)


@pytest.mark.parametrize("state", [BundleState.USED, BundleState.CANCELLED])
def test_a_late_guest_is_told_why(tmp_path: Path, state: BundleState) -> None:
    """Word that somebody else used the link is a warning; that it was cancelled is none."""
    with desk(tmp_path) as tx:
        bundles.put(tx, INVITE, BOX, BLOB, EXPIRES, NOW)
        assert bundles.end(tx, INVITE, BOX, state) is Status.OK
        assert bundles.end(tx, INVITE, BOX, BundleState.CANCELLED) is Status.OK
        assert bundles.get(tx, INVITE, NOW) == Bundle(state), "the first reason stays"
        mailboxes.close(tx, BOX)
        assert bundles.get(tx, INVITE, NOW) == Bundle(state)


def test_nobody_ends_or_replaces_the_invitation_of_another(tmp_path: Path) -> None:
    """A guest knows the bundle's id."""
    with desk(tmp_path) as tx:
        mailboxes.create(tx, OTHER, READ_PK, CAP_HASH, NOW, None)
        bundles.put(tx, INVITE, BOX, BLOB, EXPIRES, NOW)
        assert bundles.end(tx, INVITE, OTHER, BundleState.USED) is Status.REFUSED
        assert bundles.end(tx, bytes(16), OTHER, BundleState.USED) is Status.REFUSED
        assert bundles.put(tx, INVITE, OTHER, b"mine", EXPIRES, NOW) is Status.TAKEN
        assert bundles.put(tx, INVITE, BOX, b"new", EXPIRES, NOW) is Status.TAKEN
        assert bundles.get(tx, INVITE, NOW).blob == BLOB


@pytest.mark.parametrize("state", [BundleState.OPEN, BundleState.EXPIRED, BundleState.UNKNOWN])
def test_an_invitation_ends_used_or_cancelled(tmp_path: Path, state: BundleState) -> None:
    """The other states are not a guest's or an inviter's to give."""
    with desk(tmp_path) as tx:
        bundles.put(tx, INVITE, BOX, BLOB, EXPIRES, NOW)
        assert bundles.end(tx, INVITE, BOX, state) is Status.BAD_REQUEST


def test_a_mailbox_has_one_invitation_of_bounded_size_and_life(tmp_path: Path) -> None:
    """A home is no storage for strangers."""
    with desk(tmp_path) as tx:
        big = bytes(Limits().bundle_bytes + 1)
        assert bundles.put(tx, INVITE, BOX, big, EXPIRES, NOW) is Status.BAD_REQUEST
        assert bundles.put(tx, INVITE, BOX, b"", EXPIRES, NOW) is Status.BAD_REQUEST
        assert bundles.put(tx, INVITE, BOX, BLOB, NOW, NOW) is Status.EXPIRED
        assert bundles.put(tx, INVITE, OTHER, BLOB, EXPIRES, NOW) is Status.REFUSED
        assert bundles.put(tx, INVITE, BOX, BLOB, 2**64 - 1, NOW) is Status.OK
        assert bundles.put(tx, bytes(16), BOX, BLOB, EXPIRES, NOW) is Status.QUOTA
        (expires,) = tx.db.execute("SELECT expires FROM bundles").fetchone()
        assert expires <= NOW + (Limits().invitation_days + 1) * DAY
        assert expires % DAY == 0


def test_an_expired_invitation_is_remembered_for_a_while_without_its_blob(tmp_path: Path) -> None:
    """A guest who comes late asks for a new link instead of doubting the old one."""
    with desk(tmp_path) as tx:
        bundles.put(tx, INVITE, BOX, BLOB, EXPIRES, NOW)
        late = EXPIRES + DAY
        assert bundles.get(tx, INVITE, late) == Bundle(BundleState.EXPIRED)
        sweep(tx, late)
        assert tx.db.execute("SELECT blob FROM bundles").fetchone() == (None,)
        assert bundles.get(tx, INVITE, late) == Bundle(BundleState.EXPIRED)
        assert bundles.end(tx, INVITE, BOX, BundleState.USED) is Status.OK
        much_later = late + Limits().invitation_days * DAY
        sweep(tx, much_later)
        assert bundles.get(tx, INVITE, much_later) == Bundle(BundleState.UNKNOWN)
