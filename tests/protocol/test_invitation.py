"""One link makes one contact; everybody else is refused, and nothing else gets in."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hamseda.errors import RefusedError, TrustError
from hamseda.protocol.contact import Standing, open_envelope, require_callable, seal_body
from hamseda.protocol.invitation import (
    decode_invitation,
    drain,
    refusal_words,
    take_refused,
    take_welcome,
)
from hamseda.wire.codes import BodyKind
from hamseda.wire.invitation import Refused, Welcome
from tests.crypto.dice import Dice
from tests.protocol.acquaintance import EXPIRY, NOW, accept, befriend, invite, welcomed

RNG = Dice("drain")


def test_two_strangers_become_contacts() -> None:
    """Each side has a key of its own for this contact alone, and knows the other's."""
    friends = befriend()
    assert friends.ali.standing is Standing.WELCOMED
    assert friends.bahar.standing is Standing.CONFIRMED
    assert friends.ali.peer_identity == friends.bahar.ratchet.my_id
    assert friends.bahar.peer_identity == friends.ali.ratchet.my_id
    assert friends.ali.ratchet.sid == friends.bahar.ratchet.sid
    assert (friends.ali.name, friends.bahar.name) == ("bahar", "ali")
    assert friends.bahar.invitation == friends.bahar.voucher == b""
    require_callable(friends.ali)
    require_callable(friends.bahar)


def test_the_first_valid_acceptance_wins() -> None:
    """A link that fell into other hands serves one person; the other hears "used"."""
    invitation = invite()
    _, noise = accept(invite(seed="another"))
    first, first_envelope = accept(invitation, "first")
    second, second_envelope = accept(invitation, "second")
    drained = drain(
        invitation, [(noise, 0), (first_envelope, 5), (second_envelope, 4)], NOW, Dice("drain")
    )
    assert drained.noise == 1
    assert welcomed(first, drained).standing is Standing.CONFIRMED
    (refusal,) = drained.refusals
    assert refusal.to == second.inbox.address
    opened, kind, body = open_envelope(second, refusal.envelope, NOW)
    assert kind == BodyKind.REFUSED
    assert "already used" in str(take_refused(opened, body))


def test_the_same_acceptance_twice_is_one() -> None:
    """A home may deliver again what it was not told that we have.

    The copy was once refused: the new contact got a welcome and a refusal, and was out of step.
    """
    invitation = invite()
    waiting, envelope = accept(invitation)
    drained = drain(invitation, [(envelope, 0), (envelope, 9)], NOW, Dice("drain"))
    assert drained.refusals == ()
    assert welcomed(waiting, drained).standing is Standing.CONFIRMED


def test_too_late_is_refused_by_the_homes_clock() -> None:
    """What counts is when the acceptance reached the home, not when we looked."""
    invitation = invite()
    waiting, envelope = accept(invitation)
    in_time = drain(invitation, [(envelope, 100)], EXPIRY + 100, Dice("drain"))
    assert in_time.contact is not None
    late = drain(invitation, [(envelope, 99)], EXPIRY + 100, Dice("drain"))
    assert late.contact is None
    opened, _, body = open_envelope(waiting, late.refusals[0].envelope, NOW)
    assert "too old" in str(take_refused(opened, body))


@settings(max_examples=40)
@given(st.binary(max_size=64) | st.binary(min_size=4096, max_size=4096))
def test_noise_neither_wins_nor_burns(noise: bytes) -> None:
    """Whoever knows the mailbox can put bytes there; the real one still gets in."""
    waiting, envelope = ACCEPTED
    drained = drain(INVITED, [(noise, 0), (envelope, 0)], NOW, Dice("drain"))
    assert drained.noise == 1
    assert welcomed(waiting, drained).standing is Standing.CONFIRMED


INVITED = invite()
ACCEPTED = accept(INVITED)


@pytest.mark.parametrize("place", range(0, 4096, 257))
def test_an_altered_acceptance_is_noise(place: int) -> None:
    """The home can destroy an acceptance, and not change one."""
    altered = bytearray(ACCEPTED[1])
    altered[place] ^= 1
    assert drain(INVITED, [(bytes(altered), 0)], NOW, Dice("drain")).noise == 1


def test_an_acceptance_for_another_invitation_is_noise() -> None:
    """Each link has its own key: one cannot be moved to another."""
    other = invite(seed="other")
    moved = replace(other, inbox=INVITED.inbox)
    assert drain(moved, [(ACCEPTED[1], 0)], NOW, Dice("drain")).noise == 1


def welcome() -> Welcome:
    """Give the welcome that answers `ACCEPTED`."""
    drained = drain(INVITED, [(ACCEPTED[1], 0)], NOW, Dice("drain"))
    return Welcome.parse_untrusted(open_envelope(ACCEPTED[0], drained.welcome, NOW)[2])


@pytest.mark.parametrize("part", ["ctx", "mailbox", "signature"])
def test_an_altered_welcome_is_no_contact(part: str) -> None:
    """Who has the ratchet's keys and not the inviter's identity cannot welcome in their name."""
    genuine = welcome()
    value = bytearray(getattr(genuine, part))
    value[-1] ^= 1
    altered = replace(genuine, **{part: bytes(value)}).encode()
    with pytest.raises(TrustError, match="altered") as error:
        take_welcome(ACCEPTED[0], altered)
    assert error.value.exit_status == 6
    assert error.value.next


def test_an_altered_refusal_is_no_refusal() -> None:
    """A refusal is signed too: nobody else can turn an acceptance away."""
    other = accept(INVITED, "second")
    drained = drain(INVITED, [(ACCEPTED[1], 0), (other[1], 0)], NOW, Dice("drain"))
    body = open_envelope(other[0], drained.refusals[0].envelope, NOW)[2]
    refused = Refused.parse_untrusted(body)
    with pytest.raises(TrustError):
        take_refused(ACCEPTED[0], body)
    with pytest.raises(TrustError):
        take_refused(other[0], replace(refused, signature=bytes(64)).encode())


@given(st.binary(max_size=200))
def test_noise_is_no_welcome(noise: bytes) -> None:
    """Whatever an authentic envelope holds, a sentence and no crash."""
    with pytest.raises(TrustError):
        take_welcome(ACCEPTED[0], noise)
    with pytest.raises(TrustError):
        take_refused(ACCEPTED[0], noise)


def test_nothing_is_said_before_the_welcome() -> None:
    """There is no address yet to say it to."""
    waiting, _ = ACCEPTED
    with pytest.raises(RefusedError):
        seal_body(waiting, BodyKind.CONFIRM, b"\xa0", Dice("x"))
    with pytest.raises(RefusedError):
        require_callable(waiting)


def test_an_invitation_is_read_back_as_it_was_written() -> None:
    """The profile may be closed between the invitation and its acceptance."""
    stored = decode_invitation(INVITED.encode())
    assert stored == replace(INVITED, blob=b"")
    drained = drain(stored, [(ACCEPTED[1], 0)], NOW, Dice("drain"))
    assert drained.contact is not None


def test_reprs_hold_no_secret() -> None:
    """A traceback or log line must not give an invitation away."""
    drained = drain(INVITED, [(ACCEPTED[1], 0)], NOW, Dice("drain"))
    for value in (INVITED, drained, ACCEPTED[0], drained.refusals):
        assert "\\x" not in repr(value).replace(repr(ACCEPTED[0].id), "").replace(
            repr(drained.contact.id if drained.contact else b""), ""
        )
        assert "bahar" not in repr(value)


@pytest.mark.parametrize(
    ("state", "words"),
    [("used", "already used"), ("expired", "too old"), ("cancelled", "withdrawn"), ("?", "used")],
)
def test_a_refusal_says_why_and_what_next(state: str, words: str) -> None:
    """A dead link must not leave anybody guessing."""
    error = refusal_words(state)
    assert words in str(error)
    assert error.next
    assert error.exit_status == 3
