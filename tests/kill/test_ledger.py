"""The judge of the kill tests, judged: a blind one would let every loss pass."""

from tests.kill.ledger import NOTE_SIZE, PUT_ID_SIZE, Ledger, Step, envelope_of, note

PUT_ID = bytes(range(PUT_ID_SIZE))
ENVELOPE = envelope_of(PUT_ID)


def books(*steps: Step) -> Ledger:
    """Open books on one envelope."""
    ledger = Ledger()
    ledger.read(b"".join(note(step, PUT_ID) for step in steps))
    return ledger


def test_what_was_confirmed_must_be_there_once() -> None:
    """Lost, doubled and altered are three different failures of a home."""
    ledger = books(Step.PUTTING, Step.PUT)
    assert ledger.complaints([ENVELOPE]) == []
    assert "is lost" in ledger.complaints([])[0]
    assert "2 times" in ledger.complaints([ENVELOPE, ENVELOPE])[0]
    assert "altered" in ledger.complaints([ENVELOPE[:-1] + b"?"])[0]
    assert "never put" in Ledger().complaints([ENVELOPE])[0]


def test_what_was_not_confirmed_may_be_there_or_not() -> None:
    """The kill came between the request and its answer; the client resends."""
    ledger = books(Step.PUTTING)
    assert ledger.complaints([]) == ledger.complaints([ENVELOPE]) == []
    assert ledger.unanswered() == [PUT_ID]
    ledger.confirm(PUT_ID)
    assert "is lost" in ledger.complaints([])[0]


def test_what_was_fetched_must_not_come_back() -> None:
    """A phone that rings for last week's call is a lost envelope's twin."""
    ledger = books(Step.PUTTING, Step.ACKING, Step.ACKED, Step.PUT)
    assert ledger.unanswered() == []
    assert ledger.complaints([]) == []
    assert "is back" in ledger.complaints([ENVELOPE])[0]
    ledger.retire([])
    assert ledger.steps == {}
    assert "is back" in ledger.complaints([ENVELOPE])[0]


def test_a_note_cut_off_by_the_kill_is_no_note() -> None:
    """The log ends wherever the process did."""
    ledger = Ledger()
    ledger.read(note(Step.PUTTING, PUT_ID) + note(Step.PUT, PUT_ID)[: NOTE_SIZE - 1])
    assert ledger.unanswered() == [PUT_ID]
