"""Name what a call's state machines want done, and how a call can end (spec/call.md)."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum, unique
from typing import TypeAlias

from hamseda.wire.codes import BodyKind


@unique
class EndReason(StrEnum):
    """Say why a call ended; the closed list of spec/failures.md."""

    HANGUP = "hangup"
    REMOTE_HANGUP = "remote_hangup"
    CANCELLED = "cancelled"
    DECLINED = "declined"
    BUSY = "busy"
    AWAY = "away"
    NO_ANSWER = "no_answer"
    FULL = "full"
    LOST = "lost"
    UNREACHABLE = "unreachable"
    ALARM = "alarm"
    ALTERED = "altered"
    OUT_OF_STEP = "out_of_step"
    ANSWERED_ELSEWHERE = "answered_elsewhere"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class SendEnvelope:
    """Seal this body in the contact channel, for the mailbox and perhaps the room as well."""

    kind: BodyKind
    body: bytes = field(repr=False)
    in_room: bool = False


@dataclass(frozen=True, slots=True)
class SendControl:
    """Send this body to the other seat of the room; losing it does no harm."""

    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Rang:
    """Far away: the other phone rings. Here: ring now."""


@dataclass(frozen=True, slots=True)
class MediaOpened:
    """Frames may flow both ways from now on, under these RFC 9605 base keys."""

    send_key: bytes = field(repr=False)
    receive_key: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class SasReady:
    """Both sides hold the reveal: show the emoji."""

    indices: tuple[int, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Moved:
    """The other side goes another way to the home; which one is its own affair."""


@dataclass(frozen=True, slots=True)
class Ended:
    """The call is over and its keys are gone."""

    reason: EndReason


CallEvent: TypeAlias = SendEnvelope | SendControl | Rang | MediaOpened | SasReady | Moved | Ended
