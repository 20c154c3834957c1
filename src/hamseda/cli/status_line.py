"""Write the one line that shows how a call is, from the events of the call and the time."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Literal

from hamseda.client.events import (
    Answered,
    Connected,
    Ended,
    Event,
    PathChanged,
    Quality,
    Recovered,
    RemoteMoved,
    Ringing,
    Trouble,
)

_SECONDS_OF_LOSS = 5
_SECONDS_OF_NEWS = 10
KEYS = "m mute · i microphone · o speaker · q hang up"


@dataclass(frozen=True, slots=True)
class _Phase:
    name: Literal["idle", "ringing", "connecting", "talking", "reconnecting"]
    since: float


class StatusLine:
    """Follow one call; `text` may be asked for at any time."""

    def __init__(self) -> None:
        self._phase = _Phase("idle", 0.0)
        self._connected_at: float | None = None
        self._path = "line"
        self._moved_at: float | None = None
        self._seconds: deque[Quality] = deque(maxlen=_SECONDS_OF_LOSS + 1)

    def take(self, event: Event, now: float) -> None:
        """Take one event in."""
        match event:
            case Ringing():
                self._phase = _Phase("ringing", now)
            case Answered():
                self._phase = _Phase("connecting", now)
            case Connected(path=path):
                self._path = path
                self._connected_at = now
                self._phase = _Phase("talking", now)
            case PathChanged(path=path):
                self._path = path
            case RemoteMoved():
                self._moved_at = now
            case Quality():
                self._seconds.append(event)
            case Trouble(silent_ms=silent):
                self._phase = _Phase("reconnecting", now - silent / 1000)
            case Recovered():
                self._phase = _Phase("talking", now)
            case Ended():
                self._phase = _Phase("idle", now)
            case _:
                pass

    def text(self, now: float, *, is_muted: bool) -> str:
        """Give the line; empty where there is nothing to say."""
        phase = self._phase
        if phase.name == "idle":
            return ""
        parts = [f"{_PHASE_WORDS[phase.name]} {_clock(now - phase.since)}"]
        if self._connected_at is not None:
            # The timer of a call does not begin again after a bad moment.
            if phase.name == "talking":
                parts = [f"{_PHASE_WORDS[phase.name]} {_clock(now - self._connected_at)}"]
            parts += [f"by {self._path}", *self._quality()]
        if self._moved_at is not None and now - self._moved_at < _SECONDS_OF_NEWS:
            parts.append("they changed their way")
        if is_muted:
            parts.append("MUTED")
        return " · ".join([*parts, KEYS])

    def _quality(self) -> list[str]:
        if not self._seconds:
            return []
        newest, oldest = self._seconds[-1], self._seconds[0]
        if newest is oldest:
            expected, on_time = newest.frames_expected, newest.frames_on_time
        else:
            expected = newest.frames_expected - oldest.frames_expected
            on_time = newest.frames_on_time - oldest.frames_on_time
        loss = 1 - min(1.0, max(0.0, on_time / expected)) if expected > 0 else 0.0
        rtt = "?" if newest.rtt_ms is None else str(newest.rtt_ms)
        parts = [newest.mode, f"{loss:.0%} lost", f"there and back {rtt} ms"]
        if newest.remote_on_time is not None:
            parts.append(f"they hear {newest.remote_on_time:.0%}")
        return parts


_PHASE_WORDS = {
    "ringing": "Ringing",
    "connecting": "Connecting",
    "talking": "Talking",
    "reconnecting": "Reconnecting",
}


def _clock(seconds: float) -> str:
    whole = max(0, int(seconds))
    if whole < 3600:
        return f"{whole // 60}:{whole % 60:02}"
    return f"{whole // 3600}:{whole // 60 % 60:02}:{whole % 60:02}"
