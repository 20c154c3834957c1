"""Start a home of hamseda abroad, under a name."""

import os
import sys
from collections.abc import Sequence
from typing import Final

from hamseda_lab.events import Telling
from hamseda_lab.place import HOME_NAME, Place

STARTS: Final = 30.0
"""Seconds that a command has on a busy machine."""
_PORT: Final = 443
_KEPT: Final = ("PATH", "LANG", "LC_ALL", "TMPDIR", "PYTHONPATH", "VIRTUAL_ENV")
"""What a process inherits: no setting of the tester's own hamseda, and no proxy."""


def start_home(place: Place) -> tuple[Telling, str]:
    """Start a home; give its process and its link. Raise `LabError`."""
    where = ("--host", place.address("home"), "--port", str(_PORT))
    public = ("--tls", "self-signed", "--public", f"https://{HOME_NAME}")
    data = ("--data", str(place.folder / "home"))
    home = start(place, "home", ("serve", *data, *where, *public))
    return home, str(home.need("serving", STARTS)["home"])


def start(place: Place, host: str, arguments: Sequence[str]) -> Telling:
    """Start a command of hamseda on a host."""
    env = {name: os.environ[name] for name in _KEPT if name in os.environ}
    env["HOME"] = str(place.folder)
    command = [sys.executable, "-m", "hamseda.cli.main", *arguments, "--json"]
    return place.tell(host, command, env)
