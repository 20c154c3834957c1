"""The judge of the kill tests, judged: a blind one would let every loss pass."""

from tests.kill.ledger import PUT_ID_SIZE, Ledger, Place, envelope_of

PUT_ID = bytes(range(PUT_ID_SIZE))
ENVELOPE = envelope_of(PUT_ID)
PLACE: Place = (b"box", 1)


def books(*, put: bool = False, taken: bool = False) -> Ledger:
    """Open books on one envelope."""
    ledger = Ledger(putting={PUT_ID})
    if put:
        ledger.put.add(PUT_ID)
    if taken:
        ledger.deliver(PLACE, ENVELOPE)
    return ledger


def test_what_was_confirmed_must_be_there() -> None:
    """Who was told "stored" goes offline and trusts it."""
    ledger = books(put=True)
    ledger.judge({PLACE: ENVELOPE})
    assert ledger.complaints == []
    ledger.judge({})
    assert ledger.complaints == [f"{PUT_ID.hex()} was confirmed and is lost"]


def test_what_was_not_confirmed_may_be_there_or_not() -> None:
    """The kill came between the request and its answer; the client resends."""
    ledger = books()
    ledger.judge({})
    ledger.judge({PLACE: ENVELOPE})
    assert ledger.complaints == []


def test_what_was_delivered_was_on_disk_before() -> None:
    """A reader who dies with the home must find again what it had only begun to read."""
    ledger = books(taken=True)
    ledger.judge({})
    assert ledger.complaints == [f"{PUT_ID.hex()} was delivered and is lost"]


def test_a_second_delivery_is_counted_and_is_no_fault() -> None:
    """The wire may bring it twice; the application must not get it twice."""
    ledger = books(put=True, taken=True)
    ledger.deliver(PLACE, ENVELOPE)
    assert (ledger.redelivered, len(ledger.taken), ledger.complaints) == (1, 1, [])


def test_what_was_fetched_must_not_come_back() -> None:
    """A phone that rings for last week's call is a lost envelope's twin."""
    ledger = books(put=True, taken=True)
    ledger.begin_ack([PLACE])
    ledger.judge({PLACE: ENVELOPE})
    ledger.judge({})
    assert ledger.complaints == []
    ledger.end_ack([PLACE])
    ledger.judge({PLACE: ENVELOPE})
    ledger.deliver(PLACE, ENVELOPE)
    assert ledger.complaints == [f"{PUT_ID.hex()} was fetched and is back"] * 2


def test_one_envelope_has_one_number_and_one_number_one_envelope() -> None:
    """A resend stored twice rings twice; a number used twice deletes what it should not."""
    ledger = books(taken=True)
    ledger.deliver((b"box", 2), ENVELOPE)
    other = bytes(PUT_ID_SIZE)
    ledger.putting.add(other)
    ledger.deliver(PLACE, envelope_of(other))
    assert ledger.complaints == [
        f"{PUT_ID.hex()} is there twice",
        f"{other.hex()} has a number that another one had",
    ]


def test_only_what_was_put_may_come() -> None:
    """Torn writes show as envelopes that nobody sent."""
    ledger = books()
    ledger.deliver(PLACE, ENVELOPE[:-1] + b"?")
    Ledger.judge(unasked := Ledger(), {PLACE: ENVELOPE})
    for judged in (ledger, unasked):
        assert judged.complaints == [f"{PUT_ID.hex()} was altered or never put"]
