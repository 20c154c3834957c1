"""Start fronts of a home as real processes, and admit them."""

from __future__ import annotations

import time
from collections.abc import Callable

from hamseda.crypto.home_identity import verify_home_document_untrusted
from hamseda.wire.admission import Admission, parse_admission_untrusted
from hamseda.wire.descriptor import Endpoint
from hamseda.wire.link import HomeLink, parse_link
from tests.attacks.sockets import ask
from tests.integration.running import Running
from tests.integration.world import Home, World

PATIENCE = 20.0
DEAD = "https://127.0.0.1:9"
"""An address of a home that nobody can reach, so that a front is the only way."""


class Front:
    """Be one `hamseda front` of a home."""

    def __init__(self, world: World, home: Home, name: str = "front", *options: str) -> None:
        data = world.folder / name
        args = ["front", "--home", home.link, "--data", str(data), "--port", "0", "--json"]
        args += ["--host", "127.0.0.1", *options]
        self.home, self.data = home, data
        self.process = world.keep(Running(name, args, world.environment(None, {})))
        opened = self.process.wait_for("front")
        self.line = str(opened["admit"])
        self.port = int(opened["port"])
        self.admission: Admission = parse_admission_untrusted(self.line)

    @property
    def link(self) -> HomeLink:
        """Give the home's link with the front's address in it."""
        end, home = self.admission.endpoint, link_of(self.home)
        return HomeLink("https", end.host, end.port, end.door, home.home_id)


def link_of(home: Home) -> HomeLink:
    """Give the home's own link."""
    link = parse_link(home.link)
    assert isinstance(link, HomeLink)
    return link


def admit(world: World, home: Home, *args: str) -> Running:
    """Run `hamseda admit` at a home."""
    command = ["admit", "--data", str(home.data), "--json", *args]
    return world.keep(Running("admit", command, world.environment(None, {}))).ended()


def endpoints(link: HomeLink) -> tuple[Endpoint, ...]:
    """Ask an address for what the home says of itself."""
    request = f"GET /{link.door}/home HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    document = ask(link.port, request.encode()).partition(b"\r\n\r\n")[2]
    return verify_home_document_untrusted(document, link.home_id).descriptor.endpoints


def until(link: HomeLink, claim: Callable[[tuple[Endpoint, ...]], bool]) -> None:
    """Wait until the home's description says so."""
    end = time.monotonic() + PATIENCE
    while not claim(endpoints(link)):
        assert time.monotonic() < end, "the description never said so"
        time.sleep(0.1)


def hidden_home(world: World, *options: str) -> Home:
    """Start a home whose own address leads nowhere; its link still tells a front where it is."""
    home = world.home("--public", DEAD, *options)
    home.link = home.link.replace(DEAD, f"https://127.0.0.1:{home.port}")
    return home


def admitted_front(world: World, home: Home, name: str = "front") -> Front:
    """Start a front and wait until the home has taken it in."""
    front = Front(world, home, name)
    admit(world, home, front.line)
    until(front.link, lambda ends: front.admission.endpoint in ends)
    return front
