"""A caller hears an answer, a reason, or nothing for 45 seconds; and nobody else's words."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hamseda.crypto.call_keys import Parties, ring_keys, seal_call_seed, sign_answer
from hamseda.crypto.control import seal_control
from hamseda.crypto.signatures import SigningKey
from hamseda.errors import WireError
from hamseda.media.modes import STANDARD
from hamseda.protocol.call_events import (
    Ended,
    EndReason,
    MediaOpened,
    Moved,
    Rang,
    SendControl,
    SendEnvelope,
)
from hamseda.protocol.caller import LOST_SECONDS, RING_SECONDS
from hamseda.protocol.control_channel import MOVED_EVERY_SECONDS
from hamseda.wire.call import AnswerBody, parse_offer_body_untrusted, parse_signed_untrusted
from hamseda.wire.cbor import encode
from hamseda.wire.codes import BodyKind, HangupReason
from tests.crypto.dice import Dice
from tests.protocol.telephone import (
    ALI,
    BAHAR,
    PARTIES,
    Telephone,
    answer_of,
    new_callee,
    new_caller,
)


def test_two_people_talk() -> None:
    """The whole of a call: it rings, it is answered, keys and emoji are the same, it ends."""
    phone = Telephone()
    phone.talk()
    assert phone.ali.said == ["Rang", "MediaOpened", "SasReady"]
    assert phone.bahar.said == ["Rang", "MediaOpened", "SasReady"]
    assert phone.ali.keys.send_key == phone.bahar.keys.receive_key
    assert phone.ali.keys.receive_key == phone.bahar.keys.send_key
    assert phone.ali.keys.send_key != phone.ali.keys.receive_key
    assert phone.ali.sas == phone.bahar.sas
    assert phone.ali.sas is not None
    assert len(phone.ali.sas) == 5
    phone.act(phone.ali, phone.caller.hang_up())
    phone.settle()
    assert (phone.ali.reason, phone.bahar.reason) == ("hangup", "remote_hangup")


def test_no_phone_rings_so_they_are_away() -> None:
    """Who calls must not wait for ever for somebody whose phone is off."""
    caller = new_caller()
    assert caller.next_deadline() == RING_SECONDS
    assert caller.expire(RING_SECONDS - 0.01) == []
    ended = caller.expire(RING_SECONDS)
    assert ended[-1] == Ended(EndReason.AWAY)
    assert [e.kind for e in ended if isinstance(e, SendEnvelope)] == [BodyKind.CANCEL]


def test_it_rang_and_nobody_came() -> None:
    """Nobody there is another sentence than a phone that is off."""
    phone = Telephone()
    phone.ring()
    phone.sleep(RING_SECONDS)
    assert phone.ali.reason == "no_answer"
    assert phone.bahar.reason == "cancelled"
    assert phone.callee.was_missed


@pytest.mark.parametrize("how", ["control", "envelope"])
@pytest.mark.parametrize("what", ["decline", "busy"])
def test_a_no_comes_on_either_way(how: str, what: str) -> None:
    """Room or mailbox: whichever is quicker spares the caller the wait."""
    phone = Telephone()
    phone.ring()
    phone.act(phone.bahar, getattr(phone.callee, what)())
    if how == "control":
        phone.deliver_control(phone.ali)
    else:
        phone.deliver_envelope(phone.ali)
    assert phone.ali.reason == {"decline": "declined", "busy": "busy"}[what]
    assert not phone.bahar.machine.is_talking


def test_hanging_up_before_the_answer_cancels() -> None:
    """The other phone must stop ringing, whether it hears the room or the mailbox."""
    phone = Telephone()
    phone.ring()
    phone.act(phone.ali, phone.caller.hang_up())
    assert phone.ali.reason == "cancelled"
    phone.deliver_control(phone.bahar)
    assert phone.bahar.reason == "cancelled"
    assert phone.callee.was_missed
    assert phone.caller.hang_up() == []


def test_an_answer_that_crossed_with_the_cancel_ends_on_both_sides() -> None:
    """One pressed "answer" as the other pressed "cancel": nobody may talk to a dead phone."""
    phone = Telephone()
    phone.answer()
    phone.act(phone.ali, phone.caller.hang_up())
    phone.settle()
    assert (phone.ali.reason, phone.bahar.reason) == ("cancelled", "cancelled")
    assert not phone.callee.was_missed


def test_an_answer_to_an_earlier_call_is_ignored() -> None:
    """Ali cancelled and called again at once; the answer to his first call came late.

    It once ended the second call with the words for an attack.
    """
    earlier = new_caller("earlier")
    answer = answer_of(new_callee(earlier.offer), earlier)
    caller = new_caller("later")
    assert caller.answer_untrusted(answer, 1.0) == []
    assert not caller.is_over


def test_only_the_first_answer_counts() -> None:
    """Two answers would be two keys: the second device or the thief must hear nothing."""
    phone = Telephone()
    second = answer_of(new_callee(phone.offer), new_caller())
    phone.answer()
    answer = phone.ali.envelopes[0]
    phone.settle()
    assert phone.caller.answer_untrusted(answer.body, phone.now) == []
    assert phone.caller.answer_untrusted(second, phone.now) == []


@given(st.integers(min_value=0, max_value=10_000), st.integers(min_value=1, max_value=255))
def test_an_altered_answer_is_refused(place: int, change: int) -> None:
    """Whatever byte of the answer is changed, no frame flows under keys that somebody chose."""
    phone = Telephone()
    phone.answer()
    answer = bytearray(phone.ali.envelopes[0].body)
    answer[place % len(answer)] ^= change
    events = phone.caller.answer_untrusted(bytes(answer), phone.now)
    assert not any(isinstance(event, MediaOpened) for event in events)
    # Another call's name is somebody else's answer; everything else was altered.
    assert events == [] or events[-1] == Ended(EndReason.ALTERED)


def test_an_answer_of_somebody_else_is_refused() -> None:
    """Who stole the ratchet's state but not the identity key cannot answer for Bahar."""
    caller = new_caller()
    offer = parse_offer_body_untrusted(parse_signed_untrusted(caller.offer).body)
    sealed = seal_call_seed(offer.kem_key, bytes(32), PARTIES.sid, caller.offer)
    body = AnswerBody(caller.call_id, sealed, bytes(32), STANDARD.code).encode()
    thief = SigningKey(b"t" * 32)
    forged = sign_answer(thief, PARTIES, caller.offer, body)
    assert caller.answer_untrusted(forged, 0.0)[-1] == Ended(EndReason.ALTERED)


@pytest.mark.parametrize(
    "wrong",
    [
        Parties(b"x" * 32, ALI.public, BAHAR.public),
        Parties(PARTIES.sid, BAHAR.public, ALI.public),
    ],
)
def test_an_answer_for_another_contact_is_refused(wrong: Parties) -> None:
    """A signature is good for one contact and one direction only."""
    caller = new_caller()
    offer = parse_offer_body_untrusted(parse_signed_untrusted(caller.offer).body)
    sealed = seal_call_seed(offer.kem_key, bytes(32), PARTIES.sid, caller.offer)
    body = AnswerBody(caller.call_id, sealed, bytes(32), STANDARD.code).encode()
    forged = sign_answer(BAHAR, wrong, caller.offer, body)
    assert caller.answer_untrusted(forged, 0.0)[-1] == Ended(EndReason.ALTERED)


def test_the_reveal_is_said_until_it_was_heard() -> None:
    """A room may lose it; without it the other side must think of an attack."""
    phone = Telephone()
    phone.answer()
    phone.deliver_envelope(phone.ali)
    phone.bahar.controls.clear()
    phone.sleep(1.6)
    assert len(phone.bahar.controls) == 3
    assert phone.ali.sas is None
    phone.settle()
    assert phone.ali.sas == phone.bahar.sas is not None
    phone.sleep(5)
    assert phone.bahar.controls == []


def test_an_acknowledgement_nobody_asked_for_shows_nothing() -> None:
    """The emoji appear once, when both sides hold the reveal."""
    phone = Telephone()
    phone.talk()
    phone.act(phone.ali, phone.caller.expire(phone.now))
    assert phone.ali.said.count("SasReady") == 1


@given(st.binary(max_size=300))
def test_noise_in_the_room_ends_nothing(noise: bytes) -> None:
    """Whoever sits in the middle can send bytes; only a key of the call can end it."""
    caller = new_caller()
    with pytest.raises(WireError):
        caller.control_untrusted(noise, 0.0)
    assert not caller.is_over


def test_an_altered_control_says_nothing() -> None:
    """Each byte of a control message is authenticated."""
    phone = Telephone()
    phone.ring()
    phone.act(phone.bahar, phone.callee.decline())
    sealed = phone.ali.controls[0][1:]
    for place in range(0, len(sealed), 17):
        altered = bytearray(sealed)
        altered[place] ^= 1
        with pytest.raises(WireError):
            phone.caller.control_untrusted(bytes(altered), 0.0)
    assert phone.ali.reason is None


def test_a_control_message_counts_once() -> None:
    """A replayed "ringing" makes no second ring and no second answer to it."""
    phone = Telephone()
    ringing = phone.ali.controls[0][1:]
    assert [type(e) for e in phone.caller.control_untrusted(ringing, 0.0)] == [SendControl, Rang]
    assert phone.caller.control_untrusted(ringing, 0.0) == []


def test_own_words_come_back_to_nobody() -> None:
    """A relay that mirrors a message cannot use it in the other direction."""
    phone = Telephone()
    phone.deliver_control(phone.ali)
    alive = phone.bahar.controls[0][1:]
    with pytest.raises(WireError):
        phone.caller.control_untrusted(alive, 0.0)


@pytest.mark.parametrize("who", ["ali", "bahar"])
def test_the_far_side_is_told_of_a_move_and_of_nothing_else(who: str) -> None:
    """Whoever hears a gap may know that it was the other's network; where that is is no news."""
    phone = Telephone()
    side = phone.ali if who == "ali" else phone.bahar
    far = phone.other(side)
    assert side.machine.moved(phone.now) == [], "there is no key for it before the answer"
    phone.talk()
    before = far.said
    phone.act(side, side.machine.moved(phone.now))
    phone.act(side, side.machine.moved(phone.now + MOVED_EVERY_SECONDS - 0.1))
    assert len(far.controls) == 1, "it is no clockwork of a bad network"
    phone.settle()
    assert far.said == [*before, "Moved"]
    assert far.seen[-1] == Moved()
    phone.act(side, side.machine.moved(phone.now + MOVED_EVERY_SECONDS))
    assert len(far.controls) == 1


def test_a_kind_from_the_future_is_dropped() -> None:
    """An older version must not end the call of a newer one."""
    phone = Telephone()
    offered = parse_offer_body_untrusted(parse_signed_untrusted(phone.offer).body)
    key = ring_keys(offered.s_a, phone.offer).b_to_a
    sealed = seal_control(key, offered.call_id, encode({0: 900, 1: 77}), bytes(32))
    with pytest.raises(WireError):
        phone.caller.control_untrusted(sealed, phone.now)
    phone.talk()
    assert "SasReady" in phone.ali.said


def test_a_silent_call_is_lost_after_90_seconds() -> None:
    """Both sides give up by themselves when the network is gone for good."""
    phone = Telephone()
    phone.talk()
    phone.sleep(LOST_SECONDS - 0.1)
    assert phone.ali.reason is None
    phone.sleep(0.2)
    assert (phone.ali.reason, phone.bahar.reason) == ("lost", "lost")


def test_a_frame_now_and_then_keeps_the_call() -> None:
    """A call over a bad line lives as long as anything authentic comes."""
    phone = Telephone()
    phone.talk()
    for _ in range(3):
        phone.sleep(LOST_SECONDS - 1)
        phone.caller.heard(phone.now)
        phone.callee.heard(phone.now)
    assert phone.ali.reason is None
    assert phone.bahar.reason is None


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        (HangupReason.HUNG_UP, "remote_hangup"),
        (HangupReason.ALARM, "alarm"),
        (HangupReason.LOST, "lost"),
        (HangupReason.FAILED, "remote_hangup"),
    ],
)
def test_the_other_sides_reason_is_told(code: HangupReason, reason: str) -> None:
    """An alarm there is an alarm here: both must know that somebody may be in between."""
    phone = Telephone()
    phone.talk()
    phone.act(phone.ali, phone.caller.hung_up(code))
    assert phone.ali.reason == reason


@pytest.mark.parametrize("reason", [EndReason.FULL, EndReason.OUT_OF_STEP, EndReason.UNREACHABLE])
def test_a_call_that_cannot_be_offered_ends_with_the_reason(reason: EndReason) -> None:
    """The mailbox is full, the keys are out of step: the caller hears which."""
    assert new_caller().fail(reason)[-1] == Ended(reason)


def test_giving_way_is_silent_and_final() -> None:
    """Both called at once: the loser's own offer must not ring, cancel or be answered any more."""
    phone = Telephone()
    phone.answer()
    phone.caller.give_way()
    assert phone.caller.is_over
    assert phone.caller.answer_untrusted(phone.ali.envelopes[0].body, 0.0) == []
    assert phone.caller.hang_up() == []
    assert phone.caller.expire(1000.0) == []


def test_glare_has_one_winner_on_both_sides() -> None:
    """Both sides compare the same two numbers, so that one call comes of two."""
    mine = new_caller("mine")
    there = new_callee(mine.offer)
    assert there.offer_body == mine.offer_body
    assert new_caller("theirs").offer_body != mine.offer_body


def test_nothing_secret_is_left_after_the_end() -> None:
    """A call that is over leaves nothing to steal in this object."""
    phone = Telephone()
    phone.talk()
    phone.act(phone.ali, phone.caller.hang_up())
    phone.settle()
    for machine in (phone.caller, phone.callee):
        left = [v for v in vars(machine).values() if v.__class__.__name__ == "ControlChannel"]
        assert left == []
        assert vars(machine)["_s_a"] == b""
    assert vars(phone.callee)["_keys"] is None
    assert vars(phone.caller)["_pair"] is None


def test_events_show_no_secret() -> None:
    """A log line with an event in it must not hold a key."""
    phone = Telephone()
    phone.talk()
    shown = repr(phone.ali.seen) + repr(phone.caller.begin()) + repr(PARTIES)
    assert "MediaOpened()" in shown
    assert "SasReady()" in shown
    assert "bytes" not in shown
    assert "\\x" not in shown


def test_every_call_has_its_own_name_and_keys() -> None:
    """Two calls to the same person share nothing."""
    first, second = new_caller("1"), new_caller("2")
    assert first.call_id != second.call_id
    one = parse_offer_body_untrusted(parse_signed_untrusted(first.offer).body)
    two = parse_offer_body_untrusted(parse_signed_untrusted(second.offer).body)
    assert not {one.s_a, one.commitment, one.kem_key} & {two.s_a, two.commitment, two.kem_key}
    assert replace(one, call_id=two.call_id) != two


def test_sas_depends_on_both_nonces() -> None:
    """Neither side alone chooses the emoji."""
    phone = Telephone()
    phone.talk()
    other = Telephone()
    other.bahar.machine = callee = type(other.callee)(
        PARTIES, BAHAR, other.offer, 0.0, Dice("another"), 0.0
    )
    other.ali.controls.clear()
    other.act(other.bahar, callee.begin(0.0))
    other.talk()
    assert phone.ali.sas != other.ali.sas
