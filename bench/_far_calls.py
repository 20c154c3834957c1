"""Let two people call each other over a network of the lab, by one of several systems.

Each system has machines of its own for both people, so that what a link counts is one call and
nothing else. They share one machine in the middle: our home, WebRTC's signalling, and coturn.
Everything is set up while the network is good; who measures makes it bad before `connect`.
"""

import json
import shutil
import ssl
import subprocess
import sys
import time
from base64 import b64encode
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any, Final, Protocol

from _browsers import STAMP, BarePair, OurPair, ends
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509 import load_pem_x509_certificate
from playwright.sync_api import BrowserType, Page

from hamseda_lab.network import Host, Network
from tests.browser.person import PagePerson, befriend_terminal
from tests.browser.window import Window, chromium_path
from tests.integration.running import Running
from tests.integration.world import Home, Talking, World
from tests.lab.people import HostPerson, two_callers

HOME: Final = "home"
SIDES: Final = ("caller", "callee")
SIGNALLING: Final = Path(__file__).with_name("_signal.py")
TURN_PORT: Final = 3478
_SETS_UP: Final = 20.0
"""Seconds that a call may take to connect on a bad network."""
_ENDS: Final = 30.0


@dataclass(frozen=True, slots=True)
class Kept:
    """Be what is left of a call."""

    heard: Mapping[str, Path]
    """What each side played out, by side."""
    counted: Mapping[str, float] = field(default_factory=dict[str, float])
    """What the system itself says about its sound, with the side in front of each name."""


class System(Protocol):
    """Be two people, and a way in which they call each other."""

    @property
    def hosts(self) -> tuple[str, str]:
        """Name the machines of the caller and of the callee."""
        ...

    def connect(self) -> None:
        """Call, let it ring, answer; return when both sides hear each other."""

    def wait(self, seconds: float) -> None:
        """Let them talk."""

    def hang_up(self) -> Kept:
        """End the call and be ready for the next."""
        ...


class Terminals:
    """Call from terminal to terminal."""

    def __init__(
        self, world: World, net: Network, home: Home, name: str, mouths: Sequence[Path]
    ) -> None:
        self.hosts = hosts_of(name)
        self._mouths = mouths
        self._people = two_callers(world, net, home, self.hosts)
        self._talking: tuple[Talking, ...] = ()

    def connect(self) -> None:
        """Call, let it ring, answer; return when both sides hear each other."""
        caller, callee = self._people
        answering = callee.start_answer("--once", play=self._mouths[1])
        calling = caller.start_call(callee.name, play=self._mouths[0])
        self._talking = (calling, answering)
        for talking in self._talking:
            talking.wait_for("connected", _SETS_UP)

    def wait(self, seconds: float) -> None:
        """Let them talk."""
        time.sleep(seconds)

    def hang_up(self) -> Kept:
        """End the call."""
        calling, answering = self._talking
        calling.stop()
        answering.wait(_ENDS)
        heard = {side: each.recording for side, each in zip(SIDES, self._talking, strict=True)}
        counted: dict[str, float] = {}
        for side, talking in zip(SIDES, self._talking, strict=True):
            counted |= frames_of(side, talking)
        return Kept(heard, counted)


class Pages:
    """Call from page to page, whosever page it is."""

    def __init__(self, pair: OurPair | BarePair, hosts: tuple[str, str], folder: Path) -> None:
        self.hosts = hosts
        self._pair = pair
        self._folder = folder
        self._calls = 0

    def connect(self) -> None:
        """Call, let it ring, answer; return when both sides hear each other."""
        self._pair.connect()

    def wait(self, seconds: float) -> None:
        """Let them talk."""
        self._pair.caller.wait_for_timeout(1000 * seconds)

    def hang_up(self) -> Kept:
        """End the call."""
        self._calls += 1
        counted: dict[str, float] = {}
        if isinstance(self._pair, BarePair):
            for side, page in zip(SIDES, (self._pair.caller, self._pair.callee), strict=True):
                counted |= concealed(side, page)
        kept = ends(self._pair)
        self._pair.hang_up()
        return Kept(
            {
                side: end.ear.write(self._folder / f"{self.hosts[0]}-{side}-{self._calls}.wav")
                for side, end in kept.items()
            },
            counted,
        )


class PageAndTerminal:
    """Call from a page to a terminal."""

    def __init__(
        self, page: PagePerson, terminal: HostPerson, hosts: tuple[str, str], mouth: Path
    ) -> None:
        self.hosts = hosts
        self._page, self._terminal, self._mouth = page, terminal, mouth
        self._answering: Talking | None = None
        befriend_terminal(page, terminal)

    def connect(self) -> None:
        """Call, let it ring, answer; return when both sides hear each other."""
        self._answering = self._terminal.start_answer("--once", play=self._mouth)
        self._page.call(self._terminal.name)
        self._answering.wait_for("connected", _SETS_UP)
        self._page.wait_until_talking()

    def wait(self, seconds: float) -> None:
        """Let them talk."""
        self._page.page.wait_for_timeout(1000 * seconds)

    def hang_up(self) -> Kept:
        """End the call."""
        answering = self._answering
        assert answering is not None
        heard = self._page.window.save_heard()
        self._page.hang_up()
        self._page.reason()
        answering.wait(_ENDS)
        self._page.wait_until_ready()
        heards = {"caller": heard, "callee": answering.recording}
        return Kept(heards, frames_of("callee", answering))


def hosts_of(system: str) -> tuple[str, str]:
    """Name the machines of a system's two people."""
    return f"{system}-caller", f"{system}-callee"


def frames_of(side: str, talking: Running) -> dict[str, float]:
    """Give what a terminal counted: shares of the frames that it expected."""
    last = talking.last("quality")
    expected = max(1, last["frames_expected"])
    shares = {
        f"{side}_{name}": last[f"frames_{name}"] / expected for name in ("on_time", "late", "lost")
    }
    return shares | {f"{side}_buffer_ms": float(last["buffer_ms"])}


_CONCEALED: Final = """async () => {
  for (const one of (await peer.getStats()).values()) {
    if (one.type === "inbound-rtp") return one;
  }
}"""


def concealed(side: str, page: Page) -> dict[str, float]:
    """Give what WebRTC counted: the share of its sound that it made up."""
    stats: Mapping[str, Any] = page.evaluate(_CONCEALED)
    received = max(1, stats["totalSamplesReceived"])
    emitted = max(1, stats["jitterBufferEmittedCount"])
    return {
        f"{side}_concealed": stats["concealedSamples"] / received,
        f"{side}_buffer_ms": 1000 * stats["jitterBufferDelay"] / emitted,
    }


class Browsers:
    """Open browsers on machines of the lab."""

    def __init__(self, chromium: BrowserType, net: Network, folder: Path) -> None:
        self._chromium = chromium
        self._net = net
        self._folder = folder
        self.opened: list[Window] = []

    def open(self, name: str, microphone: Path, *more: str) -> Window:
        """Open a browser on a machine; of other addresses it knows only the middle one."""
        host, middle = self._net.host(name), self._net.host(HOME).address
        program = host.script(chromium_path(), self._folder / f"chromium-on-{name}")
        reach = f"--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE {middle}"
        flags = [reach, *more]
        folder = self._folder / f"browser-{name}"
        window = Window(self._chromium, folder, microphone, more=flags, program=program)
        self.opened.append(window)
        window.context.add_init_script(path=STAMP)
        return window

    def close(self) -> None:
        """Close them all."""
        for window in self.opened:
            window.close()


def trusting(host: Host, port: int) -> str:
    """Give the option of a browser that trusts what a machine's port shows as its certificate."""
    with host.entered():
        shown = ssl.get_server_certificate((host.address, port))
    key = load_pem_x509_certificate(shown.encode()).public_key()
    digest = sha256(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).digest()
    return f"--ignore-certificate-errors-spki-list={b64encode(digest).decode()}"


@contextmanager
def signalling(host: Host) -> Generator[str]:
    """Serve the bare page on a machine; give its address."""
    command = [sys.executable, str(SIGNALLING), host.address]
    with host.popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield f"http://{host.address}:{int(process.stdout.readline())}/bare/bare.html"
        finally:
            process.kill()


@contextmanager
def turn(host: Host, folder: Path) -> Generator[dict[str, object]]:
    """Run coturn on a machine; give WebRTC's settings for calls that go over it by TCP only."""
    program = shutil.which("turnserver")
    if program is None:
        raise RuntimeError("coturn is missing: apt-get install coturn")
    options = ["-n", "--no-cli", "--no-tls", "--no-dtls", "--lt-cred-mech", "--user=lab:lab"]
    where = [f"--listening-ip={host.address}", f"--relay-ip={host.address}", "--realm=lab"]
    files = [f"--userdb={folder / 'turn.db'}", f"--pidfile={folder / 'turn.pid'}"]
    log = folder / "turn.log"
    with (
        log.open("w") as writing,
        host.popen(
            [
                program,
                *options,
                *where,
                *files,
                f"--listening-port={TURN_PORT}",
                "--log-file=stdout",
            ],
            stdout=writing,
            stderr=writing,
        ) as process,
    ):
        server = {
            "urls": f"turn:{host.address}:{TURN_PORT}?transport=tcp",
            "username": "lab",
            "credential": "lab",
        }
        try:
            yield {"iceServers": [server], "iceTransportPolicy": "relay"}
        finally:
            process.kill()


def configuring(settings: Mapping[str, object]) -> str:
    """Give a script by which a page's own WebRTC gets settings that it did not ask for."""
    return f"""
    const Own = RTCPeerConnection;
    window.RTCPeerConnection = class extends Own {{
      constructor() {{ super({json.dumps(settings)}); }}
    }};"""
