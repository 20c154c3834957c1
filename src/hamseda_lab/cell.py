"""Run one cell of the matrix: a system, a profile, one call, and the same call without a censor."""

import os
import random
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from hamseda_lab.censorship import Censorship
from hamseda_lab.errors import LabError
from hamseda_lab.place import Place, Placement
from hamseda_lab.prober import look_at
from hamseda_lab.profile import Profile
from hamseda_lab.profiles import load_profile
from hamseda_lab.systems import system_called
from hamseda_lab.systems.frames import ENOUGH
from hamseda_lab.systems.system import Outcome, System
from hamseda_lab.weather import GOOD, OPEN, WEATHERS

Result = dict[str, Any]

CONTROL_TALK: Final = 20.0
_LOOKS: Final = 0.5
"""Seconds between questions whether the censor wants a visit."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """Say which cell to run."""

    system: str
    profile: str
    """An id, or a file."""
    placement: Placement = "inside-outside"
    seed: int = 1
    switch_at: float | None = None
    """Seconds into the call at which the network begins to block; None: before it."""
    residual_factor: float = 1.0
    weather: str = GOOD
    """What goes wrong without a censor (`hamseda_lab.weather`)."""


@dataclass(frozen=True, slots=True)
class Control:
    """Be a call of the same system without a censor."""

    outcome: Outcome
    at: float
    """Monotonic."""

    def to_json(self) -> Result:
        """Write it, with its age."""
        return {**asdict(self.outcome), "age_s": round(time.monotonic() - self.at, 1)}


def check_weather(name: str, systems: Sequence[str], profiles: Sequence[str]) -> None:
    """Raise `LabError` where systems, networks and weather are unknown or do not go together."""
    weather = WEATHERS[name]
    for system in systems:
        if weather.trouble not in system_called(system).troubles:
            raise LabError(f"{system} cannot have this here: {name}")
    for profile in profiles:
        if load_profile(profile).about.id != OPEN and weather.profile:
            raise LabError(f"{name} is a network of its own: it goes with {OPEN} only")


def run_cell(order: Order, log: Path, control: Control | None = None) -> tuple[Result, Control]:
    """Run a cell; give its result, and the control it stands beside.

    A `control` that is given is used instead of a new one. `log` gets the ground truth. Raise
    `LabError` where this machine, the order, or the profile's file, is at fault.
    """
    check_weather(order.weather, [order.system], [order.profile])
    kind, weather = load_profile(order.profile), WEATHERS[order.weather]
    with (
        tempfile.TemporaryDirectory(prefix="hamseda-lab-") as folder,
        Place(Path(folder), seed=order.seed, tells_of_proxy=kind.tells_of_proxy) as place,
    ):
        place.take_weather(weather)
        link = place.calibrate()
        system = system_called(order.system)(place)
        try:
            if control is None:
                control = Control(system.call(CONTROL_TALK, _nothing), time.monotonic())
            system.begin(weather.trouble)
            censored = _Censored(order, place, system, Censorship(place.net, log))
            outcome = _counting(kind, order, censored.call(kind.talk))
        finally:
            system.close()
        late = place.net.counters()
        load = os.getloadavg()[0]
    result = {
        "system": order.system,
        "profile": kind.about.id,
        "weather": order.weather,
        "fits": weather.fits(outcome.said, connected=outcome.connected, is_page=system.is_page),
        "placement": order.placement,
        "seed": order.seed,
        "switch_at": order.switch_at,
        "residual_factor": order.residual_factor,
        **asdict(outcome),
        "control": control.to_json(),
        "link": {
            **asdict(link),
            "late_packets": late.late_packets,
            "latest_ms": round(late.latest_ms, 1),
            "load": load,
        },
        "touched": censored.touched,
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": _commit(),
        "about": asdict(kind.about),
    }
    return result, control


class _Censored:
    """Be one call across a border at which somebody stands."""

    def __init__(self, order: Order, place: Place, system: System, censorship: Censorship) -> None:
        self.touched = 0
        self._order = order
        self._place = place
        self._system = system
        self._censorship = censorship

    def call(self, talk: float) -> Outcome:
        switch_at = self._order.switch_at
        if switch_at is None:
            self._begin()
            with self._visiting():
                outcome = self._system.call(talk, self._censorship.call_began)
        else:
            timer = threading.Timer(switch_at, self._begin_in_a_call)
            outcome = self._system.call(switch_at + talk, timer.start)
            timer.cancel()
            if timer.is_alive():
                timer.join()
        self.touched = self._censorship.touched
        return outcome

    def _begin(self) -> None:
        order = self._order
        brief = self._system.brief(order.placement, order.residual_factor)
        profile = WEATHERS[order.weather].profile or order.profile
        self._censorship.begin(profile, brief, seed=order.seed)

    def _begin_in_a_call(self) -> None:
        self._begin()
        self._censorship.call_began()

    @contextmanager
    def _visiting(self) -> Generator[None]:
        """Let the censor's visitor work meanwhile."""
        ends = threading.Event()
        visitor = threading.Thread(target=self._visit_until, args=(ends,))
        visitor.start()
        try:
            yield
        finally:
            ends.set()
            visitor.join()

    def _visit_until(self, ends: threading.Event) -> None:
        dice = random.Random(self._order.seed)  # noqa: S311 - no secret
        host = self._place.net.host("prober")
        while not ends.wait(_LOOKS):
            for visit in self._censorship.wanted_visits():
                if ends.wait(dice.random() * visit.within):
                    return
                self._censorship.visited(visit, look_at(host, visit, self._order.seed))


def _counting(kind: type[Profile], order: Order, outcome: Outcome) -> Outcome:
    """Count a call that was disturbed in its middle as connected only where it came back."""
    must_come_back = kind.must_come_back or order.switch_at is not None
    is_back = outcome.last_on_time >= ENOUGH or not must_come_back
    return replace(outcome, connected=outcome.connected and is_back)


def _nothing() -> None:
    """Be told that a call without a censor connected."""


def _commit() -> str:
    """Name the version of the sources, with a + where they were changed."""
    try:
        described = subprocess.run(
            ["git", "describe", "--always", "--dirty=+", "--exclude", "*"],  # noqa: S607
            cwd=Path(__file__).parent,
            capture_output=True,
            text=True,
            check=True,
        )
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return described.stdout.strip()


Runner = Callable[[Order, Path, Control | None], tuple[Result, Control]]
