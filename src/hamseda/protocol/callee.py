"""Decide what a callee does, from a fresh offer to the end (spec/call.md). No clock, no socket."""

from __future__ import annotations

from enum import Enum, auto
from hmac import compare_digest

from hamseda.crypto.call_keys import (
    CallKeys,
    Parties,
    call_secret,
    check_reveal_untrusted,
    ring_keys,
    seal_call_seed,
    sign_answer,
    verify_offer_untrusted,
)
from hamseda.crypto.key_schedule import Rng
from hamseda.crypto.sas import sas_indices
from hamseda.crypto.signatures import SigningKey
from hamseda.errors import WireError
from hamseda.protocol.call_events import (
    CallEvent,
    Ended,
    EndReason,
    MediaOpened,
    Moved,
    Rang,
    SasReady,
    SendControl,
    SendEnvelope,
)
from hamseda.protocol.caller import LOST_SECONDS, RING_SECONDS, SILENT_SECONDS
from hamseda.protocol.control_channel import (
    ControlChannel,
    open_with_any_untrusted,
    say_both_ways,
)
from hamseda.wire.call import AnswerBody, CallRef, Hangup, parse_signed_untrusted
from hamseda.wire.codes import BodyKind, ControlKind, HangupReason

RINGING_EVERY_SECONDS = 1.0
REVEAL_SECONDS = 5.0
_NONCE_BYTES = 32
_PROOF_BYTES = 16


class _State(Enum):
    ASKING = auto()
    RINGING = auto()
    TALKING = auto()
    ENDED = auto()


class Callee:
    """Be the called side of one call.

    Raises `WireError` when the offer's signature or shape is not right. `age` is the offer's age in
    seconds as the home reports it; an offer older than 45 s never gets here.
    """

    def __init__(
        self,
        parties: Parties,
        identity: SigningKey,
        offer: bytes,
        age: float,
        rng: Rng,
        now: float,
    ) -> None:
        self.parties = parties
        self._identity = identity
        self._offer = offer
        body = verify_offer_untrusted(parties, offer)
        self.call_id = body.call_id
        self.grant = body.grant
        self.seat_secret = body.seat_secret
        self.modes = body.modes
        self.offer_body = parse_signed_untrusted(offer).body
        self._s_a = body.s_a
        self._commitment = body.commitment
        self._kem_key = body.kem_key
        self._rng = rng
        self._ring: ControlChannel | None = ControlChannel.of_callee(
            ring_keys(body.s_a, offer), self.call_id, rng
        )
        self._signalling: ControlChannel | None = None
        self._keys: CallKeys | None = None
        self._n_b = rng(_NONCE_BYTES)
        self._proof = rng(_PROOF_BYTES)
        self._state = _State.ASKING
        self.give_up_at = now + RING_SECONDS - age
        """When the offer is too old to ring or to be answered."""
        self._ask_at = now
        self._heard_at = now
        self.was_missed = False
        """It ended before anybody here answered or declined."""
        self._reveal_by: float | None = None
        self._is_revealed = False

    @property
    def is_over(self) -> bool:
        """Tell whether the call has ended."""
        return self._state is _State.ENDED

    @property
    def is_ringing(self) -> bool:
        """Tell whether a person may answer now."""
        return self._state is _State.RINGING

    @property
    def is_talking(self) -> bool:
        """Tell whether the call was answered and goes on."""
        return self._state is _State.TALKING

    def begin(self, now: float) -> list[CallEvent]:
        """Ask over the room whether the caller is still there; ring only when he is."""
        return self.expire(now)

    def control_untrusted(self, sealed: bytes, now: float) -> list[CallEvent]:
        """Take one sealed control body out of the room."""
        control = open_with_any_untrusted(
            sealed, (self._ring, _RING_KINDS), (self._signalling, _SIGNALLING_KINDS)
        )
        if control is None or self._state is _State.ENDED:
            return []
        self._heard_at = now
        match control.kind:
            case ControlKind.ALIVE if self._state is _State.ASKING:
                if control.value is None or not compare_digest(control.value, self._proof):
                    return []
                self._state = _State.RINGING
                return [Rang()]
            case ControlKind.CANCEL:
                return self.cancelled()
            case ControlKind.REVEAL if control.value is not None:
                return self._revealed(control.value)
            case ControlKind.HANGUP:
                return self.hung_up(control.reason or 0)
            case ControlKind.MOVED:
                return [Moved()]
            case _:
                return []

    def _revealed(self, n_a: bytes) -> list[CallEvent]:
        if self._keys is None or self._signalling is None:
            return []
        try:
            check_reveal_untrusted(self.call_id, n_a, self._commitment)
        except WireError:
            return self._say_end(EndReason.ALARM, HangupReason.ALARM)
        events: list[CallEvent] = [SendControl(self._signalling.seal(ControlKind.REVEAL_ACK))]
        if not self._is_revealed:
            self._is_revealed = True
            self._reveal_by = None
            keys = self._keys
            events.append(SasReady(sas_indices(n_a, self._n_b, keys.transcript, keys.context)))
        return events

    def answer(self, mode: int, now: float) -> list[CallEvent]:
        """Answer: a person wants to talk. Nothing happens unless the call rings."""
        if self._state is not _State.RINGING:
            return []
        seed = self._rng(_NONCE_BYTES)
        sealed = seal_call_seed(self._kem_key, seed, self.parties.sid, self._offer)
        body = AnswerBody(self.call_id, sealed, self._n_b, mode).encode()
        answer = sign_answer(self._identity, self.parties, self._offer, body)
        sid, caller, callee = self.parties.sid, self.parties.id_caller, self.parties.id_callee
        keys = call_secret(seed, self._s_a, self._offer, answer, sid, caller, callee)
        self._keys = keys
        self._signalling = ControlChannel.of_callee(keys.sig, self.call_id, self._rng)
        self._state = _State.TALKING
        self._heard_at = now
        return [
            SendEnvelope(BodyKind.ANSWER, answer, in_room=True),
            MediaOpened(send_key=keys.sframe.b_to_a, receive_key=keys.sframe.a_to_b),
        ]

    def moved(self, now: float) -> list[CallEvent]:
        """Tell the other side, not too often, that this one goes another way to the home."""
        return [] if self._signalling is None else self._signalling.say_moved(now)

    def is_silent(self, now: float) -> bool:
        """Tell whether this call talks and nothing of the caller was heard for half a second."""
        return self.is_talking and now - self._heard_at >= SILENT_SECONDS

    def heard(self, now: float) -> None:
        """Note that an authentic frame came; the reveal is due 5 s after the first."""
        self._heard_at = now
        if self._reveal_by is None and not self._is_revealed:
            self._reveal_by = now + REVEAL_SECONDS

    def decline(self) -> list[CallEvent]:
        """Say no."""
        return self._say_no(EndReason.DECLINED, ControlKind.DECLINE, BodyKind.DECLINE)

    def busy(self) -> list[CallEvent]:
        """Say that this side is in another call."""
        return self._say_no(EndReason.BUSY, ControlKind.BUSY, BodyKind.BUSY)

    def cancelled(self) -> list[CallEvent]:
        """Take the caller's `cancel`, which may have crossed with our answer."""
        return self._end(EndReason.CANCELLED)

    def left(self) -> list[CallEvent]:
        """End a call whose caller has lost it: he is calling anew."""
        return self._end(EndReason.LOST) if self.is_talking else self.cancelled()

    def hung_up(self, reason: int) -> list[CallEvent]:
        """Take the caller's `hangup`."""
        if reason == HangupReason.ALARM:
            return self._end(EndReason.ALARM)
        is_lost = reason == HangupReason.LOST
        return self._end(EndReason.LOST if is_lost else EndReason.REMOTE_HANGUP)

    def hang_up(self) -> list[CallEvent]:
        """End the call from this side; while it rings this declines it.

        A call that does not ring yet is missed: nobody here has said no to it.
        """
        if self._state is _State.TALKING:
            return self._say_end(EndReason.HANGUP, HangupReason.HUNG_UP)
        if self._state is _State.ASKING:
            return self.cancelled()
        return self.decline()

    def fail(self, reason: EndReason) -> list[CallEvent]:
        """End the call for a reason outside of it, telling the other side."""
        return self._say_end(reason, HangupReason.FAILED)

    def next_deadline(self) -> float:
        """Give the moment by which `expire` must be called."""
        match self._state:
            case _State.ASKING:
                return min(self._ask_at, self.give_up_at)
            case _State.TALKING:
                lost_at = self._heard_at + LOST_SECONDS
                return lost_at if self._reveal_by is None else min(lost_at, self._reveal_by)
            case _:
                return self.give_up_at

    def expire(self, now: float) -> list[CallEvent]:
        """Do what is due."""
        if self._state is _State.TALKING:
            if self._reveal_by is not None and now >= self._reveal_by:
                return self._say_end(EndReason.ALARM, HangupReason.ALARM)
            if now >= self._heard_at + LOST_SECONDS:
                return self._say_end(EndReason.LOST, HangupReason.LOST)
        elif self._state is not _State.ENDED:
            if now >= self.give_up_at:
                return self.cancelled()
            if self._state is _State.ASKING and now >= self._ask_at and self._ring is not None:
                self._ask_at = now + RINGING_EVERY_SECONDS
                return [SendControl(self._ring.seal(ControlKind.RINGING, self._proof))]
        return []

    def _say_no(self, reason: EndReason, control: ControlKind, body: BodyKind) -> list[CallEvent]:
        if self._state not in (_State.ASKING, _State.RINGING):
            return []
        envelope = SendEnvelope(body, CallRef(self.call_id).encode())
        return [*say_both_ways(self._ring, control, envelope), *self._end(reason)]

    def _say_end(self, reason: EndReason, code: HangupReason) -> list[CallEvent]:
        if self._state is _State.ENDED:
            return []
        envelope = SendEnvelope(BodyKind.HANGUP, Hangup(self.call_id, code).encode())
        said = say_both_ways(self._signalling, ControlKind.HANGUP, envelope, code)
        return [*said, *self._end(reason)]

    def _end(self, reason: EndReason) -> list[CallEvent]:
        if self._state is _State.ENDED:
            return []
        self.was_missed = self._state is not _State.TALKING and reason is not EndReason.DECLINED
        self._state = _State.ENDED
        self._ring = self._signalling = self._keys = self._reveal_by = None
        self._s_a = self._n_b = b""
        return [Ended(reason)]


_RING_KINDS = frozenset({ControlKind.ALIVE, ControlKind.CANCEL})
_SIGNALLING_KINDS = frozenset({ControlKind.REVEAL, ControlKind.HANGUP, ControlKind.MOVED})
