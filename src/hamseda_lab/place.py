"""Build the place where calls cross a border: the hosts of every cell, and names for them.

caller, callee   the two people; the caller is always inside
resolver         the operator's, which everybody asks for names
home             abroad: the server of the system under test
elsewhere        abroad, in another prefix
domestic         a machine in the country that is no client
proxy            an HTTP proxy of the firm
prober           from where a censor visits servers
"""

import os
import shlex
import socket
import statistics
import struct
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Literal, Self

from hamseda_lab.authority import Authority
from hamseda_lab.errors import LabError
from hamseda_lab.events import Telling
from hamseda_lab.network import Network
from hamseda_lab.portal import PORTAL_NAME
from hamseda_lab.weather import Weather

Placement = Literal["inside-outside", "inside-inside"]
PLACEMENTS: Final[Sequence[Placement]] = ("inside-outside", "inside-inside")

CLIENTS: Final = ("caller", "callee")
HOSTS: Final = (
    "caller",
    "callee",
    "resolver",
    "home",
    "elsewhere",
    "domestic",
    "proxy",
    "prober",
)
DELAYS_MS: Final = {
    "caller": 15.0,
    "callee": 15.0,
    "home": 15.0,
    "elsewhere": 15.0,
    "resolver": 2.0,
    "domestic": 2.0,
    "proxy": 1.0,
    "prober": 2.0,
}
"""Of each host's link, each way: 60 ms of round trip between a client and a server abroad."""
HOME_NAME: Final = "home.example"
ELSEWHERE_NAME: Final = "elsewhere.example"
DOMESTIC_NAME: Final = "domestic.example"
PROXY_PORT: Final = 3128
_PINGS: Final = 20

_WITH_RESOLVER: Final = 'mount --bind "$0" /etc/resolv.conf && exec "$@"'


@dataclass(frozen=True, slots=True)
class Calibration:
    """Be what a link does with datagrams while nothing is blocked."""

    rtt_ms: float
    loss: float


class Place:
    """Be the hosts, their links and their resolver. Raise `LabError` where it cannot be."""

    def __init__(self, folder: Path, *, seed: int = 1, tells_of_proxy: bool = False) -> None:
        self.folder: Final = folder
        self._tells_of_proxy = tells_of_proxy
        self.net: Final = Network(HOSTS, seed=seed)
        self.authority: Final = Authority(folder)
        self._stack = ExitStack()
        self._started = 0
        self.rests = 0.0
        """Seconds for which who is called has waited before the call."""

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            stack.enter_context(self.net)
            for name, delay_ms in DELAYS_MS.items():
                self.net.set_link(name, delay_ms=delay_ms)
            self._resolv_conf = self.folder / "resolv.conf"
            self._resolv_conf.write_text(
                f"nameserver {self.address('resolver')}\noptions timeout:2 attempts:2\n",
                encoding="ascii",
            )
            self._start_resolver(stack)
            self._start_proxy(stack)
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.close()

    def address(self, name: str) -> str:
        """Give the address of a host."""
        return self.net.host(name).address

    def prefix(self, name: str) -> str:
        """Give the prefix of a host, in which no other host of the place lives."""
        return f"{self.address(name).rpartition('.')[0]}.0/24"

    def take_weather(self, weather: Weather) -> None:
        """Let the caller's link, and the NATs, be so from now on."""
        self.net.set_link("caller", weather.link)
        self.rests = weather.rests
        if weather.nat is not None:
            for client in CLIENTS:
                self.net.put_behind_nat(client, weather.nat)

    def open_portal(self) -> None:
        """Start a portal at the resolver's address, with a certificate for its own name."""
        certificate, key = self.authority.issue(PORTAL_NAME)
        self._serve(self._stack, "resolver", "hamseda_lab.portal", str(certificate), str(key))

    def inside(self, placement: Placement) -> tuple[str, ...]:
        """Give the prefixes of the censored clients."""
        names = ("caller", "callee") if placement == "inside-inside" else ("caller",)
        return tuple(self.prefix(name) for name in names)

    @property
    def names(self) -> dict[str, str]:
        """Give what the resolver knows."""
        return {
            HOME_NAME: self.address("home"),
            ELSEWHERE_NAME: self.address("elsewhere"),
            DOMESTIC_NAME: self.address("domestic"),
        }

    def popen(self, name: str, command: Sequence[str], **more: Any) -> "subprocess.Popen[Any]":
        """Start a program on a host, where names are asked of the place's resolver.

        Clients are told of the proxy as a firm's machines are, where there is one.
        """
        if self._tells_of_proxy and name in CLIENTS:
            proxy = f"http://{self.address('proxy')}:{PROXY_PORT}"
            more["env"] = {**more.get("env", os.environ), "https_proxy": proxy}
        own = ["unshare", "--mount", "--propagation", "private", "sh", "-c", _WITH_RESOLVER]
        return self.net.host(name).popen([*own, str(self._resolv_conf), *command], **more)

    def script(self, name: str, program: str, *, home: Path | None = None) -> Path:
        """Write a program that starts another one on a host as `popen` does, in a home folder."""
        path = self.folder / f"{Path(program).name}-on-{name}"
        entering = f"nsenter --net={self.net.host(name).namespace.path}"
        own = "unshare --mount --propagation private sh -c"
        line = (
            f"{entering} {own} {shlex.quote(_WITH_RESOLVER)} {shlex.quote(str(self._resolv_conf))}"
        )
        told = f"export HOME={shlex.quote(str(home))}\n" if home is not None else ""
        if self._tells_of_proxy and name in CLIENTS:
            told += f"export https_proxy=http://{self.address('proxy')}:{PROXY_PORT}\n"
        path.write_text(
            f'#!/bin/sh\n{told}exec {line} {shlex.quote(program)} "$@"\n', encoding="utf-8"
        )
        path.chmod(0o755)
        return path

    def tell(self, name: str, command: Sequence[str], env: Mapping[str, str]) -> Telling:
        """Start a program on a host that says what happens in JSON."""
        self._started += 1
        errors = self.folder / f"{self._started:03}-{name}.err"
        with errors.open("w", encoding="utf-8") as writing:
            process = self.popen(
                name,
                command,
                env=dict(env),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=writing,
                text=True,
            )
        return self._stack.enter_context(Telling(process, errors))

    def calibrate(self, here: str = "caller", there: str = "home") -> Calibration:
        """Measure what the way between two hosts does with datagrams."""
        times: list[float] = []
        with self._socket(here) as mine, self._socket(there) as its:
            for number in range(_PINGS):
                sent = time.monotonic()
                mine.sendto(struct.pack("!I", number), its.getsockname())
                try:
                    payload, whose = its.recvfrom(10)
                    its.sendto(payload, whose)
                    mine.recv(10)
                except TimeoutError:
                    continue
                times.append(time.monotonic() - sent)
        if not times:
            raise LabError(f"nothing comes from {here} to {there} and back")
        return Calibration(round(1000 * statistics.median(times), 1), 1 - len(times) / _PINGS)

    def _socket(self, name: str) -> socket.socket:
        with self.net.host(name).entered():
            made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        made.settimeout(1.0)
        made.bind((self.address(name), 0))
        return made

    def _start_resolver(self, stack: ExitStack) -> None:
        table = [f"{name}={address}" for name, address in self.names.items()]
        self._serve(stack, "resolver", "hamseda_lab.resolver", *table)

    def _start_proxy(self, stack: ExitStack) -> None:
        self._serve(stack, "proxy", "hamseda_lab.connect_proxy", str(PROXY_PORT))

    def _serve(self, stack: ExitStack, name: str, module: str, *arguments: str) -> None:
        """Start a server of the place on its host. Raise `LabError`."""
        command = [sys.executable, "-m", module, self.address(name), *arguments]
        process = self.popen(name, command, stdout=subprocess.PIPE, text=True)
        stack.callback(process.wait)
        stack.callback(process.kill)
        if process.stdout is None or process.stdout.readline() != "ready\n":
            raise LabError(f"the {name} does not start")
        stack.callback(process.stdout.close)
