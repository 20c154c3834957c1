"""Print what happens: one JSON object a line for machines, or a sentence for people.

With `--json` standard output holds nothing but the objects of docs/reference/events.md. For people
there is one status line, rewritten in place on a terminal; all else scrolls by above it.
"""

from __future__ import annotations

import dataclasses
import json
import shutil
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TypeAlias

from hamseda.client.events import (
    Accepted,
    Answered,
    Connected,
    Ended,
    EndpointsOffered,
    Event,
    InvitationMade,
    Missed,
    Notice,
    PathChanged,
    Problem,
    Quality,
    Ready,
    Recovered,
    Refused,
    RemoteMoved,
    Ringing,
    Sas,
    TlsIntercepted,
    Trouble,
)
from hamseda.errors import HamsedaError
from hamseda.protocol.call_events import EndReason

EXIT_STATUS = {
    EndReason.HANGUP: 0,
    EndReason.REMOTE_HANGUP: 0,
    EndReason.CANCELLED: 0,
    EndReason.DECLINED: 3,
    EndReason.BUSY: 3,
    EndReason.AWAY: 4,
    EndReason.NO_ANSWER: 4,
    EndReason.FULL: 4,
    EndReason.LOST: 5,
    EndReason.UNREACHABLE: 5,
    EndReason.ALARM: 6,
    EndReason.ALTERED: 6,
    EndReason.OUT_OF_STEP: 6,
    EndReason.ANSWERED_ELSEWHERE: 1,
    EndReason.FAILED: 1,
}
"""What a command returns for the end of a call (spec/failures.md)."""

_END_WORDS = {
    EndReason.HANGUP: "You ended the call.",
    EndReason.REMOTE_HANGUP: "They ended the call.",
    EndReason.CANCELLED: "The call was cancelled.",
    EndReason.DECLINED: "They cannot talk now.",
    EndReason.BUSY: "They are in another call.",
    EndReason.AWAY: "They are not connected. They will see that you called.",
    EndReason.NO_ANSWER: "No answer. They will see that you called.",
    EndReason.FULL: "Their mailbox is full: try again when they have been online.",
    EndReason.LOST: "The connection broke and did not come back within 90 seconds.",
    EndReason.UNREACHABLE: "The home cannot be reached.",
    EndReason.ALARM: "ALARM: somebody may be in between. Say nothing private; invite again.",
    EndReason.ALTERED: "A key or signature was altered: the call was refused. Invite again.",
    EndReason.OUT_OF_STEP: "The keys are out of step: invite each other again.",
    EndReason.ANSWERED_ELSEWHERE: "The call was answered by another process.",
    EndReason.FAILED: "The call failed.",
}


Spoken: TypeAlias = (
    InvitationMade
    | Accepted
    | Refused
    | Ready
    | Ringing
    | Answered
    | Connected
    | Sas
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
"""The events that become a sentence."""

_STARTED = time.monotonic()
"""What the `t` of each event counts from: about the start of the process."""


class Output:
    """Be where a command prints."""

    def __init__(self, *, as_json: bool) -> None:
        self.as_json = as_json
        self.has_status_line = not as_json and sys.stdout.isatty()
        """Standard output is a terminal of a person."""
        self._shown = ""

    def event(self, event: Event) -> None:
        """Print one event; how a call is doing is for the status line."""
        if self.as_json:
            self.object(event.event, dataclasses.asdict(event))
        elif not isinstance(event, Quality):
            self.line(_sentence(event))

    def object(self, name: str, fields: dict[str, object]) -> None:
        """Print one JSON object, with `event` and `t` first."""
        since = round(time.monotonic() - _STARTED, 3)
        print(json.dumps({"event": name, "t": since, **fields}, ensure_ascii=False), flush=True)

    def line(self, text: str) -> None:
        """Print a line for people; nothing with `--json`."""
        if not self.as_json:
            with self._above_status():
                print(text, flush=True)

    def note(self, text: str) -> None:
        """Print a remark on standard error, where it disturbs no machine."""
        with self._above_status():
            print(text, file=sys.stderr, flush=True)

    def failure(self, error: HamsedaError) -> None:
        """Print an error and the next step."""
        if self.as_json:
            self.object("error", {"error": str(error), "next": error.next})
            return
        self.note(f"hamseda: {error}")
        if error.next:
            self.note(f"  next: {error.next}")

    def status(self, text: str) -> None:
        """Show one line that the next one replaces; only on a terminal."""
        if not self.has_status_line:
            return
        # A line that wraps could not be taken back.
        self._shown = text[: shutil.get_terminal_size().columns - 1]
        print(f"\r\x1b[K{self._shown}", end="", flush=True)

    def end_status(self) -> None:
        """Take the status line away."""
        if self._shown:
            self._shown = ""
            print("\r\x1b[K", end="", flush=True)

    @contextmanager
    def _above_status(self) -> Generator[None]:
        shown = self._shown
        self.end_status()
        yield
        if shown:
            self.status(shown)


def _sentence(event: Spoken) -> str:  # noqa: C901, PLR0911, PLR0912 - one arm an event
    match event:
        case InvitationMade(link=link, expires=expires):
            until = datetime.fromtimestamp(expires, UTC).astimezone()
            return (
                f"Send this link to one person. It works once, until {until:%Y-%m-%d %H:%M}:\n\n"
                f"  {link}\n\n"
                "Whoever opens it first becomes this contact. Check the five words in your first"
                " call."
            )
        case Accepted(contact=contact):
            return f"{contact} is a contact now. Compare the five words in your first call."
        case Refused(reason=reason):
            return f"Refused: {reason}."
        case Ready(home=home):
            return f"Ready for calls at {home}. Stop: Ctrl-C"
        case Ringing(contact=contact, direction="in"):
            return f"{contact} is calling."
        case Ringing(contact=contact):
            return f"Ringing {contact}…"
        case Answered():
            return "Answered. Waiting for their sound."
        case Connected(path=path, setup_ms=setup_ms):
            return f"Connected over the {path}, {setup_ms} ms after the answer."
        case Sas(emoji=emoji, names=names):
            words = "   ".join(f"{e} {n}" for e, n in zip(emoji, names, strict=True))
            return (
                f"Read these words aloud to each other:   {words}\n"
                "If one differs, somebody may be listening: hang up."
            )
        case PathChanged(path=path, why=why):
            return f"The call goes on over the {path} ({why.replace('_', ' ')})."
        case RemoteMoved():
            return "The other side's way to the home has changed. Go on talking."
        case Trouble(silent_ms=silent):
            return f"Reconnecting… nothing heard for {silent} ms."
        case Recovered(silent_ms=silent):
            return f"You are back, after {silent} ms. Go on talking."
        case Missed(contact=contact, age_s=age):
            return f"Missed call from {contact}, {_ago(age)}."
        case TlsIntercepted(home=home):
            return (
                f"TLS to {home} is broken by somebody in between, who sees which pages are asked"
                " for.\nCalls are still locked end to end: their keys do not rest on TLS."
            )
        case EndpointsOffered(contact=contact, home=home, text=text):
            return (
                f"{contact} passed on newer ways to {home}. If you want them:\n\n"
                f"  hamseda endpoints --import {text}\n"
            )
        case Ended(reason=reason, duration_s=duration):
            return f"{_END_WORDS[EndReason(reason)]} ({duration:.0f} s)"
        case Notice(words=words, next=step):
            return f"WARNING: {words[0].upper()}{words[1:]}.\n  next: {step}"
        case Problem(error=error, next=step):
            return f"{error[0].upper()}{error[1:]}.\n  next: {step}"


def _ago(seconds: int) -> str:
    if seconds < 90:
        return f"{seconds} seconds ago"
    if seconds < 5400:
        return f"{seconds // 60} minutes ago"
    return f"{seconds // 3600} hours ago" if seconds < 172_800 else f"{seconds // 86_400} days ago"
