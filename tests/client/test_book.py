"""Each step is on disk as a whole: a process that dies at any point has lost or doubled nothing."""

from __future__ import annotations

import hashlib
from collections.abc import Generator
from dataclasses import replace
from pathlib import Path

import pytest

from hamseda.client.book import MISSED_MOST, SEEN_MOST, Book, MissedCall, digest
from hamseda.client.profile import Kind, Profile
from hamseda.errors import RefusedError, UsageError
from hamseda.protocol.contact import Contact, Standing, open_envelope
from hamseda.protocol.invitation import drain
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
    assert again.unsent(HOME_ID) == item
    assert again.contact(contact.id) == book.contact(contact.id) != contact


def test_the_oldest_leaves_first_also_after_a_restart(shelf: Shelf) -> None:
    """A cancel must not overtake its offer."""
    book, contact = with_friend(shelf)
    items = [book.seal(contact.id, BodyKind.CONFIRM, b"\xa0") for _ in range(3)]
    book = shelf.open()
    items.append(book.seal(contact.id, BodyKind.CONFIRM, b"\xa0"))
    for item in items:
        book = shelf.open()
        found = book.unsent(HOME_ID)
        assert found == item
        book.sent(item)
    assert shelf.open().unsent(HOME_ID) is None


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
    book.received(replace(contact, standing=Standing.CONFIRMED), hashes)
    book = shelf.open()
    assert all(book.is_seen(value) for value in hashes)
    assert not book.is_seen(digest(b"three"))
    found = book.contact(contact.id)
    assert found is not None
    assert found.standing is Standing.CONFIRMED


def test_what_is_remembered_is_bounded(shelf: Shelf) -> None:
    """A contact that writes for years fills no disk; the newest are kept, here and on disk."""
    book, contact = with_friend(shelf)
    hashes = [hashlib.sha256(b"%d" % n).digest() for n in range(SEEN_MOST + 10)]
    for start in range(0, len(hashes), 500):
        book.received(contact, tuple(hashes[start : start + 500]))
    for it in (book, shelf.open()):
        assert it.is_seen(hashes[-1])
        assert it.is_seen(hashes[-SEEN_MOST // 4])
        assert not it.is_seen(hashes[0])


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
    welcome = book.unsent(HOME_ID)
    assert welcome is not None
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
        assert it.unsent(HOME_ID) is None
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


def test_missed_calls_wait_until_told(shelf: Shelf) -> None:
    """They come back after a restart, in order, and each only until somebody was told."""
    book, contact = with_friend(shelf)
    book.add_missed(MissedCall("first", 1))
    book = shelf.open()
    book.received(contact, (), missed=MissedCall("second", 2))
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
    shelf.open().add_missed(MissedCall("newest", 1))
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
