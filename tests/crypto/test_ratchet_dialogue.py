"""Let two sides of a contact channel talk over a channel that loses, repeats and reorders."""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from hamseda.crypto import kem
from hamseda.crypto.ratchet import (
    Consumed,
    RatchetState,
    can_send,
    decode_state,
    initiator_state,
    receive_untrusted,
    responder_state,
    send,
)
from hamseda.errors import WireError
from tests.crypto.dice import Dice

NOW = 1_800_000_000
SID, ROOT, ID_A, ID_B = b"s" * 32, b"r" * 32, b"a" * 32, b"b" * 32
PAIR_B = kem.key_pair(b"k" * 32)
A, B = 0, 1
SIDES = st.sampled_from((A, B))


@dataclass(frozen=True)
class Sent:
    """Hold one message that the network has, and what it must say when it opens."""

    receiver: int
    message: bytes
    body: bytes


class TwoSides(RuleBasedStateMachine):
    """Do whatever a network may do; what opens must be what was sent, and open once."""

    def __init__(self) -> None:
        super().__init__()
        self.states: list[RatchetState] = [
            initiator_state(SID, ROOT, ID_A, ID_B, PAIR_B.public),
            responder_state(SID, ROOT, ID_B, ID_A, PAIR_B),
        ]
        self.dice = Dice("dialogue")
        self.network: list[Sent] = []
        self.opened: set[Sent] = set()

    @rule(side=SIDES)
    def say(self, side: int) -> None:
        """Send one body, if this side may."""
        if can_send(self.states[side]):
            body = b"body %d" % len(self.network)
            self.states[side], message = send(self.states[side], body, self.dice)
            self.network.append(Sent(1 - side, message, body))

    @precondition(lambda self: bool(self.network))
    @rule(data=st.data())
    def deliver(self, data: st.DataObject) -> None:
        """Deliver any message that was ever sent, for the first time or again."""
        sent = data.draw(st.sampled_from(self.network))
        try:
            state, body = receive_untrusted(self.states[sent.receiver], sent.message, NOW)
        except Consumed:
            assert sent in self.opened
            return
        assert sent not in self.opened
        assert body == sent.body
        self.states[sent.receiver] = state
        self.opened.add(sent)

    @precondition(lambda self: bool(self.network))
    @rule(data=st.data(), index=st.integers(0, 2500))
    def forge(self, data: st.DataObject, index: int) -> None:
        """Deliver a message with one byte changed; nothing may open, nothing may change."""
        sent = data.draw(st.sampled_from(self.network))
        changed = bytearray(sent.message)
        changed[index % len(changed)] ^= 0x40
        try:
            receive_untrusted(self.states[sent.receiver], bytes(changed), NOW)
        except WireError:
            return
        raise AssertionError("a forged message opened")

    @rule(side=SIDES)
    def restart(self, side: int) -> None:
        """End the process and read its state back."""
        self.states[side] = decode_state(self.states[side].encode())

    @invariant()
    def turns_are_at_most_one_apart(self) -> None:
        """Neither side may run ahead of what the other has said."""
        assert abs(self.states[A].own_turn - self.states[B].own_turn) <= 1


TwoSides.TestCase.settings = settings(max_examples=40, stateful_step_count=30, deadline=None)
TestTwoSides = TwoSides.TestCase
