"""Hold the calling systems that the lab lets cross a border, one adapter a file."""

from typing import Final

from hamseda_lab.errors import LabError
from hamseda_lab.systems.hamseda import Hamseda, HamsedaHomeOnly
from hamseda_lab.systems.hamseda_web import HamsedaWeb
from hamseda_lab.systems.mumble import Mumble
from hamseda_lab.systems.system import System
from hamseda_lab.systems.webrtc import WebRtc

HOME_ONLY: Final = HamsedaHomeOnly.name
SYSTEMS: Final[dict[str, type[System]]] = {
    each.name: each for each in (Hamseda, HamsedaHomeOnly, HamsedaWeb, WebRtc, Mumble)
}


def system_called(name: str) -> type[System]:
    """Give what sets a system up. Raise `LabError`."""
    found = SYSTEMS.get(name)
    if found is None:
        raise LabError(f"no system {name!r}; there are {', '.join(SYSTEMS)}")
    return found
