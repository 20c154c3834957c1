"""Decide what a caller does, from the offer to the end (spec/call.md). No clock, no socket."""

from __future__ import annotations

from enum import Enum, auto
from hmac import compare_digest

from hamseda.crypto.call_keys import (
    CallKeys,
    Parties,
    call_secret,
    commitment,
    open_call_seed_untrusted,
    ring_keys,
    sign_offer,
    verify_answer_untrusted,
)
from hamseda.crypto.kem import KemKeyPair, key_pair
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
from hamseda.protocol.control_channel import (
    ControlChannel,
    open_with_any_untrusted,
    say_both_ways,
)
from hamseda.wire.call import (
    CallRef,
    Control,
    Hangup,
    OfferBody,
    parse_answer_body_untrusted,
    parse_signed_untrusted,
)
from hamseda.wire.codes import BodyKind, ControlKind, HangupReason

RING_SECONDS = 45.0
LOST_SECONDS = 90.0
SILENT_SECONDS = 0.5
REVEAL_EVERY_SECONDS = 0.5
_CALL_ID_BYTES = 16
_SECRET_BYTES = 32


class _State(Enum):
    OFFERED = auto()
    RINGING = auto()
    TALKING = auto()
    ENDED = auto()


class Caller:
    """Be the calling side of one call.

    Feed in what arrives and act on the events that come out; call `expire` no later than
    `next_deadline`. Secrets live in this object only and are dropped at the end.
    """

    def __init__(
        self,
        parties: Parties,
        identity: SigningKey,
        grant: bytes,
        seat_secret: bytes,
        mode: int,
        rng: Rng,
        now: float,
    ) -> None:
        self.parties = parties
        self.call_id = rng(_CALL_ID_BYTES)
        self._s_a = rng(_SECRET_BYTES)
        self._n_a = rng(_SECRET_BYTES)
        self._pair: KemKeyPair | None = key_pair(rng(_SECRET_BYTES))
        body = OfferBody(
            call_id=self.call_id,
            s_a=self._s_a,
            commitment=commitment(self.call_id, self._n_a),
            kem_key=self._pair.public,
            modes=(mode,),
            grant=grant,
            seat_secret=seat_secret,
        ).encode()
        self.offer = sign_offer(identity, parties, body)
        self.offer_body = body
        """Decides who yields when both call each other (`offer_wins`, spec/call.md §6)."""
        self._mode = mode
        self._rng = rng
        self._ring: ControlChannel | None = ControlChannel.of_caller(
            ring_keys(self._s_a, self.offer), self.call_id, rng
        )
        self._signalling: ControlChannel | None = None
        self._state = _State.OFFERED
        self._give_up_at = now + RING_SECONDS
        self._heard_at = now
        self._reveal_at: float | None = None
        self._sas: tuple[int, ...] = ()

    @property
    def is_over(self) -> bool:
        """Tell whether the call has ended."""
        return self._state is _State.ENDED

    @property
    def is_talking(self) -> bool:
        """Tell whether frames may flow."""
        return self._state is _State.TALKING

    def give_up_by(self, moment: float) -> None:
        """Ring no longer than until `moment`; 45 s from the offer stay the most."""
        self._give_up_at = min(self._give_up_at, moment)

    def begin(self) -> list[CallEvent]:
        """Send the offer."""
        return [SendEnvelope(BodyKind.OFFER, self.offer)]

    def control_untrusted(self, sealed: bytes, now: float) -> list[CallEvent]:
        """Take one sealed control body out of the room."""
        control = open_with_any_untrusted(
            sealed, (self._ring, _RING_KINDS), (self._signalling, _SIGNALLING_KINDS)
        )
        if control is None or self._state is _State.ENDED:
            return []
        self._heard_at = now
        match control.kind:
            case ControlKind.RINGING:
                return self._alive(control)
            case ControlKind.DECLINE:
                return self._end(EndReason.DECLINED)
            case ControlKind.BUSY:
                return self._end(EndReason.BUSY)
            case ControlKind.REVEAL_ACK if self._reveal_at is not None:
                self._reveal_at = None
                return [SasReady(self._sas)]
            case ControlKind.HANGUP if self._signalling is not None:
                return self._end(_remote_reason(control.reason))
            case ControlKind.MOVED:
                return [Moved()]
            case _:
                return []

    def _alive(self, control: Control) -> list[CallEvent]:
        if self._ring is None or control.value is None or self._state is _State.TALKING:
            return []
        events: list[CallEvent] = [SendControl(self._ring.seal(ControlKind.ALIVE, control.value))]
        if self._state is _State.OFFERED:
            self._state = _State.RINGING
            events.append(Rang())
        return events

    def answer_untrusted(self, answer: bytes, now: float) -> list[CallEvent]:
        """Take the callee's signed answer; only the first valid one counts.

        An answer for this call that does not verify ends it: somebody altered it. One that names
        another call is ignored: it crossed with the cancel of that call.
        """
        if self._state not in (_State.OFFERED, _State.RINGING) or self._pair is None:
            return []
        if _answers_another_call(answer, self.call_id):
            return []
        try:
            body = verify_answer_untrusted(self.parties, self.offer, answer)
            if body.mode != self._mode:
                raise WireError("an answer in a mode that was not offered")
            seed = open_call_seed_untrusted(self._pair, body.ct, self.parties.sid, self.offer)
        except WireError:
            return self._say_end(EndReason.ALTERED, HangupReason.ALARM)
        sid, caller, callee = self.parties.sid, self.parties.id_caller, self.parties.id_callee
        keys = call_secret(seed, self._s_a, self.offer, answer, sid, caller, callee)
        self._pair = None
        self._state = _State.TALKING
        self._heard_at = now
        self._reveal_at = now
        return [*self._open_media(keys, body.nonce_b), *self.expire(now)]

    def _open_media(self, keys: CallKeys, n_b: bytes) -> list[CallEvent]:
        self._signalling = ControlChannel.of_caller(keys.sig, self.call_id, self._rng)
        self._sas = sas_indices(self._n_a, n_b, keys.transcript, keys.context)
        return [MediaOpened(send_key=keys.sframe.a_to_b, receive_key=keys.sframe.b_to_a)]

    def altered(self) -> list[CallEvent]:
        """Take note that something which may have been the answer cannot be opened."""
        if self._state is _State.TALKING:
            return []
        return self._say_end(EndReason.ALTERED, HangupReason.ALARM)

    def moved(self, now: float) -> list[CallEvent]:
        """Tell the other side, not too often, that this one goes another way to the home."""
        return [] if self._signalling is None else self._signalling.say_moved(now)

    def give_way(self) -> None:
        """Drop this call without a word: theirs won (spec/call.md §6)."""
        self._end(EndReason.CANCELLED)

    def is_silent(self, now: float) -> bool:
        """Tell whether this call talks and nothing of the callee was heard for half a second."""
        return self.is_talking and now - self._heard_at >= SILENT_SECONDS

    def heard(self, now: float) -> None:
        """Note that an authentic frame came."""
        self._heard_at = now

    def declined(self) -> list[CallEvent]:
        """Take the callee's `decline` out of an envelope."""
        return self._end(EndReason.DECLINED) if self._state is not _State.TALKING else []

    def busy(self) -> list[CallEvent]:
        """Take the callee's `busy` out of an envelope."""
        return self._end(EndReason.BUSY) if self._state is not _State.TALKING else []

    def left(self) -> list[CallEvent]:
        """End a call that the other side has lost: it is calling anew."""
        return self._end(EndReason.LOST)

    def hung_up(self, reason: int) -> list[CallEvent]:
        """Take the callee's `hangup` out of an envelope."""
        return self._end(_remote_reason(reason))

    def hang_up(self) -> list[CallEvent]:
        """End the call from this side: before the answer this cancels it."""
        if self._state is _State.TALKING:
            return self._say_end(EndReason.HANGUP, HangupReason.HUNG_UP)
        return self._say_cancel(EndReason.CANCELLED)

    def fail(self, reason: EndReason) -> list[CallEvent]:
        """End the call for a reason outside of it, telling the other side."""
        if self._state is _State.TALKING:
            return self._say_end(reason, HangupReason.FAILED)
        return self._say_cancel(reason)

    def next_deadline(self) -> float:
        """Give the moment by which `expire` must be called."""
        if self._state is _State.TALKING:
            lost_at = self._heard_at + LOST_SECONDS
            return lost_at if self._reveal_at is None else min(lost_at, self._reveal_at)
        return self._give_up_at

    def expire(self, now: float) -> list[CallEvent]:
        """Do what is due."""
        if self._state is _State.TALKING:
            if now >= self._heard_at + LOST_SECONDS:
                return self._say_end(EndReason.LOST, HangupReason.LOST)
            if self._reveal_at is not None and now >= self._reveal_at and self._signalling:
                self._reveal_at = now + REVEAL_EVERY_SECONDS
                return [SendControl(self._signalling.seal(ControlKind.REVEAL, self._n_a))]
        elif self._state is not _State.ENDED and now >= self._give_up_at:
            rang = self._state is _State.RINGING
            return self._say_cancel(EndReason.NO_ANSWER if rang else EndReason.AWAY)
        return []

    def _say_cancel(self, reason: EndReason) -> list[CallEvent]:
        if self._state is _State.ENDED:
            return []
        envelope = SendEnvelope(BodyKind.CANCEL, CallRef(self.call_id).encode())
        said = say_both_ways(self._ring, ControlKind.CANCEL, envelope)
        return [*said, *self._end(reason)]

    def _say_end(self, reason: EndReason, code: HangupReason) -> list[CallEvent]:
        if self._state is _State.ENDED:
            return []
        envelope = SendEnvelope(BodyKind.HANGUP, Hangup(self.call_id, code).encode())
        said = say_both_ways(self._signalling, ControlKind.HANGUP, envelope, code)
        return [*said, *self._end(reason)]

    def _end(self, reason: EndReason) -> list[CallEvent]:
        if self._state is _State.ENDED:
            return []
        self._state = _State.ENDED
        self._pair = self._ring = self._signalling = self._reveal_at = None
        self._s_a = self._n_a = b""
        return [Ended(reason)]


_RING_KINDS = frozenset({ControlKind.RINGING, ControlKind.DECLINE, ControlKind.BUSY})
_SIGNALLING_KINDS = frozenset({ControlKind.REVEAL_ACK, ControlKind.HANGUP, ControlKind.MOVED})


def _answers_another_call(answer: bytes, call_id: bytes) -> bool:
    """Look at the name before the signature: all that depends on it is whether to look further."""
    try:
        said = parse_answer_body_untrusted(parse_signed_untrusted(answer).body).call_id
    except WireError:
        return False
    return not compare_digest(said, call_id)


def _remote_reason(code: int | None) -> EndReason:
    if code == HangupReason.ALARM:
        return EndReason.ALARM
    return EndReason.LOST if code == HangupReason.LOST else EndReason.REMOTE_HANGUP
