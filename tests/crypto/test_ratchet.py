"""Hold ratchet.py against spec/ratchet.md."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hamseda.crypto import kem
from hamseda.crypto.key_schedule import Label, kdf
from hamseda.crypto.ratchet import (
    GAP_MOST,
    SKIPPED_SECONDS,
    Consumed,
    RatchetState,
    can_send,
    decode_state,
    initiator_state,
    receive_untrusted,
    responder_state,
    send,
)
from hamseda.crypto.ratchet_state import SKIPPED_MOST, SendingTurn
from hamseda.crypto.ratchet_steps import step_chain
from hamseda.errors import UsageError, WireError
from hamseda.wire.ratchet import HEADER_BYTES, split_message_untrusted
from tests.crypto.dice import Dice

NOW = 1_800_000_000
SID, ROOT, ID_A, ID_B = b"s" * 32, b"r" * 32, b"a" * 32, b"b" * 32
PAIR_B = kem.key_pair(b"k" * 32)


class Side:
    """Hold one side's latest state, as a client's store does."""

    def __init__(self, state: RatchetState, dice: Dice) -> None:
        self.state = state
        self.dice = dice

    def send(self, body: bytes) -> bytes:
        """Seal a body and keep the new state."""
        self.state, message = send(self.state, body, self.dice)
        return message

    def receive(self, message: bytes, now: int = NOW) -> bytes:
        """Open a message and keep the new state; a failure keeps the old one."""
        self.state, body = receive_untrusted(self.state, message, now)
        return body


def two_sides(seed: str = "") -> tuple[Side, Side]:
    """Begin a contact: inviter and invited."""
    return (
        Side(initiator_state(SID, ROOT, ID_A, ID_B, PAIR_B.public), Dice(f"A{seed}")),
        Side(responder_state(SID, ROOT, ID_B, ID_A, PAIR_B), Dice(f"B{seed}")),
    )


def header_of(message: bytes) -> tuple[int, int, int]:
    """Read turn, PN and N off a message."""
    header, _, _ = split_message_untrusted(message)
    return header.turn, header.previous, header.number


def tampered(message: bytes, index: int = -1) -> bytes:
    """Change one byte."""
    changed = bytearray(message)
    changed[index] ^= 1
    return bytes(changed)


def test_turns_alternate_and_the_inviter_has_the_odd_ones() -> None:
    """Two sides that could start one turn at once would lose each other."""
    a, b = two_sides()
    seen: list[tuple[int, int, int]] = []
    for sender, receiver, count in ((a, b, 2), (b, a, 1), (a, b, 3), (b, a, 1)):
        for n in range(count):
            message = sender.send(b"%d" % n)
            seen.append(header_of(message))
            assert receiver.receive(message) == b"%d" % n
    assert seen == [(1, 0, 0), (1, 0, 1), (2, 0, 0), (3, 2, 0), (3, 2, 1), (3, 2, 2), (4, 1, 0)]


def test_a_side_that_got_no_answer_stays_in_its_turn() -> None:
    """A new turn needs the peer's new key; without one the chain goes on."""
    a, _ = two_sides()
    assert [header_of(a.send(b"x"))[::2] for _ in range(3)] == [(1, 0), (1, 1), (1, 2)]


def test_the_invited_side_cannot_write_before_its_welcome() -> None:
    """Nothing may leave before the inviter has said yes."""
    a, b = two_sides()
    assert can_send(a.state)
    assert not can_send(b.state)
    with pytest.raises(UsageError):
        b.send(b"too early")
    b.receive(a.send(b"welcome"))
    assert can_send(b.state)


def test_messages_may_arrive_in_any_order() -> None:
    """Mailbox and room are two ways, and the later message may take the faster one."""
    a, b = two_sides()
    messages = [a.send(bytes([n])) for n in range(4)]
    assert [b.receive(messages[n]) for n in (2, 0, 3, 1)] == [b"\2", b"\0", b"\3", b"\1"]
    assert b.state.skipped == ()


def test_a_message_of_the_turn_before_still_opens() -> None:
    """A hang-up that was overtaken by the next call must not read as an attack."""
    a, b = two_sides()
    first, late, later = a.send(b"1"), a.send(b"2"), a.send(b"3")
    b.receive(first)
    a.receive(b.send(b"reply"))
    assert b.receive(a.send(b"new turn")) == b"new turn"
    assert b.receive(later) == b"3"
    assert b.receive(late) == b"2"


def test_a_turn_goes_on_for_the_receiver_that_has_begun_its_own() -> None:
    """Messages cross on the way; neither side may stop listening."""
    a, b = two_sides()
    b.receive(a.send(b"1"))
    crossing = a.send(b"2")
    reply = b.send(b"reply")
    assert b.receive(crossing) == b"2"
    assert a.receive(reply) == b"reply"


def test_a_copy_is_consumed_and_changes_nothing() -> None:
    """A home that delivers twice must not make the phone ring twice."""
    a, b = two_sides()
    message = a.send(b"offer")
    b.receive(message)
    before = b.state
    with pytest.raises(Consumed):
        b.receive(message)
    assert b.state == before
    a.receive(b.send(b"reply"))
    b.receive(a.send(b"next turn"))
    with pytest.raises(Consumed):
        b.receive(message)


def test_a_copy_of_a_delayed_message_is_consumed_too() -> None:
    """Its key was kept for it once, and only once."""
    a, b = two_sides()
    delayed, next_one = a.send(b"1"), a.send(b"2")
    b.receive(next_one)
    b.receive(delayed)
    with pytest.raises(Consumed):
        b.receive(delayed)


@pytest.mark.parametrize(
    "index", [0, 4, 8, 12, 13, 29, 1150, 1197, 2412, HEADER_BYTES, -1], ids=str
)
def test_a_forged_message_changes_nothing_and_the_real_one_opens(index: int) -> None:
    """Whoever can write into the mailbox must not be able to break the channel."""
    a, b = two_sides()
    message = a.send(b"offer")
    before = b.state
    with pytest.raises(WireError) as refusal:
        b.receive(tampered(message, index))
    assert refusal.type is WireError
    assert b.state == before
    assert b.receive(message) == b"offer"


def test_a_forged_copy_of_a_delayed_message_does_not_destroy_the_real_one() -> None:
    """A skipped key goes only when the message that it was kept for has authenticated."""
    a, b = two_sides()
    delayed, next_one = a.send(b"1"), a.send(b"2")
    b.receive(next_one)
    for index in (13, HEADER_BYTES, -1):
        with pytest.raises(WireError):
            b.receive(tampered(delayed, index))
    assert b.receive(delayed) == b"1"


def test_one_message_may_skip_two_thousand_and_no_more() -> None:
    """Each skipped message costs two derivations: a forger must not order millions."""
    a, b = two_sides()
    messages = [a.send(b"%d" % n) for n in range(GAP_MOST + 2)]
    with pytest.raises(WireError, match="skips 2001"):
        b.receive(messages[GAP_MOST + 1])
    assert b.receive(messages[GAP_MOST]) == b"2000"
    assert len(b.state.skipped) == GAP_MOST
    assert b.receive(messages[GAP_MOST + 1]) == b"2001"


def test_skipped_keys_are_bounded_and_the_oldest_give_way() -> None:
    """A peer that never delivers must not fill the other's disk."""
    a, b = two_sides()
    lost = [a.send(b"%d" % n) for n in range(3 * 900)]
    for n in (899, 1799, 2699):
        b.receive(lost[n])
    assert len(b.state.skipped) == SKIPPED_MOST
    assert len(b.state.encode()) < 110_000
    dropped = 3 * 899 - SKIPPED_MOST
    with pytest.raises(Consumed):
        b.receive(lost[dropped - 1])
    assert b.receive(lost[dropped]) == b"%d" % dropped


def test_skipped_keys_are_forgotten_after_thirty_days() -> None:
    """Who steals the phone next year must not read this year's lost messages."""
    a, b = two_sides()
    delayed, next_one, third = a.send(b"1"), a.send(b"2"), a.send(b"3")
    b.receive(next_one, NOW)
    assert b.state.skipped[0].since == NOW
    kept = b.state
    assert b.receive(delayed, NOW + SKIPPED_SECONDS) == b"1"
    b.state = kept
    b.receive(third, NOW + SKIPPED_SECONDS + 1)
    with pytest.raises(Consumed):
        b.receive(delayed, NOW + SKIPPED_SECONDS + 1)


def test_a_turn_that_skips_one_is_refused() -> None:
    """The turns are a chain of keys: none can be left out."""
    a, b = two_sides()
    b.receive(a.send(b"1"))
    stale = b.state
    a.receive(b.send(b"2"))
    message = a.send(b"3")
    b.state = stale
    with pytest.raises(WireError) as refusal:
        b.receive(message)
    assert refusal.type is WireError


def test_own_messages_do_not_open_on_their_own_side() -> None:
    """A home that reflects a message must gain nothing."""
    a, b = two_sides()
    message = a.send(b"1")
    with pytest.raises(WireError):
        a.receive(message)
    b.receive(message)
    with pytest.raises(WireError):
        b.receive(b.send(b"2"))


def test_a_state_restored_from_a_backup_repeats_neither_key_nor_nonce() -> None:
    """Same turn, same number, other salt: AES-GCM never sees one nonce twice under one key."""
    a, _ = two_sides()
    a.send(b"first")
    backup = a.state
    one, two = a.send(b"same body"), send(backup, b"same body", a.dice)[1]
    assert header_of(one) == header_of(two)
    sending = backup.sending
    assert sending is not None
    message_key, _ = step_chain(sending.chain_key)
    secrets = [
        kdf(message_key, split_message_untrusted(message)[0].salt, Label.MESSAGE, 44)
        for message in (one, two)
    ]
    assert secrets[0][:32] != secrets[1][:32]
    assert secrets[0][32:] != secrets[1][32:]
    assert one[HEADER_BYTES:] != two[HEADER_BYTES:]


def test_a_peer_that_went_back_is_noticed() -> None:
    """After a restored backup the numbers come again, and must never be taken as new."""
    a, b = two_sides()
    b.receive(a.send(b"1"))
    backup = a.state
    b.receive(a.send(b"2"))
    a.state = backup
    with pytest.raises(Consumed):
        b.receive(a.send(b"other second message"))


def test_a_peer_that_went_back_a_turn_is_noticed() -> None:
    """It makes the turn again, with other keys, and those do not fit."""
    a, b = two_sides()
    b.receive(a.send(b"1"))
    a.receive(b.send(b"2"))
    backup = a.state
    b.receive(a.send(b"3"))
    a.receive(b.send(b"4"))
    b.receive(a.send(b"5"))
    a.state = backup
    with pytest.raises(WireError):
        b.receive(a.send(b"3 again"))
    with pytest.raises(WireError):
        a.receive(b.send(b"6"))


def test_a_stolen_state_heals_after_one_exchange() -> None:
    """Who copied the keys yesterday must not read tomorrow's calls."""
    a, b = two_sides()
    b.receive(a.send(b"1"))
    a.receive(b.send(b"2"))
    thief = Side(b.state, Dice("thief"))
    b.receive(a.send(b"3"))
    a.receive(b.send(b"4"))
    message = a.send(b"5")
    assert b.receive(message) == b"5"
    with pytest.raises(WireError):
        thief.receive(message)


def test_used_private_keys_are_erased_at_once() -> None:
    """Forward secrecy is only as good as the forgetting."""
    a, b = two_sides()
    assert b.state.kem_seed == PAIR_B.seed
    b.receive(a.send(b"1"))
    assert b.state.kem_seed == b""
    assert b.state.peer_key != b""
    b.send(b"2")
    assert b.state.kem_seed not in {b"", PAIR_B.seed}
    assert b.state.peer_key == b""


def test_a_state_survives_storage_at_every_step() -> None:
    """A process may end between any two messages."""
    a, b = two_sides()
    for turn in range(3):
        sender, receiver = (a, b) if turn % 2 == 0 else (b, a)
        sender.send(b"lost")
        message = sender.send(b"kept")
        for side in (a, b):
            side.state = decode_state(side.state.encode())
        assert receiver.receive(message) == b"kept"
        for side in (a, b):
            assert decode_state(side.state.encode()) == side.state


@given(st.binary(max_size=200))
def test_a_damaged_state_raises_the_one_error(noise: bytes) -> None:
    """A broken disk is told in words, not in a traceback."""
    with pytest.raises(WireError):
        decode_state(noise)


@pytest.mark.parametrize("cut", [1, 40, 200, 1500])
def test_a_truncated_state_raises_the_one_error(cut: int) -> None:
    """The same for a file that ends too soon."""
    a, _ = two_sides()
    a.send(b"1")
    with pytest.raises(WireError):
        decode_state(a.state.encode()[:-cut])


@given(st.one_of(st.binary(max_size=100), st.binary(min_size=2430, max_size=2500)))
@settings(max_examples=50)
def test_noise_raises_the_one_error(noise: bytes) -> None:
    """Another exception would be a crash that a stranger can cause."""
    _, b = two_sides()
    for message in (noise, b"\1\0\0\0\1" + noise):
        with pytest.raises(WireError):
            b.receive(message)


def test_no_key_is_printed() -> None:
    """Logs are read by people who must not have keys."""
    a, _ = two_sides()
    a.send(b"1")
    assert "root" not in repr(a.state)
    assert "chain_key" not in repr(a.state)
    assert repr(a.state).count("b'") == 0


def test_a_lying_count_of_the_last_turn_is_refused() -> None:
    """Fewer messages than were received already: one of the two is not what it was."""
    a, b = two_sides()
    for _ in range(3):
        b.receive(a.send(b"x"))
    a.receive(b.send(b"reply"))
    a.state = replace(a.state, sending=replace(_sending(a.state), number=2))
    with pytest.raises(WireError, match="more messages than it says"):
        b.receive(a.send(b"lie"))


def _sending(state: RatchetState) -> SendingTurn:
    assert state.sending is not None
    return state.sending
