"""Hold call_keys.py against spec/call.md §1 to §3 and §6."""

from __future__ import annotations

from dataclasses import astuple, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hamseda.crypto import kem
from hamseda.crypto.call_keys import (
    Parties,
    call_secret,
    check_reveal_untrusted,
    commitment,
    offer_wins,
    open_call_seed_untrusted,
    ring_keys,
    seal_call_seed,
    sign_answer,
    sign_offer,
    verify_answer_untrusted,
    verify_offer_untrusted,
)
from hamseda.crypto.signatures import SigningKey
from hamseda.errors import WireError
from hamseda.wire.call import AnswerBody, OfferBody, Signed

CALLER, CALLEE, STRANGER = (SigningKey(seed * 32) for seed in (b"A", b"B", b"C"))
PARTIES = Parties(b"s" * 32, CALLER.public, CALLEE.public)
CALL_ID, N_A, SEED, S_A = b"i" * 16, b"n" * 32, b"e" * 32, b"S" * 32
CALL_PAIR = kem.key_pair(b"c" * 32)
OFFER_BODY = OfferBody(
    CALL_ID, S_A, commitment(CALL_ID, N_A), CALL_PAIR.public, (1,), b"g" * 96, b"t" * 16
)
OFFER = sign_offer(CALLER, PARTIES, OFFER_BODY.encode())
ANSWER_BODY = AnswerBody(
    CALL_ID, seal_call_seed(CALL_PAIR.public, SEED, PARTIES.sid, OFFER), b"N" * 32, 1
)
ANSWER = sign_answer(CALLEE, PARTIES, OFFER, ANSWER_BODY.encode())


def changed_parties() -> list[Parties]:
    """Swap or replace each thing that a signature must cover."""
    return [
        replace(PARTIES, sid=b"t" * 32),
        replace(PARTIES, id_caller=STRANGER.public),
        replace(PARTIES, id_callee=STRANGER.public),
        Parties(PARTIES.sid, PARTIES.id_callee, PARTIES.id_caller),
    ]


def test_offer_and_answer_open_for_those_they_are_meant_for() -> None:
    """The plainest duty of the two."""
    assert verify_offer_untrusted(PARTIES, OFFER) == OFFER_BODY
    assert verify_answer_untrusted(PARTIES, OFFER, ANSWER) == ANSWER_BODY
    assert open_call_seed_untrusted(CALL_PAIR, ANSWER_BODY.ct, PARTIES.sid, OFFER) == SEED


def test_an_offer_or_answer_of_others_is_refused() -> None:
    """Who stole one side's ratchet still cannot call as anybody: there is a signature."""
    for parties in changed_parties():
        with pytest.raises(WireError):
            verify_offer_untrusted(parties, OFFER)
        with pytest.raises(WireError):
            verify_answer_untrusted(parties, OFFER, ANSWER)
    with pytest.raises(WireError):
        verify_offer_untrusted(PARTIES, sign_offer(STRANGER, PARTIES, OFFER_BODY.encode()))


def test_an_answer_counts_for_its_offer_only() -> None:
    """An answer of yesterday must not open today's microphone."""
    other = sign_offer(CALLER, PARTIES, replace(OFFER_BODY, call_id=b"j" * 16).encode())
    with pytest.raises(WireError):
        verify_answer_untrusted(PARTIES, other, ANSWER)
    with pytest.raises(WireError):
        open_call_seed_untrusted(CALL_PAIR, ANSWER_BODY.ct, PARTIES.sid, other)


def test_an_offer_is_no_answer_and_an_answer_no_offer() -> None:
    """Labels keep signatures of one kind out of the other's place."""
    with pytest.raises(WireError):
        verify_answer_untrusted(PARTIES, OFFER, OFFER)
    with pytest.raises(WireError):
        verify_offer_untrusted(PARTIES, ANSWER)


def test_an_offer_with_a_key_that_cannot_be_used_is_refused() -> None:
    """Better no ring than an answer that fails."""
    body = replace(OFFER_BODY, kem_key=b"\xff" * 1216)
    with pytest.raises(WireError):
        verify_offer_untrusted(PARTIES, sign_offer(CALLER, PARTIES, body.encode()))


def test_a_signed_thing_that_is_no_offer_is_refused() -> None:
    """A signature says who wrote it, not that it makes sense."""
    with pytest.raises(WireError):
        verify_offer_untrusted(PARTIES, sign_offer(CALLER, PARTIES, b"\xa0"))


@given(st.binary(max_size=200), st.binary(min_size=64, max_size=64))
def test_noise_raises_the_one_error(noise: bytes, signature: bytes) -> None:
    """Another exception would be a crash that a contact can cause."""
    for foreign in (noise, Signed(noise, signature).encode()):
        with pytest.raises(WireError):
            verify_offer_untrusted(PARTIES, foreign)
        with pytest.raises(WireError):
            verify_answer_untrusted(PARTIES, OFFER, foreign)


def test_both_sides_have_the_same_keys_and_no_two_are_alike() -> None:
    """One key for two purposes would be none."""
    seed = open_call_seed_untrusted(CALL_PAIR, ANSWER_BODY.ct, PARTIES.sid, OFFER)
    caller = call_secret(seed, S_A, OFFER, ANSWER, *astuple(PARTIES))
    callee = call_secret(SEED, S_A, OFFER, ANSWER, *astuple(PARTIES))
    assert caller == callee
    ring = ring_keys(S_A, OFFER)
    keys = [*astuple(caller.sig), *astuple(caller.sframe), *astuple(ring), caller.secret]
    assert len(set(keys)) == 7


def test_every_change_changes_the_keys() -> None:
    """Whoever alters an offer or an answer on its way ends up with silence, not with sound."""
    base = (SEED, S_A, OFFER, ANSWER, *astuple(PARTIES))
    secrets = {call_secret(*base).secret}
    for position in range(len(base)):
        changed = [*base]
        changed[position] = base[position][:-1] + b"\xee"
        secrets.add(call_secret(*changed).secret)
    assert len(secrets) == 1 + len(base)


def test_a_reveal_must_be_what_was_committed_to() -> None:
    """A caller who chooses the nonce after the answer could choose the emoji."""
    check_reveal_untrusted(CALL_ID, N_A, OFFER_BODY.commitment)
    for call_id, n_a in ((CALL_ID, b"x" * 32), (b"j" * 16, N_A), (CALL_ID, b"")):
        with pytest.raises(WireError):
            check_reveal_untrusted(call_id, n_a, OFFER_BODY.commitment)


def test_when_both_call_at_once_exactly_one_offer_wins() -> None:
    """Else both would wait for ever, or both would answer."""
    assert offer_wins(b"one", b"two") != offer_wins(b"two", b"one")


def test_no_key_is_printed() -> None:
    """Logs are read by people who must not have keys."""
    keys = call_secret(SEED, S_A, OFFER, ANSWER, *astuple(PARTIES))
    assert "b'" not in repr(keys) + repr(PARTIES)
