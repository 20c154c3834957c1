"""A phone rings for a living caller only, and tells when somebody may be in between."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hamseda.crypto.call_keys import Parties, sign_offer
from hamseda.crypto.signatures import SigningKey
from hamseda.errors import WireError
from hamseda.media.modes import STANDARD
from hamseda.protocol.call_events import Ended, EndReason, Rang, SendControl
from hamseda.protocol.callee import REVEAL_SECONDS, Callee
from hamseda.protocol.caller import RING_SECONDS
from hamseda.protocol.control_channel import ControlChannel
from hamseda.wire.call import parse_signed_untrusted
from hamseda.wire.codes import ControlKind
from tests.crypto.dice import Dice
from tests.protocol.telephone import ALI, BAHAR, PARTIES, Telephone, new_callee, new_caller


def test_a_phone_does_not_ring_before_the_caller_is_alive() -> None:
    """Yesterday's offer delivered when it hurts makes no sound."""
    callee = new_callee(new_caller().offer)
    events = callee.begin(0.0)
    assert [type(event) for event in events] == [SendControl]
    assert not callee.is_ringing
    assert callee.answer(STANDARD.code, 0.0) == []


def test_it_asks_each_second_and_then_gives_up() -> None:
    """A lost question is asked again; an offer that is too old is a missed call."""
    callee = new_callee(new_caller().offer, age=40.0)
    assert callee.begin(0.0)
    assert callee.next_deadline() == 1.0
    assert len(callee.expire(1.0)) == 1
    assert callee.give_up_at == RING_SECONDS - 40.0
    assert callee.expire(5.0) == [Ended(EndReason.CANCELLED)]
    assert callee.was_missed


def test_only_the_right_proof_makes_it_ring() -> None:
    """An "alive" to another question is a replay."""
    phone = Telephone()
    phone.deliver_control(phone.ali)
    alive = phone.bahar.controls.pop()
    another = Callee(PARTIES, BAHAR, phone.offer, 0.0, Dice("another"), 0.0)
    another.begin(0.0)
    assert another.control_untrusted(alive[1:], 0.0) == []
    assert not another.is_ringing
    assert phone.callee.control_untrusted(alive[1:], 0.0) == [Rang()]


@settings(max_examples=60)
@given(st.integers(min_value=0, max_value=10_000), st.integers(min_value=1, max_value=255))
def test_an_altered_offer_is_refused(place: int, change: int) -> None:
    """Whatever byte is changed, nothing rings: a stolen ratchet state is not an identity."""
    offer = bytearray(OFFER)
    offer[place % len(offer)] ^= change
    with pytest.raises(WireError):
        new_callee(bytes(offer))


OFFER = new_caller().offer


@given(st.binary(max_size=64))
def test_noise_is_no_offer(noise: bytes) -> None:
    """Whatever comes out of an envelope, one error or a call."""
    with pytest.raises(WireError):
        new_callee(noise)


@pytest.mark.parametrize(
    ("key", "parties"),
    [
        (SigningKey(b"t" * 32), PARTIES),
        (BAHAR, PARTIES),
        (ALI, Parties(b"x" * 32, ALI.public, BAHAR.public)),
        (ALI, Parties(PARTIES.sid, ALI.public, ALI.public)),
        (ALI, Parties(PARTIES.sid, BAHAR.public, ALI.public)),
    ],
)
def test_an_offer_under_another_name_is_refused(key: SigningKey, parties: Parties) -> None:
    """Other signer, other contact, other direction: no ring."""
    body = parse_signed_untrusted(OFFER).body
    with pytest.raises(WireError):
        new_callee(sign_offer(key, parties, body))


def test_frames_may_flow_as_soon_as_the_person_answered() -> None:
    """The voice needs no further round trip."""
    phone = Telephone()
    phone.answer()
    assert phone.bahar.said == ["Rang", "MediaOpened"]
    answer = phone.ali.envelopes[0]
    assert answer.in_room
    assert phone.callee.answer(STANDARD.code, 0.0) == []


def test_no_reveal_is_an_alarm() -> None:
    """Frames flow but the emoji never come: somebody may be in between."""
    phone = Telephone()
    phone.answer()
    phone.deliver_envelope(phone.ali)
    phone.bahar.controls.clear()
    phone.callee.heard(phone.now)
    assert phone.callee.next_deadline() == phone.now + REVEAL_SECONDS
    before = phone.now
    for second in range(1, 6):
        phone.callee.heard(before + second * 0.9)
    assert phone.callee.expire(before + REVEAL_SECONDS - 0.01) == []
    assert phone.callee.expire(before + REVEAL_SECONDS)[-1] == Ended(EndReason.ALARM)


def test_a_wrong_reveal_is_an_alarm_on_both_sides() -> None:
    """Who learned our nonce before choosing theirs could have chosen the emoji."""
    phone = Telephone()
    phone.answer()
    phone.deliver_envelope(phone.ali)
    phone.bahar.controls.clear()
    signalling = vars(phone.caller)["_signalling"]
    assert isinstance(signalling, ControlChannel)
    phone.bahar.controls.append(signalling.seal(ControlKind.REVEAL, b"w" * 32))
    phone.settle()
    assert (phone.ali.reason, phone.bahar.reason) == ("alarm", "alarm")
    assert phone.bahar.sas is None


def test_a_reveal_said_twice_shows_the_emoji_once() -> None:
    """The caller repeats it until acknowledged; the acknowledgement may be lost."""
    phone = Telephone()
    phone.answer()
    phone.deliver_envelope(phone.ali)
    phone.deliver_control(phone.bahar)
    phone.ali.controls.clear()
    phone.sleep(0.5)
    phone.settle()
    assert phone.bahar.said.count("SasReady") == 1
    assert phone.ali.sas == phone.bahar.sas


def test_a_reveal_before_the_answer_says_nothing() -> None:
    """There is no key yet under which it could be said."""
    phone = Telephone()
    phone.ring()
    ring = vars(phone.caller)["_ring"]
    assert isinstance(ring, ControlChannel)
    sealed = ring.seal(ControlKind.REVEAL, bytes(32))
    assert phone.callee.control_untrusted(sealed[1:], 0.0) == []


def test_declining_is_no_missed_call() -> None:
    """Who pressed "decline" knows that they were called; who did not, is told."""
    declined, cancelled, busy = (new_callee(OFFER) for _ in range(3))
    declined.decline()
    cancelled.cancelled()
    cancelled.cancelled()
    busy.busy()
    assert not declined.was_missed
    assert cancelled.was_missed
    assert busy.was_missed


def test_a_call_without_a_seat_is_missed() -> None:
    """The home gave no seat for the caller's grant: the phone is free again, the person told.

    It once waited for the seat for ever, and everybody else heard "busy".
    """
    callee = new_callee(OFFER)
    assert callee.fail(EndReason.FAILED)[-1] == Ended(EndReason.FAILED)
    assert callee.was_missed


def test_who_called_too_asks_before_it_answers() -> None:
    """Both called at once; but nobody's microphone opens for an offer that somebody kept."""
    callee = new_callee(OFFER)
    callee.begin(0.0)
    assert callee.answer(STANDARD.code, 0.0) == []


def test_hanging_up_while_it_rings_declines() -> None:
    """The end of the program is a "no" too, not silence."""
    phone = Telephone()
    phone.ring()
    phone.act(phone.bahar, phone.callee.hang_up())
    phone.settle()
    assert (phone.ali.reason, phone.bahar.reason) == ("declined", "declined")


@settings(max_examples=40)
@given(st.data())
def test_a_room_that_loses_doubles_and_reorders_keeps_the_call(data: st.DataObject) -> None:
    """What goes through a room may get lost, come twice or in any order; mailboxes do not lose."""
    phone = Telephone()
    for _ in range(400):
        # A room that loses for ever is another story (the alarm).
        phone.sleep(0.25)
        for side in (phone.ali, phone.bahar):
            while side.controls:
                match data.draw(st.sampled_from(["take", "take", "last", "lose", "double"])):
                    case "take":
                        phone.deliver_control(side)
                    case "last":
                        phone.deliver_control(side, -1)
                    case "lose":
                        side.controls.pop()
                    case _:
                        copy = side.controls[0]
                        phone.deliver_control(side)
                        if not side.machine.is_over:
                            assert side.machine.control_untrusted(copy[1:], phone.now) == []
            while side.envelopes:
                phone.deliver_envelope(side)
        if phone.callee.is_ringing:
            phone.act(phone.bahar, phone.callee.answer(STANDARD.code, phone.now))
        if phone.ali.sas is not None:
            break
    assert phone.ali.said == ["Rang", "MediaOpened", "SasReady"]
    assert phone.bahar.said == ["Rang", "MediaOpened", "SasReady"]
    assert phone.ali.sas == phone.bahar.sas
