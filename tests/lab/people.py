"""Put homes and people of the integration tests on hosts of a lab's network."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from hamseda_lab.network import Host, Network
from tests.integration.running import Running
from tests.integration.world import Home, Person, Talking, World


class HostPerson(Person):
    """Be a person whose every command runs on one host."""

    def __init__(self, world: World, name: str, host: Host) -> None:
        super().__init__(world, name, world.folder / f"profile-{name}", None, {})
        self.host = host

    def start(self, command: str, *args: str) -> Running:
        """Start a command on the host."""
        with self.host.entered():
            return super().start(command, *args)

    def _talk(
        self, command: str, args: Sequence[str], play: Path | None, duration: float | None
    ) -> Talking:
        with self.host.entered():
            return super()._talk(command, args, play, duration)


def home_on(world: World, host: Host, *options: str) -> Home:
    """Start a home that is reached at the address of its host; `options` are those of `serve`."""
    with host.entered():
        return world.home("--host", host.address, *options, name=host.name)


def two_callers(
    world: World, net: Network, home: Home, hosts: tuple[str, str] = ("caller", "callee")
) -> tuple[HostPerson, HostPerson]:
    """Give two contacts, who live on the hosts of these names and are called the same."""
    caller, callee = (HostPerson(world, name, net.host(name)) for name in hosts)
    world.befriend(home, caller, callee)
    return caller, callee
