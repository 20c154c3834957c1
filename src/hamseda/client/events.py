"""Name what a client tells its application, one class an event (docs/reference/events.md)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar, Literal, TypeAlias


@dataclass(frozen=True, slots=True)
class InvitationMade:
    """An invitation can be sent: `link` is as secret as what it opens."""

    event: ClassVar[str] = "invitation"
    link: str = field(repr=False)
    expires: int
    """Unix seconds, by the home's clock."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """Somebody is a contact now."""

    event: ClassVar[str] = "accepted"
    contact: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Refused:
    """An acceptance was refused, or somebody else tried to use an invitation."""

    event: ClassVar[str] = "refused"
    reason: str


@dataclass(frozen=True, slots=True)
class Ready:
    """Calls can reach this side."""

    event: ClassVar[str] = "ready"
    home: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Ringing:
    """It rings: here (`in`) or at the other side (`out`)."""

    event: ClassVar[str] = "ringing"
    contact: str = field(repr=False)
    direction: Literal["in", "out"]


@dataclass(frozen=True, slots=True)
class Answered:
    """The call was answered."""

    event: ClassVar[str] = "answered"


@dataclass(frozen=True, slots=True)
class Connected:
    """The first frame of the other side was played."""

    event: ClassVar[str] = "connected"
    path: str
    setup_ms: int


@dataclass(frozen=True, slots=True)
class Sas:
    """Both hold the reveal: compare these words aloud."""

    event: ClassVar[str] = "sas"
    emoji: tuple[str, ...]
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Quality:
    """Say once a second how the call is; the frame counts are cumulative."""

    event: ClassVar[str] = "quality"
    frames_expected: int
    frames_on_time: int
    frames_late: int
    frames_lost: int
    buffer_ms: int
    rtt_ms: int | None
    mode: str
    remote_on_time: float | None
    """The share of this side's frames that the other had on time in its last second."""


@dataclass(frozen=True, slots=True)
class PathChanged:
    """The call's frames take another way."""

    event: ClassVar[str] = "path"
    path: str
    endpoint: int
    why: str


@dataclass(frozen=True, slots=True)
class RemoteMoved:
    """The other side goes another way to the home; it does not say which."""

    event: ClassVar[str] = "remote_moved"


@dataclass(frozen=True, slots=True)
class Trouble:
    """Nothing has been heard of the other side for `silent_ms`."""

    event: ClassVar[str] = "trouble"
    silent_ms: int


@dataclass(frozen=True, slots=True)
class Recovered:
    """Sound is back after `silent_ms`."""

    event: ClassVar[str] = "recovered"
    silent_ms: int


@dataclass(frozen=True, slots=True)
class Missed:
    """Somebody called while this side could not answer."""

    event: ClassVar[str] = "missed"
    contact: str = field(repr=False)
    age_s: int


@dataclass(frozen=True, slots=True)
class TlsIntercepted:
    """Somebody between this machine and a home ends TLS; the line is locked by its own keys."""

    event: ClassVar[str] = "tls_intercepted"
    home: str = field(repr=False)
    """Scheme, host and port."""


@dataclass(frozen=True, slots=True)
class EndpointsOffered:
    """A contact passed on newer ways to another home that this profile knows."""

    event: ClassVar[str] = "endpoints_offered"
    contact: str = field(repr=False)
    home: str = field(repr=False)
    """Scheme, host and port of its first endpoint."""
    text: str = field(repr=False)
    """What `hamseda endpoints --import` takes."""


@dataclass(frozen=True, slots=True)
class Notice:
    """Something happened that touches the person's safety (`client/notices.py` has the list)."""

    event: ClassVar[str] = "notice"
    notice: str
    """One of the closed list."""
    contact: str = field(repr=False)
    words: str = field(repr=False)
    next: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Ended:
    """The call is over."""

    event: ClassVar[str] = "ended"
    reason: str
    duration_s: float


@dataclass(frozen=True, slots=True)
class Problem:
    """Something went wrong that the person should know, and the next step."""

    event: ClassVar[str] = "error"
    error: str = field(repr=False)
    next: str = field(repr=False)


Event: TypeAlias = (
    InvitationMade
    | Accepted
    | Refused
    | Ready
    | Ringing
    | Answered
    | Connected
    | Sas
    | Quality
    | PathChanged
    | RemoteMoved
    | Trouble
    | Recovered
    | Missed
    | TlsIntercepted
    | EndpointsOffered
    | Notice
    | Ended
    | Problem
)
CallEvent: TypeAlias = (
    Ringing
    | Answered
    | Connected
    | Sas
    | Quality
    | PathChanged
    | RemoteMoved
    | Trouble
    | Recovered
    | Problem
    | Ended
)
