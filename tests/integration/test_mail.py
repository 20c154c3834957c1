"""Mailboxes that are jammed, full, replayed or shuffled: calls must get through all the same."""

from __future__ import annotations

import random
import secrets
import sqlite3
import time
from contextlib import closing

import pytest

from hamseda.client.book import Book
from hamseda.client.profile import Kind, Profile
from hamseda.client.records import OutboxItem
from hamseda.wire.call import CallRef
from hamseda.wire.codes import BodyKind
from tests.integration.running import Running
from tests.integration.world import Home, Person, World
from tests.mailbox.desk import fresh_put_id

pytestmark = pytest.mark.calls

GOOD = 500
NOISE_BYTES = 4096


def leave_unsent(person: Person, name: str) -> int:
    """Write into a profile what its next process will send, in this order; return how many.

    Noise first, which no key opens; then 500 good envelopes, among them bodies of every kind that
    mean nothing.
    """
    profile = Profile.open(person.profile)
    try:
        book = Book(profile)
        contact = book.named(name)
        with profile.transaction() as change:
            noise = OutboxItem(
                id=bytes(8),
                home_id=contact.home_id,
                contact_id=contact.id,
                to=contact.destination,
                put_id=fresh_put_id(),
                envelope=secrets.token_bytes(NOISE_BYTES),
                is_of_call=False,
                made=int(time.time()),
            )
            change.put(Kind.OUTBOX, noise.id, noise.encode())
        senseless = [kind for kind in BodyKind if kind is not BodyKind.OUT_OF_STEP]
        for number in range(GOOD):
            if number < len(senseless):
                book.seal(contact.id, senseless[number], secrets.token_bytes(40))
            else:
                book.seal(contact.id, BodyKind.CANCEL, CallRef(secrets.token_bytes(16)).encode())
    finally:
        profile.close()
    return 1 + GOOD


def take_in(person: Person, home: Home, left: int) -> Running:
    """Be online until only `left` envelopes lie at the home."""
    online = person.start_answer()
    home.wait_for_envelopes(left)
    online.stop()
    return online


def test_noise_in_front_of_500_good_envelopes(world: World) -> None:
    """One envelope that nobody can open must not hold up the others, nor the next call."""
    home = world.home(puts_per_second=10_000)
    pair = world.pair(home)
    take_in(pair.ali, home, 0)
    take_in(pair.ali, home, leave_unsent(pair.ali, "maryam"))
    online = take_in(pair.maryam, home, 0)
    assert not online.all("notice", notice="out_of_step")
    for caller, callee in ((pair.ali, pair.maryam), (pair.maryam, pair.ali)):
        callee.start_answer("--once")
        caller.start_call(callee.name, duration=0.3).ended()


def test_a_mailbox_is_full(world: World) -> None:
    """The caller is told so and what to do; when its owner was online, calls work again."""
    home = world.home(mailbox_envelopes=5)
    pair = world.pair(home)
    take_in(pair.ali, home, 0)
    for _ in range(2):
        pair.ali.start_call("maryam", "--patience", "0.5").ended(status=4)
    # The mailbox has room for one more offer, and not for the cancel that follows it.
    pair.ali.start_call("maryam", "--patience", "0.5").ended(status=4)
    full = pair.ali.start_call("maryam", "--patience", "15").ended(10.0, status=4)
    assert full.last("ended")["reason"] == "full"
    error = full.last("error")
    assert "full" in error["error"]
    assert error["next"]
    online = pair.maryam.start_answer()
    online.wait_for("missed")
    pair.ali.start_call("maryam", duration=0.3).ended()
    missed = None
    for _ in range(3):
        missed = online.wait_for("missed", after=missed)


def test_envelopes_come_twice_and_in_any_order(world: World) -> None:
    """A home restored from a backup, or a spiteful one: each call is missed once, none rings."""
    home = world.home()
    pair = world.pair(home)
    take_in(pair.ali, home, 0)
    for _ in range(3):
        pair.ali.start_call("maryam", "--patience", "0.5").ended(status=4)
    home.stop()
    replay_and_shuffle(home)
    home.start()
    online = take_in(pair.maryam, home, 0)
    later = pair.maryam.start_answer("--once")
    pair.ali.start_call("maryam", duration=0.3).ended()
    later.ended()
    # What is not said at once because the process ends is said by the next one.
    assert sum(len(each.all("missed")) for each in (online, later)) == 3
    assert not online.all("ringing")
    assert not [*online.all("error"), *later.all("error")]
    assert not [*online.all("notice"), *later.all("notice")]


def replay_and_shuffle(home: Home) -> None:
    """Put every envelope three times into its mailbox, in random order, an hour older."""
    with closing(sqlite3.connect(home.database)) as db, db:
        rows = db.execute("SELECT mailbox, arrived, expires, envelope FROM envelopes").fetchall()
        db.execute("DELETE FROM envelopes")
        rows = rows * 3
        random.shuffle(rows)
        for seq, (mailbox, arrived, expires, envelope) in enumerate(rows, start=100):
            db.execute(
                "INSERT INTO envelopes (mailbox, seq, arrived, expires, envelope)"
                " VALUES (?, ?, ?, ?, ?)",
                (mailbox, seq, arrived - 3600, expires, envelope),
            )
            db.execute(
                "UPDATE mailboxes SET next_seq = ?, held = held + 1, held_bytes = held_bytes + ?"
                " WHERE id = ?",
                (seq + 1, len(envelope), mailbox),
            )
