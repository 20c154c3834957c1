"""Say what the lab wants of a calling system."""

from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar, Final

from hamseda_lab.brief import Brief
from hamseda_lab.place import DOMESTIC_NAME, HOME_NAME, PROXY_PORT, Place, Placement
from hamseda_lab.weather import Trouble

PATIENCE: Final = 45.0
"""Seconds after which a call that does not connect has failed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """Be what became of one call; of both sides, the worse."""

    connected: bool
    """At least 95 % of the frames were on time for 15 s, on both sides."""
    setup_s: float | None
    """Seconds from calling until both sides heard each other; None: they never did."""
    on_time: float
    """Share of all frames from the first one on; 0: there were none."""
    last_on_time: float
    """The same in the last 10 s."""
    longest_gap_s: float | None
    """Seconds without sound, once there was sound."""
    path: str | None
    ended_reason: str
    said: tuple[str, ...] = ()
    """What the user was told about trouble."""


class System(ABC):
    """Be two people with one way of calling each other, set up while nothing is blocked."""

    name: str
    is_page: ClassVar[bool] = False
    """It runs in a browser, which tells it little of why a server is not reached."""
    troubles: ClassVar[frozenset[Trouble]] = frozenset({Trouble.NOTHING, Trouble.PORTAL})
    """What it can have."""

    def __init__(self, place: Place) -> None:
        self.place = place

    @abstractmethod
    def call(self, seconds: float, on_connected: Callable[[], None]) -> Outcome:
        """Call, answer, talk for some seconds, hang up.

        `on_connected` is called when both sides hear each other. Raise `LabError` where this
        machine is at fault; a blocked network is an outcome.
        """

    def begin(self, trouble: Trouble) -> None:
        """Let an everyday trouble begin, one of `troubles`."""
        if trouble is Trouble.PORTAL:
            self.place.open_portal()

    @abstractmethod
    def close(self) -> None:
        """End all programs."""

    def brief(self, placement: Placement, residual_factor: float = 1.0) -> Brief:
        """Say what a censor knows that wants to stop this system: its server, by every list."""
        place = self.place
        return Brief(
            inside=place.inside(placement),
            resolver=place.address("resolver"),
            proxy=(place.address("proxy"), PROXY_PORT),
            listed_names=frozenset({HOME_NAME}),
            allowed_names=frozenset({DOMESTIC_NAME}),
            hosting=(place.prefix("home"),),
            relays=(place.prefix("home"),),
            peers=() if placement == "inside-inside" else (place.prefix("callee"),),
            signalling_ports=frozenset({443}),
            domestic=tuple(place.prefix(name) for name in ("resolver", "domestic", "proxy")),
            residual_factor=residual_factor,
        )
