"""Measure how long both sides hear nothing when something happens in the middle of a call.

Hosts in network namespaces as in `sound_on_bad_networks`; the caller's link has 50 ms each way and
loses nothing. Both say a tone whose pitch rises, so that each 20 ms of what is played out can be
told from what a concealment makes up. Troubles, six seconds into the call:
  nothing   what the count says of a call without trouble: taken off the others
  stall     the caller's link loses everything for 1 s
  cut       the same for 5 s
  move      the caller's machine gets another address and loses the old one
  restart   what stands in the middle (our home, coturn) restarts
  stop      the callee's processes stand still for 20 s
Systems, in turn: terminal, page, webrtc (the browser's own, over UDP), webrtc-turn (over coturn by
TCP). The bare WebRTC page does not restart ICE: that is an application's work.
A call that ended counts as silent to the end of its time, 15 s after the trouble (20 after `stop`).

Usage: bench/silence_after_trouble.py [--rounds 2] [--systems a,b] [--troubles a,b] [--short]
"""

import os
import random
import signal
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Final

from _browsers import priority
from _far_calls import SIDES, System, hosts_of
from _far_machines import HOME
from _far_systems import Mouths, far_systems, lasting
from _processes import quiet_world
from _question import answer, options
from _record import interleave
from playwright.sync_api import Error as BrowserError

from hamseda_lab.link import LinkSettings
from hamseda_lab.network import Network
from tests.integration.timeline import PERIOD, moments, write_timeline

SYSTEMS: Final = ("terminal", "page", "webrtc", "webrtc-turn")
LINK: Final = LinkSettings(delay_ms=50)
BEFORE: Final = 6.0
AFTER: Final = 15.0
STOPPED: Final = 20.0
LONGEST: Final = BEFORE + STOPPED + AFTER
MOMENT: Final = 0.02
"""Seconds of sound that one moment of a recording stands for."""


class Bench:
    """Place calls, make trouble, and count."""

    def __init__(self, net: Network, restarts: dict[str, Callable[[], None]]) -> None:
        self._net = net
        self._restarts = restarts
        self._troubles: dict[str, Callable[[str, System], float]] = {
            "nothing": lambda _name, _system: 0.0,
            "stall": partial(self._cut, 1.0),
            "cut": partial(self._cut, 5.0),
            "move": self._move,
            "restart": self._restart,
            "stop": self._stop,
        }

    def can(self, trouble: str, name: str) -> bool:
        """Tell whether a trouble can happen to a system."""
        return trouble != "restart" or name in self._restarts

    def call(self, trouble: str, name: str, system: System) -> dict[str, float]:
        """Place one call with a trouble in it, and count the seconds in which nothing was heard."""
        self._net.set_link(system.hosts[0], LINK)
        try:
            system.connect()
            began = time.monotonic()
            system.wait(BEFORE)
            lasted = self._troubles[trouble](name, system)
            system.wait(AFTER)
            took = time.monotonic() - began
            self._net.set_link(system.hosts[0], LinkSettings())
            kept = system.hang_up()
        except (AssertionError, BrowserError) as error:
            print(f"no call: {error}", file=sys.stderr)
            self._net.set_link(system.hosts[0], LinkSettings())
            system.give_up()
            return {"is_whole": 0.0}
        silent = {f"{side}_silent_s": took - heard_seconds(kept.heard[side]) for side in SIDES}
        is_whole = float("ended_early" not in kept.counted)
        return {"is_whole": is_whole, "lasted_s": lasted, "call_s": took, **silent}

    def _cut(self, seconds: float, _name: str, system: System) -> float:
        self._net.set_link(system.hosts[0], is_up=False)
        system.wait(seconds)
        self._net.set_link(system.hosts[0], is_up=True)
        return seconds

    def _move(self, _name: str, system: System) -> float:
        self._net.move(system.hosts[0])
        return 0.0

    def _restart(self, name: str, _system: System) -> float:
        began = time.monotonic()
        self._restarts[name]()
        return time.monotonic() - began

    def _stop(self, _name: str, system: System) -> float:
        callee = self._net.host(system.hosts[1])
        stopped = callee.processes
        _signal(stopped, signal.SIGSTOP)
        try:
            # The caller's side may be driven meanwhile, the callee's may not.
            time.sleep(STOPPED)
        finally:
            _signal(stopped, signal.SIGCONT)
        return STOPPED


def _signal(processes: list[int], number: signal.Signals) -> None:
    for pid in processes:
        os.kill(pid, number)


def heard_seconds(recording: Path) -> float:
    """Give the seconds of a recording in which the tone is clear."""
    return MOMENT * len(moments(recording, 0.0, lambda position: position))


def tones(folder: Path) -> Mouths:
    """Let both say the tone whose pitch tells the time."""
    microphones = [write_timeline(folder / f"{side}-tone.wav", 10 * PERIOD) for side in SIDES]
    return Mouths(microphones, lasting(microphones, LONGEST))


def main() -> None:
    """Ask, print the answer, keep the samples."""
    parser = options(__doc__, rounds=2)
    parser.add_argument("--systems", default=",".join(SYSTEMS))
    parser.add_argument("--troubles", default="nothing,stall,cut,move,restart,stop")
    given = parser.parse_args()
    wanted, troubles = given.systems.split(","), given.troubles.split(",")
    if given.short:
        given.rounds = 1
    seed = random.randrange(1_000_000)
    machines = [HOME, *(host for name in wanted for host in hosts_of(name))]
    with (
        quiet_world() as world,
        Network(machines, seed=seed) as net,
        far_systems(wanted, net, world, tones(world.folder)) as made,
    ):
        bench = Bench(net, made.restarts)
        calls: dict[str, Callable[[], dict[str, float]]] = {
            f"{trouble}/{name}": partial(bench.call, trouble, name, system)
            for trouble in troubles
            for name, system in made.systems.items()
            if bench.can(trouble, name)
        }
        samples = interleave(calls, given.rounds)
        congestion = net.congestion
    parameters = {
        "round_trip_ms": 2 * LINK.delay_ms,
        "troubles": troubles,
        "systems": wanted,
        "congestion_control": congestion,
        "priority": priority(),
        "rounds": given.rounds,
        **made.versions,
    }
    answer("silence_after_trouble", parameters, {"samples": samples}, is_short=given.short)


if __name__ == "__main__":
    main()
