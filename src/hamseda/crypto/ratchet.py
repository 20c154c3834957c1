"""Send and receive on the contact channel of two people (spec/ratchet.md).

A double ratchet with strictly alternating turns. Everything here is a pure function of a frozen
state: the caller commits the new state and the bytes together, then sends (§3). A call that
raises leaves the caller with the state it had, so a forged message cannot change anything.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from hamseda.crypto import kem
from hamseda.crypto.kem import KemKeyPair
from hamseda.crypto.key_schedule import Rng, h
from hamseda.crypto.ratchet_state import (
    SKIPPED_MOST,
    RatchetState,
    ReceivingTurn,
    SendingTurn,
    SkippedKey,
    decode_state,
    initiator_state,
    responder_state,
)
from hamseda.crypto.ratchet_steps import (
    open_message_untrusted,
    open_turn_seed_untrusted,
    seal_message,
    seal_turn_seed,
    step_chain,
    step_root,
)
from hamseda.errors import UsageError, WireError
from hamseda.wire.ratchet import RatchetHeader, split_message_untrusted

__all__ = [
    "Consumed",
    "RatchetState",
    "begin_turn",
    "can_send",
    "decode_state",
    "initiator_state",
    "receive_untrusted",
    "responder_state",
    "send",
    "turn_length",
]

GAP_MOST = 2000
"""How many messages one message may skip."""
SKIPPED_SECONDS = 30 * 24 * 3600
_SEED_SIZE = 32
_SALT_SIZE = 16


class Consumed(WireError):  # noqa: N818 (the word of the spec)
    """A message has the number of one that was received already, and its key is gone.

    It is a copy, or the peer went back to an old state, or it came later than its key was kept.
    The message cannot be authenticated any more, so nothing in it counts.
    """


def can_send(state: RatchetState) -> bool:
    """Say whether this side may send: the inviter always, the other side after turn 1."""
    return bool(state.peer_key) or state.sending is not None


def turn_length(state: RatchetState) -> int:
    """Count the messages of the own turn in which the next one goes: 0 where a new turn begins."""
    return 0 if state.peer_key or state.sending is None else state.sending.number


def send(state: RatchetState, body: bytes, rng: Rng) -> tuple[RatchetState, bytes]:
    """Seal one body; a new turn begins whenever one may (§1, §2).

    Commit the new state and the message before the message leaves, and send the stored bytes
    again instead of sealing again. `UsageError` when this side may not send yet.
    """
    if state.peer_key:
        pair, seed = kem.key_pair(rng(kem.SEED_SIZE)), rng(_SEED_SIZE)
        turn = state.peer_turn + 1
        ct = seal_turn_seed(state.peer_key, seed, state.sid, turn, pair.public)
        state = begin_turn(state, pair, seed, ct)
    sending = state.sending
    if sending is None:
        raise UsageError("this contact cannot be written to before its welcome has come")
    message_key, chain_key = step_chain(sending.chain_key)
    header = RatchetHeader(
        turn=sending.turn,
        previous=state.previous,
        number=sending.number,
        salt=rng(_SALT_SIZE),
        ct=sending.ct,
        kem_key=sending.kem_key,
    )
    message = seal_message(message_key, h(state.sid, state.my_id, state.peer_id), header, body)
    sending = replace(sending, chain_key=chain_key, number=sending.number + 1)
    return replace(state, sending=sending), message


def begin_turn(state: RatchetState, pair: KemKeyPair, seed: bytes, ct: bytes) -> RatchetState:
    """Enter the own next turn with an encapsulation that is already made.

    `UsageError` when the peer has not answered the own last turn: turns alternate.
    """
    if not state.peer_key:
        raise UsageError("a turn may begin only after one of the peer's")
    root, chain_key = step_root(state.root, seed, ct, pair.public)
    return replace(
        state,
        root=root,
        kem_seed=pair.seed,
        peer_key=b"",
        previous=state.sending.number if state.sending else 0,
        sending=SendingTurn(state.peer_turn + 1, chain_key, 0, ct, pair.public),
    )


def receive_untrusted(state: RatchetState, message: bytes, now: int) -> tuple[RatchetState, bytes]:
    """Open one message of the peer; give the new state and the body.

    `now` is in Unix seconds and serves to forget old keys. Raise `Consumed` for a number that
    was received already, `WireError` for everything else; then the old state stays right.
    """
    header, _, _ = split_message_untrusted(message)
    state = _forget_old_keys(state, now)
    direction = h(state.sid, state.peer_id, state.my_id)
    for key in state.skipped:
        if (key.turn, key.number) == (header.turn, header.number):
            body = open_message_untrusted(key.message_key, direction, message)
            # Only now: a forged copy of a delayed message must not destroy the real one.
            left = tuple(other for other in state.skipped if other is not key)
            return replace(state, skipped=left), body
    step = _enter_turn_untrusted(state, header, now)
    body = open_message_untrusted(step.message_key, direction, message)
    if step.is_new_turn:
        # Checked late, since it costs more; an unusable key would strand the own next turn.
        kem.check_public_untrusted(header.kem_key)
    return step.state, body


@dataclass(frozen=True, slots=True)
class _Step:
    """Hold the state as it will be if the message proves authentic, and the key to prove it."""

    state: RatchetState
    message_key: bytes
    is_new_turn: bool

    def __repr__(self) -> str:
        return "_Step(…)"


def _enter_turn_untrusted(state: RatchetState, header: RatchetHeader, now: int) -> _Step:
    """Advance a copy of the state up to the message that the header announces."""
    receiving = state.receiving
    if receiving is not None and header.turn == receiving.turn:
        if header.number < receiving.number:
            raise Consumed("this message was received already")
        _refuse_gap(header.number - receiving.number)
        return _advance(state, receiving, header.number, now, is_new_turn=False)
    if 0 < header.turn < state.peer_turn and (state.peer_turn - header.turn) % 2 == 0:
        raise Consumed("this message belongs to a turn that is over")
    if header.turn != state.own_turn + 1 or not state.kem_seed:
        raise WireError("bad message: it does not belong to the peer's next turn")
    received = receiving.number if receiving is not None else 0
    if header.previous < received:
        raise WireError("bad message: the peer's last turn had more messages than it says")
    _refuse_gap(header.previous - received + header.number)
    pair = kem.key_pair(state.kem_seed)
    seed = open_turn_seed_untrusted(pair, header.ct, state.sid, header.turn, header.kem_key)
    if receiving is not None:
        state, _ = _skip_to(state, receiving, header.previous, now)
    elif header.previous:
        raise WireError("bad message: it counts messages before the first turn")
    root, chain_key = step_root(state.root, seed, header.ct, header.kem_key)
    state = replace(state, root=root, kem_seed=b"", peer_key=header.kem_key)
    fresh = ReceivingTurn(header.turn, chain_key, 0)
    return _advance(state, fresh, header.number, now, is_new_turn=True)


def _advance(
    state: RatchetState, receiving: ReceivingTurn, number: int, now: int, *, is_new_turn: bool
) -> _Step:
    state, chain_key = _skip_to(state, receiving, number, now)
    message_key, chain_key = step_chain(chain_key)
    receiving = ReceivingTurn(receiving.turn, chain_key, number + 1)
    return _Step(replace(state, receiving=receiving), message_key, is_new_turn)


def _skip_to(
    state: RatchetState, receiving: ReceivingTurn, number: int, now: int
) -> tuple[RatchetState, bytes]:
    """Keep the keys of the messages before `number`; the oldest give way beyond 2000."""
    chain_key, skipped = receiving.chain_key, list(state.skipped)
    for missing in range(receiving.number, number):
        message_key, chain_key = step_chain(chain_key)
        skipped.append(SkippedKey(receiving.turn, missing, message_key, now))
    return replace(state, skipped=tuple(skipped[-SKIPPED_MOST:])), chain_key


def _refuse_gap(gap: int) -> None:
    if gap > GAP_MOST:
        raise WireError(f"bad message: it skips {gap} others, at most {GAP_MOST} are allowed")


def _forget_old_keys(state: RatchetState, now: int) -> RatchetState:
    fresh = tuple(key for key in state.skipped if now - key.since <= SKIPPED_SECONDS)
    return state if len(fresh) == len(state.skipped) else replace(state, skipped=fresh)
