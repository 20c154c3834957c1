"""Let two command lines of hamseda call each other."""

import signal
import time
from collections.abc import Callable, Mapping, Sequence
from typing import ClassVar, Final

from hamseda_lab.events import Event, Telling
from hamseda_lab.place import Place
from hamseda_lab.speech import speech
from hamseda_lab.systems.frames import (
    longest_silence,
    share_of_the_last,
    share_on_time,
    talked,
)
from hamseda_lab.systems.home import FRONTS, NO_FRONTS, STARTS, TROUBLES, Servers, start
from hamseda_lab.systems.system import PATIENCE, Outcome, System
from hamseda_lab.weather import Trouble

_ENDS: Final = 10.0
_YEAR: Final = 365 * 86_400.0
_INTERCEPTED: Final = "somebody in between ends TLS"


class Hamseda(System):
    """Be two people with the command line, a home with a name, and fronts that it has admitted."""

    name = "hamseda"
    troubles = System.troubles | TROUBLES | {Trouble.CLOCK}
    fronts: ClassVar[Mapping[str, str]] = FRONTS

    def __init__(self, place: Place) -> None:
        super().__init__(place)
        self._wrong: dict[str, float] = {}
        self._servers = Servers(place, self.fronts)
        link = self._servers.link
        with self.person("callee", "invite", "--home", link, "--name", "caller", "--wait") as it:
            invitation = str(it.need("invitation", STARTS)["link"])
            with self.person("caller", "accept", invitation, "--name", "callee") as accepting:
                accepting.need("accepted", STARTS)
            it.need("accepted", STARTS)
            it.wait(_ENDS)

    def call(self, seconds: float, on_connected: Callable[[], None]) -> Outcome:
        """Call, answer, talk for some seconds, hang up."""
        voice = speech(self.place.folder)
        with self.person("callee", "answer", "--once", "--play", str(voice)) as answering:
            # Where the callee is censored as well, it may never be ready: the call tells.
            answering.find("ready", timeout=STARTS)
            answering.wait(self.place.rests)
            with self.person("caller", "call", "callee", "--play", str(voice)) as calling:
                sides = (calling, answering)
                connected = _connected(sides)
                if connected is not None:
                    on_connected()
                    calling.wait(max(0.0, connected + seconds - time.monotonic()))
                calling.end(signal.SIGINT, _ENDS)
                answering.wait(_ENDS)
                answering.end(signal.SIGINT, _ENDS)
        return outcome_of(sides, connected)

    def begin(self, trouble: Trouble) -> None:
        """Let an everyday trouble begin."""
        if trouble is Trouble.CLOCK:
            self._wrong["caller"] = _YEAR
        elif not self._servers.begin(trouble):
            super().begin(trouble)

    def close(self) -> None:
        """End home and fronts."""
        self._servers.close()

    def person(self, who: str, command: str, *args: str) -> Telling:
        """Start a command of one of the two people, on their host."""
        profile = ("--profile", str(self.place.folder / who))
        wrong = self._wrong.get(who, 0.0)
        return start(self.place, who, (command, *profile, *args), wrong_by=wrong)


class HamsedaHomeOnly(Hamseda):
    """Be the same with a home that has no fronts."""

    name = "hamseda-home-only"
    fronts = NO_FRONTS


def _connected(sides: Sequence[Telling]) -> float | None:
    """Wait until both sides hear each other; give when, or None."""
    until = time.monotonic() + PATIENCE
    latest = 0.0
    for side in sides:
        found = side.find("connected", "ended", timeout=max(0.0, until - time.monotonic()))
        if found is None or found["event"] != "connected":
            return None
        latest = max(latest, found["at"])
    return latest


def outcome_of(sides: Sequence[Telling], connected: float | None) -> Outcome:
    """Sum up what both command lines told, the caller's first; `connected`: when, if ever."""
    qualities = [side.all("quality") for side in sides]
    calling = sides[0]
    ends = [*calling.all("ended"), *calling.all("error")]
    gap = max(longest_silence(side.events) for side in sides)
    paths = calling.all("path") or calling.all("connected")
    return Outcome(
        connected=all(talked(each) for each in qualities),
        setup_s=None if connected is None else round(connected - calling.began_at, 2),
        on_time=round(min(share_on_time(each) for each in qualities), 4),
        last_on_time=round(min(share_of_the_last(each) for each in qualities), 4),
        longest_gap_s=None if connected is None else round(gap, 2),
        path=str(paths[-1]["path"]) if paths else None,
        ended_reason=_reason(ends[0]) if ends else "none",
        said=(
            *(str(event["error"]) for event in calling.all("error")),
            *(_INTERCEPTED for _ in calling.all("tls_intercepted")),
        ),
    )


def _reason(event: Event) -> str:
    return str(event["reason"]) if event["event"] == "ended" else "error"
