"""Envelopes: stored once, delivered in order, bounded, gone when fetched."""

from pathlib import Path

import pytest

from hamseda.mailbox import envelopes
from hamseda.mailbox.limits import DAY, Limits
from hamseda.mailbox.put_numbers import WINDOW
from hamseda.mailbox.sweep import sweep
from hamseda.mailbox.transaction import Transaction
from hamseda.wire.status import Status
from tests.mailbox.desk import BOX, CAP, NOW, desk, put_id


def put(tx: Transaction, number: int, envelope: bytes = b"sealed", now: int = NOW) -> Status:
    """Put an envelope into the test's mailbox."""
    return envelopes.put(tx, BOX, CAP, put_id(number), envelope, now)[0]


def waiting(tx: Transaction, after_seq: int = 0, limit: int = 100, now: int = NOW) -> list[int]:
    """Return the numbers of what waits."""
    return [item.seq for item in envelopes.pending(tx, BOX, after_seq, limit, now)]


def test_a_resend_is_stored_once(tmp_path: Path) -> None:
    """On a line that breaks every answer is missed sometimes: a ring must not ring twice."""
    with desk(tmp_path) as tx:
        assert put(tx, 1) is Status.OK
        tx.arrived.clear()
        assert put(tx, 1) is Status.OK
        assert waiting(tx) == [1]
        assert tx.arrived == set()


def test_a_resend_after_the_envelope_was_fetched_is_not_delivered_again(tmp_path: Path) -> None:
    """The answer may be lost for longer than the envelope waits."""
    with desk(tmp_path) as tx:
        put(tx, 1)
        envelopes.ack(tx, BOX, [1])
        assert put(tx, 1) is Status.OK
        assert waiting(tx) == []
        later = NOW + Limits().put_number_days * DAY - 1
        sweep(tx, later)
        assert put(tx, 1, now=later) is Status.OK
        assert waiting(tx, now=later) == []


@pytest.mark.parametrize("days", [1, 30, 150])
def test_a_resend_is_recognised_as_long_as_the_envelope_waits(tmp_path: Path, days: int) -> None:
    """A sender back after three weeks resends; a reader back after four must find it once."""
    with desk(tmp_path, Limits(envelope_days=days)) as tx:
        put(tx, 1)
        later = NOW + days * DAY - 1
        sweep(tx, later)
        assert put(tx, 1, now=later) is Status.OK
        assert waiting(tx, now=later) == [1]


def test_a_full_mailbox_says_so_and_takes_more_when_read(tmp_path: Path) -> None:
    """The sender's user shall hear "their mailbox is full" instead of nothing."""
    with desk(tmp_path, Limits(mailbox_envelopes=2)) as tx:
        assert [put(tx, n) for n in (1, 2, 3)] == [Status.OK, Status.OK, Status.FULL]
        assert put(tx, 2) is Status.OK, "a resend of what is held is no new envelope"
        assert envelopes.ack(tx, BOX, [1]) is Status.OK
        assert put(tx, 3) is Status.OK
        assert waiting(tx) == [2, 3]


def test_bytes_fill_a_mailbox_too(tmp_path: Path) -> None:
    """A thousand of the largest envelopes would be 64 MiB for one stranger."""
    with desk(tmp_path, Limits(mailbox_bytes=100)) as tx:
        assert put(tx, 1, bytes(60)) is Status.OK
        assert put(tx, 2, bytes(41)) is Status.FULL
        assert put(tx, 3, bytes(40)) is Status.OK
        envelopes.ack(tx, BOX, [1])
        assert put(tx, 4, bytes(60)) is Status.OK


def test_remembered_writers_are_bounded(tmp_path: Path) -> None:
    """Filling and emptying one's own mailbox must not fill the disk."""

    def put_as(tx: Transaction, writer: int, now: int = NOW) -> Status:
        return envelopes.put(tx, BOX, CAP, put_id(1, writer), b"sealed", now)[0]

    with desk(tmp_path, Limits(mailbox_writers=2)) as tx:
        assert [put_as(tx, writer) for writer in range(4)] == [*[Status.OK] * 3, Status.QUOTA]
        assert put(tx, 2) is Status.OK, "who is known goes on"
        later = NOW + (Limits().put_number_days + 1) * DAY
        sweep(tx, later)
        assert put_as(tx, 3, later) is Status.OK


def test_a_number_that_was_taken_is_known_and_says_so(tmp_path: Path) -> None:
    """A copy that was restored from a backup notices by that word, and loses nothing."""
    with desk(tmp_path) as tx:
        first = envelopes.put(tx, BOX, CAP, put_id(5), b"sealed", NOW)
        again = envelopes.put(tx, BOX, CAP, put_id(5), b"another", NOW)
        assert (first, again) == ((Status.OK, None), (Status.OK, envelopes.KNOWN))


def test_numbers_may_come_late_but_not_out_of_the_window(tmp_path: Path) -> None:
    """Puts overtake each other by a few; what is far below cannot be told from a repetition."""
    with desk(tmp_path) as tx:
        assert put(tx, 100) is Status.OK
        assert put(tx, 100 - WINDOW) is Status.OK
        assert put(tx, 100 - WINDOW - 1) is Status.EXPIRED
        assert put(tx, 100 + WINDOW) is Status.OK
        assert put(tx, 100) is Status.OK, "known, at the window's end"
        assert put(tx, 101 + WINDOW) is Status.OK
        assert put(tx, 100) is Status.EXPIRED


@pytest.mark.parametrize("number", [0, 2**63, 2**64 - 1])
def test_a_number_outside_of_its_range_is_bad(tmp_path: Path, number: int) -> None:
    """The database keeps signed numbers; what does not fit must not wrap."""
    with desk(tmp_path) as tx:
        bad = bytes(8) + number.to_bytes(8, "big")
        assert envelopes.put(tx, BOX, CAP, bad, b"sealed", NOW)[0] is Status.BAD_REQUEST


def test_numbers_grow_and_never_come_back(tmp_path: Path) -> None:
    """An old acknowledgement must not delete a new envelope."""
    with desk(tmp_path) as tx:
        put(tx, 1)
        put(tx, 2)
        envelopes.ack(tx, BOX, [1, 2])
        put(tx, 3)
        envelopes.ack(tx, BOX, [1, 2])
        assert waiting(tx) == [3]


def test_what_waits_comes_oldest_first_and_in_pages(tmp_path: Path) -> None:
    """Coming back from a week away must not need all of the week in memory."""
    with desk(tmp_path, Limits(page_bytes=100)) as tx:
        for number in range(1, 6):
            put(tx, number, bytes(40))
        assert waiting(tx) == [1, 2]
        assert waiting(tx, after_seq=2) == [3, 4]
        assert waiting(tx, after_seq=4) == [5]
        assert waiting(tx, limit=1) == [1]
        assert waiting(tx, after_seq=2**64) == []
        put(tx, 6, bytes(4000))
        assert waiting(tx, after_seq=5) == [6], "one envelope always fits"


def test_age_is_counted_by_the_home(tmp_path: Path) -> None:
    """Whether a call still rings depends on it, and nobody's clock but the home's is asked."""
    with desk(tmp_path) as tx:
        put(tx, 1)
        (item,) = envelopes.pending(tx, BOX, 0, 10, NOW + 44)
        assert (item.age_s, item.envelope) == (44, b"sealed")
        (item,) = envelopes.pending(tx, BOX, 0, 10, NOW - 3600)
        assert item.age_s == 0, "the home's clock went back"
        assert "sealed" not in repr(item)


def test_an_expired_envelope_is_not_delivered(tmp_path: Path) -> None:
    """Retention holds whether or not the cleaner has passed."""
    with desk(tmp_path) as tx:
        put(tx, 1)
        late = NOW + Limits().envelope_days * DAY
        assert waiting(tx, now=late - 1) == [1]
        assert waiting(tx, now=late) == []


@pytest.mark.parametrize("seq", [0, -1, 2, 2**63, 2**64 - 1, 2**200])
def test_strange_acknowledgements_change_nothing(tmp_path: Path, seq: int) -> None:
    """The number comes from the wire and may be anything."""
    with desk(tmp_path) as tx:
        put(tx, 1)
        assert envelopes.ack(tx, BOX, [seq]) is Status.OK
        assert waiting(tx) == [1]
        assert envelopes.ack(tx, BOX, [1, 1]) is Status.OK
        row = tx.db.execute("SELECT held, held_bytes FROM mailboxes").fetchone()
        assert row == (0, 0)


def test_oversized_requests_are_bad(tmp_path: Path) -> None:
    """Each request is bounded, so that a queue of requests is."""
    with desk(tmp_path) as tx:
        assert put(tx, 1, b"") is Status.BAD_REQUEST
        assert put(tx, 1, bytes(64 * 1024 + 1)) is Status.BAD_REQUEST
        assert put(tx, 1, bytes(64 * 1024)) is Status.OK
        assert envelopes.ack(tx, BOX, range(1, envelopes.MAX_ACKS + 2)) is Status.BAD_REQUEST
