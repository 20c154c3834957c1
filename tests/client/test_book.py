"""Each step is on disk as a whole: a process that dies at any point has lost or doubled nothing."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Generator
from dataclasses import replace
from pathlib import Path

import pytest

from hamseda.client.book import Book, digest
from hamseda.client.draft import MISSED_MOST
from hamseda.client.profile import Kind, Profile
from hamseda.client.records import MissedCall
from hamseda.client.seen import MAX_SEEN
from hamseda.errors import RefusedError, UsageError
from hamseda.protocol.contact import Contact, Standing, open_envelope
from hamseda.protocol.invitation import drain
from hamseda.wire import cbor
from hamseda.wire.codes import BodyKind
from tests.crypto.dice import Dice
from tests.protocol.acquaintance import HOME_ID, NOW, accept, befriend, invite

FRIENDS = befriend()


class Shelf:
    """Hold a profile, and open it anew as a new process would."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._profile: Profile | None = None

    def open(self) -> Book:
        """Read the book from disk."""
        self.close()
        self._profile = Profile.open(self.folder)
        return Book(self._profile)

    @property
    def profile(self) -> Profile:
        """Give the open profile."""
        assert self._profile is not None
        return self._profile

    def close(self) -> None:
        """Let go of the profile."""
        if self._profile is not None:
            self._profile.close()
        self._profile = None


@pytest.fixture
def shelf(tmp_path: Path) -> Generator[Shelf]:
    """Give an empty profile."""
    shelf = Shelf(tmp_path)
    yield shelf
    shelf.close()


def with_friend(shelf: Shelf) -> tuple[Book, Contact]:
    """Give a book that holds Bahar as a contact of Ali."""
    book = shelf.open()
    book.save(FRIENDS.ali)
    return book, FRIENDS.ali


def test_state_and_envelope_are_one_commit(shelf: Shelf) -> None:
    """What leaves the device was stored, and what is stored will leave, byte for byte."""
    book, contact = with_friend(shelf)
    item = book.seal(contact.id, BodyKind.CONFIRM, b"\xa0")
    again = shelf.open()
    assert again.waiting(HOME_ID) == [item]
    assert again.contact(contact.id) == book.contact(contact.id) != contact


def test_the_oldest_leaves_first_also_after_a_restart(shelf: Shelf) -> None:
    """A cancel must not overtake its offer."""
    book, contact = with_friend(shelf)
    items = [book.seal(contact.id, BodyKind.CONFIRM, b"\xa0") for _ in range(3)]
    book = shelf.open()
    items.append(book.seal(contact.id, BodyKind.CONFIRM, b"\xa0"))
    for item in items:
        book = shelf.open()
        assert book.waiting(HOME_ID)[0] == item
        book.sent(item)
    assert shelf.open().waiting(HOME_ID) == []


def test_no_number_is_used_twice_over_restarts(shelf: Shelf) -> None:
    """One message, one number: the other side reads all of them in any order."""
    book, contact = with_friend(shelf)
    bahar = FRIENDS.bahar
    for n in range(6):
        item = book.seal(contact.id, BodyKind.CONFIRM, b"%d" % n)
        bahar, _, body = open_envelope(bahar, item.envelope, NOW)
        assert body == b"%d" % n
        book = shelf.open()


def test_received_once_over_restarts(shelf: Shelf) -> None:
    """The home delivers again what was not acknowledged before the end."""
    book, contact = with_friend(shelf)
    hashes = (digest(b"one"), digest(b"two"))
    box = contact.inbox.address.mailbox
    book.received(replace(contact, standing=Standing.CONFIRMED), hashes)
    book = shelf.open()
    assert all(book.is_seen(box, value) for value in hashes)
    assert not book.is_seen(box, digest(b"three"))
    found = book.contact(contact.id)
    assert found is not None
    assert found.standing is Standing.CONFIRMED


def test_what_is_remembered_is_bounded(shelf: Shelf) -> None:
    """A contact that writes for years fills no disk; the newest are kept, here and on disk."""
    book, contact = with_friend(shelf)
    box = contact.inbox.address.mailbox
    hashes = [hashlib.sha256(b"%d" % n).digest() for n in range(MAX_SEEN + 10)]
    for start in range(0, len(hashes), 500):
        book.received(contact, tuple(hashes[start : start + 500]))
    for it in (book, shelf.open()):
        assert it.is_seen(box, hashes[-1])
        assert it.is_seen(box, hashes[-100])
        assert not it.is_seen(box, hashes[0])


def test_draining_is_one_commit(shelf: Shelf) -> None:
    """The invitation's key goes, contact and welcome come, together."""
    book = shelf.open()
    invitation = invite()
    book.add_invitation(invitation)
    assert shelf.open().invitations() == [replace(invitation, blob=b"")]
    book = shelf.open()
    (_, first), (_, second) = accept(invitation), accept(invitation, "second")
    drained = drain(invitation, [(first, 0), (second, 0)], NOW, Dice("x"))
    taken = book.take_drained(invitation, drained)
    assert taken.refused == 1
    book = shelf.open()
    assert book.invitations() == []
    assert [contact.name for contact in book.contacts()] == ["bahar"]
    welcome, _ = book.waiting(HOME_ID)
    assert welcome.envelope == drained.welcome
    assert (
        b"".join(path.read_bytes() for path in shelf.folder.glob("profile.db*")).find(
            invitation.kem_seed
        )
        == -1
    )


def test_deleting_forgets_what_waits(shelf: Shelf) -> None:
    """Nothing is said to somebody who was forgotten."""
    book, contact = with_friend(shelf)
    book.seal(contact.id, BodyKind.CONFIRM, b"\xa0")
    book.delete(contact)
    for it in (book, shelf.open()):
        assert it.contacts() == []
        assert it.waiting(HOME_ID) == []
        with pytest.raises(UsageError, match="nobody yet"):
            it.named("bahar")


def test_answering_is_remembered_with_the_answer(shelf: Shelf) -> None:
    """A process that starts after a crash finds the call whose keys are gone."""
    book, contact = with_friend(shelf)
    book.seal(contact.id, BodyKind.ANSWER, b"\xa0", answered=b"c" * 16)
    book = shelf.open()
    assert book.answered() == [(b"c" * 16, contact.id)]
    book.call_over(b"c" * 16)
    assert shelf.open().answered() == []


def add_missed(book: Book, missed: MissedCall, *, is_ringing: bool = False) -> bytes:
    """Remember a missed call in a step of its own."""
    with book.change() as draft:
        return draft.add_missed(missed, is_ringing=is_ringing)


def test_a_call_that_rings_is_missed_until_it_is_not(shelf: Shelf) -> None:
    """A process that is killed while it rings leaves the missed call behind."""
    book = shelf.open()
    add_missed(book, MissedCall("before", 1))
    ringing = add_missed(book, MissedCall("rings", 2), is_ringing=True)
    book.told_of_missed()
    book.told_of_missed()
    assert [missed.name for missed in shelf.open().missed()] == ["rings"]
    book = shelf.open()
    ringing = add_missed(book, MissedCall("answered", 3), is_ringing=True)
    book.rang(ringing, was_missed=False)
    assert [missed.name for missed in shelf.open().missed()] == ["rings"]


def test_missed_calls_wait_until_told(shelf: Shelf) -> None:
    """They come back after a restart, in order, and each only until somebody was told."""
    book = shelf.open()
    add_missed(book, MissedCall("first", 1))
    book = shelf.open()
    add_missed(book, MissedCall("second", 2))
    book = shelf.open()
    assert [missed.name for missed in book.missed()] == ["first", "second"]
    book.told_of_missed()
    assert [missed.name for missed in shelf.open().missed()] == ["second"]
    book = shelf.open()
    for _ in range(2):
        book.told_of_missed()
    assert shelf.open().missed() == []


def test_missed_calls_are_bounded(shelf: Shelf) -> None:
    """Somebody who calls all night fills no disk."""
    shelf.open()
    with shelf.profile.transaction() as change:
        for n in range(MISSED_MOST):
            change.put(Kind.MISSED, n.to_bytes(8, "big"), MissedCall(f"{n}", n).encode())
    add_missed(shelf.open(), MissedCall("newest", 1))
    missed = shelf.open().missed()
    assert len(missed) == MISSED_MOST
    assert (missed[0].name, missed[-1].name) == ("1", "newest")


def test_a_failed_seal_changes_nothing(shelf: Shelf) -> None:
    """Before the welcome there is no address: the record stays as it was."""
    book = shelf.open()
    waiting, envelope = accept(invite())
    book.add_waiting(waiting, FRIENDS.ali.destination, envelope)
    with pytest.raises(RefusedError):
        book.seal(waiting.id, BodyKind.CONFIRM, b"\xa0")
    for it in (book, shelf.open()):
        assert it.contact(waiting.id) == waiting


def test_names_are_free_or_known(shelf: Shelf) -> None:
    """An invitation without a name gets one that nobody has."""
    book = shelf.open()
    assert book.free_name() == "friend"
    book.add_invitation(invite("friend"))
    assert book.free_name() == "friend-2"


def test_reprs_hold_no_secret(shelf: Shelf) -> None:
    """A log line with an item in it shows neither address nor envelope."""
    book, contact = with_friend(shelf)
    item = book.seal(contact.id, BodyKind.CONFIRM, b"\xa0")
    assert "envelope" not in repr(item)
    assert "cap" not in repr(item)
    assert "bahar" not in repr(MissedCall("bahar", 1))


def test_nobodys_flood_makes_another_forgotten(shelf: Shelf) -> None:
    """A contact and the home together could once put any other contact out of step."""
    book, good = with_friend(shelf)
    other = replace(good.inbox.address, mailbox=b"another mailbox!")
    bad = replace(good, id=b"b" * 16, name="bad", inbox=replace(good.inbox, address=other))
    book.save(bad)
    book.received(good, (digest(b"envelope of good"),))
    for start in range(0, MAX_SEEN + 200, 500):
        book.received(bad, tuple(digest(b"%d" % (start + n)) for n in range(500)))
    for it in (book, shelf.open()):
        assert it.is_seen(good.inbox.address.mailbox, digest(b"envelope of good"))
        assert not it.is_seen(bad.inbox.address.mailbox, digest(b"envelope of good"))


def test_what_came_is_forgotten_after_forty_days(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An envelope waits 30 days at a home; what is older tells only what was once said."""
    book, contact = with_friend(shelf)
    box = contact.inbox.address.mailbox
    book.received(contact, (digest(b"old"),))
    days = time.time() + 41 * 24 * 3600
    monkeypatch.setattr(time, "time", lambda: days)
    book = shelf.open()
    book.received(contact, (digest(b"new"),))
    for it in (book, shelf.open()):
        assert not it.is_seen(box, digest(b"old"))
        assert it.is_seen(box, digest(b"new"))


def test_what_an_earlier_release_remembered_counts_for_everybody(shelf: Shelf) -> None:
    """It had one list for all contacts: an upgrade must not make old envelopes new."""
    _, contact = with_friend(shelf)
    with shelf.profile.transaction() as change:
        for n in range(3):
            change.put(Kind.SEEN, (n + 1).to_bytes(8, "big"), digest(b"%d" % n))
    for _ in range(2):
        book = shelf.open()
        assert all(book.is_seen(contact.inbox.address.mailbox, digest(b"%d" % n)) for n in range(3))
    assert {len(id) for id, _ in shelf.profile.items(Kind.SEEN)} == {24}


def test_puts_are_numbered_without_a_gap_over_restarts(shelf: Shelf) -> None:
    """The home tells a repetition by its number: none may be given twice, none left out."""
    book, contact = with_friend(shelf)
    ids: list[bytes] = []
    for _ in range(3):
        ids.append(book.seal(contact.id, BodyKind.CONFIRM, b"\xa0").put_id)
        book = shelf.open()
    assert len({id[:8] for id in ids}) == 1
    assert [int.from_bytes(id[8:], "big") for id in ids] == [1, 2, 3]


def test_a_restored_copy_numbers_anew_what_waits(shelf: Shelf) -> None:
    """The numbers of its later self are taken at the home; what it says must not be lost there."""
    book, contact = with_friend(shelf)
    items = [book.seal(contact.id, BodyKind.CONFIRM, b"\xa0") for _ in range(3)]
    book.sent(items[0])
    with book.change() as draft:
        draft.renumber(items[1])
    for it in (book, shelf.open()):
        waiting = it.waiting(HOME_ID)
        assert [item.envelope for item in waiting] == [item.envelope for item in items[1:]]
        assert [int.from_bytes(item.put_id[8:], "big") for item in waiting] == [1, 2]
        assert waiting[0].put_id[:8] != items[0].put_id[:8]
    following = it.seal(contact.id, BodyKind.CONFIRM, b"\xa0")
    assert following.put_id == waiting[0].put_id[:8] + (3).to_bytes(8, "big")


def test_an_envelope_of_an_earlier_release_gets_a_number(shelf: Shelf) -> None:
    """Random put ids may be no number that a home takes."""
    book, contact = with_friend(shelf)
    item = book.seal(contact.id, BodyKind.CONFIRM, b"\xa0")
    old = {0: 1, 1: HOME_ID, 2: contact.id, 3: item.to.encode(), 4: b"\xff" * 16, 5: item.envelope}
    with shelf.profile.transaction() as change:
        change.put(Kind.OUTBOX, item.id, cbor.encode(old))
    (read,) = shelf.open().waiting(HOME_ID)
    assert read.envelope == item.envelope
    assert read.put_id[8:] == (1).to_bytes(8, "big")


def test_a_call_leaves_before_what_was_said_earlier(shelf: Shelf) -> None:
    """An offer older than 45 s does not ring: it must not wait behind a list of endpoints."""
    book, contact = with_friend(shelf)
    first = book.seal(contact.id, BodyKind.ENDPOINTS, b"\xa0")
    offer = book.seal(contact.id, BodyKind.OFFER, b"\xa0")
    cancel = book.seal(contact.id, BodyKind.CANCEL, b"\xa0")
    assert shelf.open().waiting(HOME_ID) == [offer, cancel, first]


def test_a_step_that_fails_in_its_middle_leaves_nothing(shelf: Shelf) -> None:
    """Whoever dies between two halves of a step must find neither."""
    book, contact = with_friend(shelf)

    def broken() -> None:
        with book.change() as draft:
            draft.see(contact.inbox.address.mailbox, (digest(b"it"),))
            draft.seal(contact.id, BodyKind.CONFIRM, b"\xa0")
            raise RefusedError("no")

    with pytest.raises(RefusedError):
        broken()
    for it in (book, shelf.open()):
        assert it.contact(contact.id) == contact
        assert it.waiting(HOME_ID) == []
        assert not it.is_seen(contact.inbox.address.mailbox, digest(b"it"))
