"""Let two people talk by Mumble: Debian's server, and clients that follow its own."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

from hamseda_lab.brief import Brief
from hamseda_lab.errors import LabError
from hamseda_lab.events import Telling
from hamseda_lab.place import HOME_NAME, Place, Placement
from hamseda_lab.systems.frames import longest_gap, share_of_the_last, share_on_time, talked
from hamseda_lab.systems.system import PATIENCE, Outcome, System

PORT: Final = 64738
_STARTS: Final = 15.0
_ENDS: Final = 5.0


class Mumble(System):
    """Be a Mumble server at the home's address, on Mumble's port, and two clients."""

    name = "mumble"

    def __init__(self, place: Place) -> None:
        super().__init__(place)
        program = shutil.which("murmurd") or shutil.which("mumble-server")
        if program is None:
            raise LabError("mumble-server is missing: apt-get install mumble-server")
        folder, address = place.folder, place.address("home")
        settings = folder / "murmur.ini"
        settings.write_text(
            f"database={folder / 'murmur.sqlite'}\nhost={address}\nport={PORT}\n"
            f"logfile={folder / 'murmur.log'}\npidfile=\nbonjour=false\nuname=root\n",
            encoding="utf-8",
        )
        self._server = place.net.host("home").popen(
            [program, "-fg", "-ini", str(settings)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self._wait_for_server()
        with self._client("caller") as trying:
            trying.need("ready", _STARTS)

    def call(self, seconds: float, on_connected: Callable[[], None]) -> Outcome:
        """Connect both, talk for some seconds, leave."""
        began = time.monotonic()
        with self._client("callee") as callee, self._client("caller") as caller:
            sides = (caller, callee)
            connected = _both_hear(sides, began + PATIENCE)
            if connected is not None:
                on_connected()
                caller.wait(max(0.0, connected + seconds - time.monotonic()))
            has_ended = caller.all("ended")
            for side in sides:
                side.end(signal.SIGTERM, _ENDS)
        qualities = [side.all("quality") for side in sides]
        paths = [*caller.all("connected"), *caller.all("path")]
        return Outcome(
            connected=all(talked(each) for each in qualities),
            setup_s=None if connected is None else round(connected - began, 2),
            on_time=round(min(share_on_time(each) for each in qualities), 4),
            last_on_time=round(min(share_of_the_last(each) for each in qualities), 4),
            longest_gap_s=None if connected is None else max(map(longest_gap, qualities)),
            path=str(paths[-1]["path"]) if paths else None,
            ended_reason=_reason(has_ended, connected),
        )

    def close(self) -> None:
        """End the server."""
        self._server.kill()
        self._server.wait()

    def brief(self, placement: Placement, residual_factor: float = 1.0) -> Brief:
        """Say what a censor knows that wants to stop Mumble."""
        brief = super().brief(placement, residual_factor)
        return replace(brief, signalling_ports=frozenset({PORT}))

    def _wait_for_server(self) -> None:
        """Wait until it listens: it makes its own certificate first. Raise `LabError`."""
        until = time.monotonic() + _STARTS
        while True:
            with self.place.net.host("home").entered(), socket.socket() as trying:
                if trying.connect_ex((self.place.address("home"), PORT)) == 0:
                    return
            if time.monotonic() > until or self._server.poll() is not None:
                raise LabError("mumble-server does not listen")
            time.sleep(0.1)

    def _client(self, who: str) -> Telling:
        module = "hamseda_lab.systems.mumble_client"
        command = [sys.executable, "-m", module, HOME_NAME, str(PORT), who]
        return self.place.tell(who, command, os.environ)


def _both_hear(sides: Sequence[Telling], until: float) -> float | None:
    latest = 0.0
    for side in sides:
        found = side.find("connected", "ended", timeout=max(0.0, until - time.monotonic()))
        if found is None or found["event"] != "connected":
            return None
        latest = max(latest, found["at"])
    return latest


def _reason(ended: Sequence[object], connected: float | None) -> str:
    if ended:
        return "lost"
    return "hangup" if connected is not None else "silence"
