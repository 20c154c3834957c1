"""Set up, on one network of the lab, every system that a comparison of calls has."""

import wave
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from _browsers import BarePair, OurPair, chromium_version, measured_page
from _far_calls import PageAndTerminal, Pages, System, Terminals, hosts_of
from _far_machines import HOME, Browsers, Turn, configuring, signalling, trusting
from playwright.sync_api import sync_playwright

from hamseda_lab.network import Network
from tests.browser.person import PagePerson
from tests.browser.sound import RATE, write_pcm
from tests.integration.world import Home, World
from tests.lab.people import HostPerson, home_on

SYSTEMS: Final = ("terminal", "page", "page-terminal", "webrtc", "webrtc-turn")
_SETS_UP: Final = 30.0
"""Seconds that a call may take before and after what is measured of it."""


@dataclass(frozen=True, slots=True)
class Mouths:
    """Be what both people say, in the order of the sides."""

    microphones: Sequence[Path]
    """Files that a browser's microphone plays again and again."""
    files: Sequence[Path]
    """The same as long as a call, for terminals: their file does not begin anew."""
    spoken: Sequence[Path] = ()
    """The speech in it; none where it is no speech."""


@dataclass(frozen=True, slots=True)
class Made:
    """Be the systems that were set up."""

    systems: dict[str, System] = field(default_factory=dict[str, System])
    restarts: dict[str, Callable[[], None]] = field(default_factory=dict[str, Callable[[], None]])
    """How to restart what stands in the middle of a call, where something does."""
    versions: dict[str, object] = field(default_factory=dict[str, object])


class _Maker:
    """Set up one system after another."""

    def __init__(self, net: Network, world: World, mouths: Mouths, stack: ExitStack) -> None:
        self._net, self._world, self._mouths, self._stack = net, world, mouths, stack
        self._middle = net.host(HOME)
        chromium = stack.enter_context(sync_playwright()).chromium
        self.browsers = Browsers(chromium, net, world.folder)
        stack.callback(self.browsers.close)
        page = f"page={measured_page(world.folder)}"
        self.home: Final[Home] = home_on(world, self._middle, "--set", page)
        self._trust = trusting(self._middle, self.home.port)

    def restart_home(self) -> None:
        """Restart our home, on its machine."""
        with self._middle.entered():
            self.home.restart()

    def terminal(self, name: str) -> System:
        """Set up two terminals."""
        return Terminals(self._world, self._net, self.home, name, self._mouths.files)

    def page(self, name: str) -> System:
        """Set up two of our pages."""
        hosts = hosts_of(name)
        people = [self._person(number, host) for number, host in enumerate(hosts)]
        windows = [person.window for person in people]
        pair = OurPair(people)
        return Pages(pair, hosts, self._world.folder, windows, self._mouths.spoken)

    def page_and_terminal(self, name: str) -> System:
        """Set up a page and a terminal."""
        hosts = hosts_of(name)
        terminal = HostPerson(self._world, hosts[1], self._net.host(hosts[1]))
        return PageAndTerminal(self._person(0, hosts[0]), terminal, hosts, self._mouths.files[1])

    def bare(self, name: str, settings: Mapping[str, object]) -> System:
        """Set up the browser's own WebRTC."""
        url = self._stack.enter_context(signalling(self._middle))
        origin = url.partition("/bare")[0]
        secure = f"--unsafely-treat-insecure-origin-as-secure={origin}"
        hosts = hosts_of(name)
        windows = [
            self.browsers.open(host, microphone, secure)
            for host, microphone in zip(hosts, self._mouths.microphones, strict=True)
        ]
        for window in windows:
            window.context.add_init_script(configuring(settings))
        pair = BarePair(windows, url)
        return Pages(pair, hosts, self._world.folder, windows, self._mouths.spoken)

    def _person(self, number: int, host: str) -> PagePerson:
        window = self.browsers.open(host, self._mouths.microphones[number], self._trust)
        return PagePerson(host, window, self.home.link.partition("#")[0], None)


@contextmanager
def far_systems(
    wanted: Sequence[str], net: Network, world: World, mouths: Mouths
) -> Generator[Made]:
    """Set up the wanted systems; the network needs their machines (`hosts_of`) and the middle."""
    made = Made()
    with ExitStack() as stack:
        maker = _Maker(net, world, mouths, stack)
        for name in wanted:
            if name == "webrtc":
                made.systems[name] = maker.bare(name, {})
            elif name == "webrtc-turn":
                server = Turn(net.host(HOME), world.folder)
                stack.callback(server.stop)
                made.systems[name] = maker.bare(name, server.settings)
                made.restarts[name] = server.restart
            else:
                ours = {
                    "terminal": maker.terminal,
                    "page": maker.page,
                    "page-terminal": maker.page_and_terminal,
                }
                made.systems[name] = ours[name](name)
                made.restarts[name] = maker.restart_home
        if maker.browsers.opened:
            made.versions["chromium"] = chromium_version(maker.browsers.opened[0].page)
        yield made


def lasting(microphones: Sequence[Path], seconds: float) -> list[Path]:
    """Write files that last as long as a call whose measured part has so many seconds."""
    found: list[Path] = []
    for microphone in microphones:
        with wave.open(str(microphone)) as file:
            pcm = file.readframes(file.getnframes())
        times = int((seconds + _SETS_UP) * RATE * 2 / len(pcm)) + 1
        found.append(write_pcm(microphone.with_stem(f"{microphone.stem}-long"), pcm * times))
    return found
