"""Let a caller and a callee talk with a clock that the test moves and a room that may lose."""

from __future__ import annotations

from dataclasses import dataclass, field

from hamseda.crypto.call_keys import Parties
from hamseda.crypto.signatures import SigningKey
from hamseda.media.modes import STANDARD
from hamseda.protocol.call_events import (
    CallEvent,
    Ended,
    MediaOpened,
    Moved,
    Rang,
    SasReady,
    SendControl,
    SendEnvelope,
)
from hamseda.protocol.callee import Callee
from hamseda.protocol.caller import Caller
from hamseda.wire.call import CallRef, Hangup
from hamseda.wire.codes import BodyKind
from tests.crypto.dice import Dice

ALI, BAHAR = SigningKey(b"a" * 32), SigningKey(b"b" * 32)
PARTIES = Parties(b"s" * 32, ALI.public, BAHAR.public)
GRANT, SEAT = bytes(96), bytes(16)


def new_caller(seed: str = "caller", now: float = 0.0, parties: Parties = PARTIES) -> Caller:
    """Offer a call as Ali."""
    return Caller(parties, ALI, GRANT, SEAT, STANDARD.code, Dice(seed), now)


def new_callee(offer: bytes, age: float = 0.0, now: float = 0.0) -> Callee:
    """Take an offer as Bahar; `WireError` when it is not Ali's."""
    return Callee(PARTIES, BAHAR, offer, age, Dice("callee"), now)


def answer_of(callee: Callee, caller: Caller) -> bytes:
    """Let a callee ask, hear that the caller is there, and answer; give the answer."""
    asked, alive = callee.begin(0.0)[0], None
    if isinstance(asked, SendControl):
        alive = caller.control_untrusted(asked.body[1:], 0.0)[0]
    if isinstance(alive, SendControl):
        callee.control_untrusted(alive.body[1:], 0.0)
    answer = callee.answer(STANDARD.code, 0.0)[0]
    assert isinstance(answer, SendEnvelope)
    return answer.body


@dataclass
class Side:
    """Hold one machine, what it said to its person, and what waits on its way to it."""

    machine: Caller | Callee
    seen: list[CallEvent] = field(default_factory=list[CallEvent])
    controls: list[bytes] = field(default_factory=list[bytes])
    envelopes: list[SendEnvelope] = field(default_factory=list[SendEnvelope])

    @property
    def said(self) -> list[str]:
        """Name what its person was told, in order."""
        return [type(event).__name__ for event in self.seen]

    @property
    def reason(self) -> str | None:
        """Give why the call ended here, or None."""
        return next((event.reason for event in self.seen if isinstance(event, Ended)), None)

    @property
    def keys(self) -> MediaOpened:
        """Give the keys under which frames may flow."""
        return next(event for event in self.seen if isinstance(event, MediaOpened))

    @property
    def sas(self) -> tuple[int, ...] | None:
        """Give the emoji, or None."""
        return next((e.indices for e in self.seen if isinstance(e, SasReady)), None)


class Telephone:
    """Carry what the machines say; `now` moves only by `sleep`."""

    def __init__(self) -> None:
        self.now = 0.0
        caller = new_caller()
        self.ali = Side(caller)
        begun = caller.begin()
        self.offer = next(event.body for event in begun if isinstance(event, SendEnvelope))
        callee = new_callee(self.offer)
        self.bahar = Side(callee)
        self.act(self.bahar, callee.begin(self.now))

    @property
    def caller(self) -> Caller:
        """Give Ali's machine."""
        assert isinstance(self.ali.machine, Caller)
        return self.ali.machine

    @property
    def callee(self) -> Callee:
        """Give Bahar's machine."""
        assert isinstance(self.bahar.machine, Callee)
        return self.bahar.machine

    def other(self, side: Side) -> Side:
        """Give who is at the other end."""
        return self.bahar if side is self.ali else self.ali

    def act(self, side: Side, events: list[CallEvent]) -> None:
        """Put what one side wants done on its way."""
        far = self.other(side)
        for event in events:
            match event:
                case SendControl(body=body):
                    far.controls.append(body)
                case SendEnvelope():
                    far.envelopes.append(event)
                case Rang() | MediaOpened() | SasReady() | Moved() | Ended():
                    side.seen.append(event)

    def deliver_control(self, side: Side, index: int = 0) -> None:
        """Hand over one control message; its leading byte is the room's."""
        body = side.controls.pop(index)
        if not side.machine.is_over:
            self.act(side, side.machine.control_untrusted(body[1:], self.now))

    def deliver_envelope(self, side: Side, index: int = 0) -> None:
        """Hand over one envelope, as the client does."""
        event = side.envelopes.pop(index)
        self.act(side, self.take(side.machine, event))

    def take(self, machine: Caller | Callee, event: SendEnvelope) -> list[CallEvent]:
        """Let a machine take in what an envelope held."""
        match event.kind, machine:
            case BodyKind.ANSWER, Caller():
                return machine.answer_untrusted(event.body, self.now)
            case BodyKind.HANGUP, _:
                return machine.hung_up(Hangup.parse_untrusted(event.body).reason)
            case BodyKind.CANCEL, Callee():
                assert CallRef.parse_untrusted(event.body).call_id == machine.call_id
                return machine.cancelled()
            case BodyKind.DECLINE, Caller():
                return machine.declined()
            case BodyKind.BUSY, Caller():
                return machine.busy()
            case _:
                return []

    def settle(self) -> None:
        """Deliver everything, in order, until nothing is on its way."""
        while any(side.controls or side.envelopes for side in (self.ali, self.bahar)):
            for side in (self.ali, self.bahar):
                while side.envelopes:
                    self.deliver_envelope(side)
                while side.controls:
                    self.deliver_control(side)

    def sleep(self, seconds: float) -> None:
        """Let time pass; alarm clocks ring when they are due, and nothing is delivered."""
        until = self.now + seconds
        while True:
            running = [s for s in (self.ali, self.bahar) if not s.machine.is_over]
            due = min((s.machine.next_deadline() for s in running), default=until + 1)
            if due > until:
                break
            self.now = max(self.now, due)
            for side in running:
                if side.machine.next_deadline() <= self.now:
                    self.act(side, side.machine.expire(self.now))
        self.now = until

    def ring(self) -> None:
        """Let it ring at both ends."""
        self.settle()
        assert self.bahar.said == ["Rang"]

    def answer(self) -> None:
        """Ring, and let Bahar pick up."""
        self.ring()
        self.act(self.bahar, self.callee.answer(STANDARD.code, self.now))

    def talk(self) -> None:
        """Ring, answer, and compare the emoji."""
        self.answer()
        self.settle()
