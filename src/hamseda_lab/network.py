"""Build a network of hosts on this machine, and change it while they talk.

    with Network(["home", "caller", "callee"]) as net:
        net.set_link("caller", delay_ms=50, loss=0.05)
        net.host("caller").popen(["hamseda", "call", "callee"])

Every host hangs on the middle of the network by a link of its own. `delay_ms` is of one direction,
so a host whose link has 50 ms both ways is 100 ms of round trip from everyone whose own link has
none; two such hosts are 200 ms from each other. Loss is by link and by direction as well.
"""

import os
import shlex
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from hamseda_lab import orders
from hamseda_lab.errors import LabError
from hamseda_lab.fabric import DOWN, UP
from hamseda_lab.link import LinkSettings, Traffic
from hamseda_lab.namespaces import Namespace, kill_processes_of, processes_of
from hamseda_lab.nat import NatSettings
from hamseda_lab.tun import MTU, open_tun

DEVICE: Final = "net0"
CONGESTION: Final = ("cubic", "reno")
"""What most senders use, and what every kernel lets a namespace use instead."""
_ENDS: Final = 5.0
"""Seconds that the middlebox has to clear away."""


@dataclass(frozen=True, slots=True)
class Counters:
    """Be what a network counted so far, at the IP layer."""

    links: Mapping[str, Mapping[str, Traffic]]
    """By host, then by direction (`up`: sent by the host)."""
    homeless_packets: int
    late_packets: int
    """Delivered more than 2 ms after their time, because this machine was busy."""
    latest_ms: float


class Host:
    """Be one machine: a namespace with loopback and one device that leads everywhere."""

    def __init__(self, name: str, address: str) -> None:
        self.name: Final = name
        self.address = address
        self.namespace: Final = Namespace()
        with self.entered():
            self.device: Final = open_tun(DEVICE)
        self.congestion: Final = self._set_up()

    def _set_up(self) -> str:
        run = self.namespace.run
        run("ip", "link", "set", "lo", "up")
        run("ip", "link", "set", DEVICE, "mtu", str(MTU), "up")
        self._take_address(self.address)
        with self.entered():
            # Neighbour discovery would count as the call's traffic.
            _write_setting("ipv6/conf/all/disable_ipv6", "1")
            return _choose_congestion()

    def entered(self) -> AbstractContextManager[None]:
        """Let the calling thread be on this host: what it starts meanwhile, starts there."""
        return self.namespace.entered()

    def popen(self, command: Sequence[str], **more: Any) -> subprocess.Popen[Any]:
        """Start a process on this host; `more` is that of `subprocess.Popen`."""
        with self.entered():
            return subprocess.Popen(command, **more)  # noqa: S603 - the caller's own words

    @property
    def processes(self) -> list[int]:
        """List the processes that live on it."""
        return processes_of([self.namespace.inode])

    def script(self, program: str, path: Path) -> Path:
        """Write a program that starts another one on this host, for who starts it elsewhere."""
        entering = f"nsenter --net={self.namespace.path} {shlex.quote(program)}"
        path.write_text(f'#!/bin/sh\nexec {entering} "$@"\n', encoding="utf-8")
        path.chmod(0o755)
        return path

    def _take_address(self, address: str) -> None:
        run = self.namespace.run
        run("ip", "address", "flush", "dev", DEVICE)
        run("ip", "address", "add", f"{address}/32", "dev", DEVICE)
        run("ip", "route", "replace", "default", "dev", DEVICE, "src", address)
        self.address = address

    def move(self, address: str) -> None:
        """Have another address from now on, and lose the old one (see `Network.move`)."""
        self._take_address(address)

    def close(self) -> None:
        """Let go of it; its processes must have ended."""
        os.close(self.device)
        self.namespace.close()


class Network:
    """Be some hosts, and the middlebox between them. Everything ends with it.

    Raise `LabError` where the machine does not let it be.
    """

    def __init__(self, hosts: Sequence[str], *, seed: int = 1) -> None:
        self.hosts: dict[str, Host] = {}
        self._names = tuple(hosts)
        self._seed = seed
        self._settings: dict[tuple[str, str], LinkSettings] = {}
        self._moves = 0
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            for number, name in enumerate(self._names, 1):
                host = Host(name, f"10.77.{number}.2")
                stack.callback(host.close)
                self.hosts[name] = host
            self._line = stack.enter_context(self._start_middlebox(stack))
            for host in self.hosts.values():
                fields = {"name": host.name, "file": host.device, "address": host.address}
                orders.ask(self._line, "host", **fields)
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.close()

    def host(self, name: str) -> Host:
        """Give a host."""
        return self.hosts[name]

    @property
    def congestion(self) -> str:
        """Name the congestion control of TCP on the hosts."""
        return next(iter(self.hosts.values())).congestion

    def set_link(
        self,
        name: str,
        settings: LinkSettings | None = None,
        *,
        way: str | None = None,
        **changes: Any,
    ) -> None:
        """Let a host's link be so from now on, both ways or one (`up`, `down`).

        Without `settings`, change some of those that it has.
        """
        for direction in (UP, DOWN) if way is None else (way,):
            known = settings or self._settings.get((name, direction), LinkSettings())
            wanted = self._settings[name, direction] = replace(known, **changes)
            fields = {each: getattr(wanted, each) for each in LinkSettings.__slots__}
            orders.ask(self._line, "link", name=name, direction=direction, settings=fields)

    def move(self, name: str) -> str:
        """Give a host an address that nobody had, as another Wi-Fi does; return that address."""
        self._moves += 1
        host = self.hosts[name]
        number = self._names.index(name) + 1
        address = f"10.78.{number}.{self._moves + 1}"
        orders.ask(self._line, "address", name=name, address=address)
        host.move(address)
        return address

    def put_behind_nat(self, name: str, settings: NatSettings) -> str:
        """Put a host behind a NAT; return the address by which others know it, of its prefix."""
        inner = self.host(name).address
        outer = f"{inner.rpartition('.')[0]}.254"
        orders.ask(
            self._line,
            "nat",
            name=name,
            inner=inner,
            outer=outer,
            lasts=settings.lasts,
            mapping=settings.mapping.value,
            filtering=settings.filtering.value,
        )
        return outer

    def counters(self) -> Counters:
        """Count what went over each link."""
        answer = orders.ask(self._line, "counters")
        links = {
            name: {way: Traffic(**traffic) for way, traffic in ways.items()}
            for name, ways in answer["links"].items()
        }
        return Counters(
            links,
            int(answer["homeless_packets"]),
            int(answer["late_packets"]),
            float(answer["latest_ms"]),
        )

    def capture(self, name: str, path: Path | None) -> None:
        """Write all packets at a host's end of its link into a pcap file, until told None."""
        orders.ask(self._line, "capture", name=name, path=None if path is None else str(path))

    def ask(self, order: str, **fields: object) -> orders.Order:
        """Give the middlebox an order of somebody else's, and wait for the answer."""
        return orders.ask(self._line, order, **fields)

    def _start_middlebox(self, stack: ExitStack) -> socket.socket:
        mine, its = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        inodes = [host.namespace.inode for host in self.hosts.values()]
        with its:
            files = [its.fileno(), *(host.device for host in self.hosts.values())]
            process = subprocess.Popen(  # noqa: S603 - our own module
                [sys.executable, "-m", "hamseda_lab.middlebox", str(its.fileno())], pass_fds=files
            )
        stack.callback(kill_processes_of, inodes)
        stack.callback(_end, process)
        orders.ask(mine, "begin", seed=self._seed, inodes=inodes)
        return mine


def _end(process: subprocess.Popen[Any]) -> None:
    """Wait until the middlebox has cleared away; its orders have ended by now."""
    try:
        process.wait(_ENDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _choose_congestion() -> str:
    """Let TCP of this namespace send as most senders do; give what the kernel allowed."""
    for name in CONGESTION:
        if _write_setting("ipv4/tcp_congestion_control", name):
            return name
    raise LabError(f"the kernel allows none of {CONGESTION} as congestion control")


def _write_setting(name: str, value: str) -> bool:
    path = Path("/proc/sys/net") / name
    try:
        if path.read_text(encoding="ascii").strip() != value:
            path.write_text(value, encoding="ascii")
    except OSError:
        return False
    return True
