"""Run a home without TLS, for tests that look at what is on the wire or at http itself."""

from __future__ import annotations

from pathlib import Path

from tests.integration.running import Running
from tests.integration.world import Home, World


class PlainHome(Home):
    """Be a home as `make run` starts it."""

    def __init__(self, world: World, page: Path, *options: str) -> None:
        super().__init__(world, "plain-home", None, {}, [f"--set=page={page}", *options])
        self.start()

    def start(self) -> None:
        """Start it, on the port of last time, and wait until it serves."""
        args = ["serve", "--data", str(self.data), "--port", str(self.port), "--json"]
        environment = self._world.environment(self.package, self.env)
        self.runs.append(self._world.keep(Running(self.name, [*args, *self._options], environment)))
        serving = self.process.wait_for("serving")
        self.port, self.link = int(serving["port"]), str(serving["home"])
