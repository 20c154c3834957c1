"""Hold the calling systems that the lab lets cross a border, one adapter a file."""

from collections.abc import Callable
from functools import partial
from typing import Final

from hamseda_lab.errors import LabError
from hamseda_lab.place import Place
from hamseda_lab.systems.hamseda import Hamseda
from hamseda_lab.systems.hamseda_web import HamsedaWeb
from hamseda_lab.systems.home import NO_FRONTS
from hamseda_lab.systems.mumble import Mumble
from hamseda_lab.systems.system import System
from hamseda_lab.systems.webrtc import WebRtc

HOME_ONLY: Final = "hamseda-home-only"
"""A home that has no fronts."""
SYSTEMS: Final[dict[str, Callable[[Place], System]]] = {
    "hamseda": Hamseda,
    HOME_ONLY: partial(Hamseda, fronts=NO_FRONTS),
    "hamseda-web": HamsedaWeb,
    "webrtc-coturn": WebRtc,
    "mumble": Mumble,
}


def system_called(name: str) -> Callable[[Place], System]:
    """Give what sets a system up. Raise `LabError`."""
    found = SYSTEMS.get(name)
    if found is None:
        raise LabError(f"no system {name!r}; there are {', '.join(SYSTEMS)}")
    return found
