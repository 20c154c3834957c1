"""Be the process that carries the packets of all hosts.

It inherits the TUN device of each host and one socket for orders. When that socket closes, also
because the lab was killed, it kills what still runs in the hosts' namespaces, and ends.

Usage: python -m hamseda_lab.middlebox ORDERS_FILE (started by hamseda_lab.network)
"""

import contextlib
import os
import select
import socket
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from hamseda_lab import orders
from hamseda_lab.errors import LabError
from hamseda_lab.fabric import DOWN, UP, Fabric, Seen
from hamseda_lab.guard import Guard
from hamseda_lab.link import LinkSettings
from hamseda_lab.namespaces import kill_processes_of
from hamseda_lab.nat import By, Nat, NatSettings
from hamseda_lab.pcap import Capture

_AT_ONCE: Final = 64
"""Packets taken from one device before the others have their turn."""
_LONGEST: Final = 65_535
_URGENT: Final = 2
"""A priority before all ordinary processes, and before measured ones that were given the lowest."""
_LATE: Final = 0.002


class Middlebox:
    """Move packets between devices as a fabric says, and change that fabric by order."""

    def __init__(self, line: socket.socket, seed: int) -> None:
        self._line = line
        self._fabric = Fabric(seed)
        self._guard = Guard(self._fabric)
        self._devices: dict[int, str] = {}
        self._files: dict[str, int] = {}
        self._captures: dict[str, Capture] = {}
        self._late_packets = 0
        self._latest = 0.0
        self._orders: dict[str, Callable[[Mapping[str, Any]], Mapping[str, object]]] = {
            "host": self._add_host,
            "link": self._set_link,
            "address": self._set_address,
            "nat": self._set_nat,
            "counters": self._count,
            "capture": self._capture,
            **self._guard.orders,
        }

    def run(self) -> None:
        """Work until the orders end."""
        orders_file = self._line.fileno()
        is_wanted = True
        while is_wanted:
            deadline = self._fabric.next_deadline()
            patience = None if deadline is None else max(0.0, deadline - time.monotonic())
            ready, _, _ = select.select([*self._devices, orders_file], [], [], patience)
            for one in ready:
                if one == orders_file:
                    is_wanted = self._obey()
                else:
                    self._take(one)
            self._deliver()
        for capture in self._captures.values():
            capture.close()
        self._guard.close()

    def _take(self, file: int) -> None:
        name = self._devices[file]
        for _ in range(_AT_ONCE):
            try:
                data = os.read(file, _LONGEST)
            except BlockingIOError:
                return
            now = time.monotonic()
            self._keep(Seen(name, UP, now, data))
            self._fabric.receive(name, data, now)

    def _deliver(self) -> None:
        now = time.monotonic()
        for seen in self._fabric.due(now):
            late = now - seen.at
            self._latest = max(self._latest, late)
            self._late_packets += late > _LATE
            self._keep(seen)
            # A device that is down takes nothing: such a packet is lost, as on a real link.
            with contextlib.suppress(OSError):
                os.write(self._files[seen.host], seen.data)

    def _keep(self, seen: Seen) -> None:
        capture = self._captures.get(seen.host)
        if capture is not None:
            capture.write(seen.data, seen.at)

    # Orders

    def _obey(self) -> bool:
        order = orders.receive(self._line)
        if order is None:
            return False
        try:
            answer = self._orders[order["order"]](order)
        except (KeyError, TypeError, ValueError, OSError, LabError) as error:
            answer = {"error": f"{type(error).__name__}: {error}"}
        orders.send(self._line, answer)
        return True

    def _add_host(self, order: Mapping[str, Any]) -> Mapping[str, object]:
        name, file = str(order["name"]), int(order["file"])
        self._fabric.add_host(name, str(order["address"]))
        self._devices[file], self._files[name] = name, file
        return {}

    def _set_link(self, order: Mapping[str, Any]) -> Mapping[str, object]:
        link = self._fabric.link(str(order["name"]), str(order["direction"]))
        link.change(LinkSettings(**order["settings"]))
        return {}

    def _set_address(self, order: Mapping[str, Any]) -> Mapping[str, object]:
        self._fabric.set_address(str(order["name"]), str(order["address"]))
        return {}

    def _set_nat(self, order: Mapping[str, Any]) -> Mapping[str, object]:
        settings = NatSettings(
            lasts=float(order["lasts"]),
            mapping=By(order["mapping"]),
            filtering=By(order["filtering"]),
        )
        nat = Nat(str(order["inner"]), str(order["outer"]), settings)
        self._fabric.set_nat(str(order["name"]), nat)
        return {}

    def _count(self, _order: Mapping[str, Any]) -> Mapping[str, object]:
        links = {
            name: {way: asdict(self._fabric.link(name, way).traffic) for way in (UP, DOWN)}
            for name in self._files
        }
        late = {"late_packets": self._late_packets, "latest_ms": self._latest * 1000}
        return {"links": links, "homeless_packets": self._fabric.homeless_packets, **late}

    def _capture(self, order: Mapping[str, Any]) -> Mapping[str, object]:
        name = str(order["name"])
        old = self._captures.pop(name, None)
        if old is not None:
            old.close()
        if order["path"] is not None:
            self._captures[name] = Capture(Path(order["path"]))
        return {}


def main() -> None:
    """Take the first order, which says what to clear away at the end, and work."""
    # A packet that waits for a busy processor has a delay that nobody asked for.
    with contextlib.suppress(PermissionError):
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(_URGENT))
    with socket.socket(fileno=int(sys.argv[1])) as line:
        begin = orders.receive(line)
        if begin is None:
            return
        orders.send(line, {})
        try:
            Middlebox(line, int(begin["seed"])).run()
        finally:
            kill_processes_of(frozenset(begin["inodes"]))


if __name__ == "__main__":
    main()
