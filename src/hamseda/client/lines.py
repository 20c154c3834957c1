"""Open one line to each home that this profile needs, and route what they bring."""

from __future__ import annotations

import asyncio
from typing import Protocol

from hamseda.client.homes import HomeDirectory
from hamseda.client.line import HomeLine, LineListener
from hamseda.client.networks import Networks
from hamseda.errors import NetworkError
from hamseda.transport.websocket import Web

PATIENCE = 10.0
"""Seconds that somebody who waits for a line is let wait."""


class OutgoingPost(Protocol):
    """Send what waits for a home whenever its line is open."""

    async def run_outgoing(self, line: HomeLine) -> None:
        """Run until cancelled."""
        ...


class Lines:
    """Be all lines of one client; `open_to` makes them as they are needed."""

    def __init__(
        self,
        web: Web,
        directory: HomeDirectory,
        tasks: asyncio.TaskGroup,
        networks: Networks | None = None,
    ) -> None:
        self._web = web
        self._directory = directory
        self._tasks = tasks
        self._networks = networks
        self._running: list[asyncio.Task[None]] = []
        self.by_home: dict[str, HomeLine] = {}

    def start(self, home_id: str, listener: LineListener, post: OutgoingPost) -> HomeLine:
        """Give the line to a home, starting it when there is none."""
        line = self.by_home.get(home_id)
        if line is None:
            line = HomeLine(self._web, self._directory, home_id, listener, networks=self._networks)
            self.by_home[home_id] = line
            self._running += [
                self._tasks.create_task(line.run()),
                self._tasks.create_task(post.run_outgoing(line)),
            ]
        return line

    async def settled(self, patience: float) -> NetworkError | None:
        """Wait until every line is open; give why one is not, or None."""
        failure: NetworkError | None = None
        for line in list(self.by_home.values()):
            try:
                await line.wait_open(patience)
            except NetworkError as error:
                failure = error
        return failure

    def stop(self) -> None:
        """End all lines."""
        for task in self._running:
            task.cancel()
