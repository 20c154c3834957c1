"""Measure what a minute of a call costs a terminal client: processor time and memory.

Two `hamseda` processes on this machine call each other through a home and play speech from a file
into a file, so that no sound card's driver is counted. The processor time of each process in some
seconds of the running call is read from the kernel and given per minute; memory is the resident
memory at the end, libraries included, and its part that is in no file. One side a mode, in turn.
Goal: at most 10 s and 100 MB a minute of call.

Usage: bench/client_cost.py [--rounds 3] [--seconds 20] [--short]
"""

import time
from functools import partial
from typing import Final

from _processes import cpu_seconds, memory_kib, quiet_world
from _question import answer, options
from _record import interleave

from hamseda.media.modes import LADDER
from tests.integration.running import Seen
from tests.integration.world import Person
from tests.speech import voice

SETTLED: Final = 2.0
"""Seconds of a call that are not counted: buffers fill, code is compiled."""
KIB_A_MB: Final = 1e6 / 1024


def is_settled(seen: Seen) -> bool:
    """Tell whether enough of the call has passed: slots last 20 ms."""
    return seen.event == "quality" and seen["frames_expected"] * 0.02 >= SETTLED


def cost(caller: Person, callee: Person, mode: str, seconds: float) -> dict[str, float]:
    """Hold one call in a mode and count what both processes use."""
    waiting = callee.start_answer("--once", "--mode", mode, play=voice("jfk"))
    calling = caller.start_call(callee.name, "--mode", mode, play=voice("jfk"))
    sides = {"caller": calling, "callee": waiting}
    for side in sides.values():
        side.wait_until(is_settled, SETTLED + 20.0, "speech")
    began, used = time.monotonic(), {n: cpu_seconds(s.process.pid) for n, s in sides.items()}
    time.sleep(seconds)
    minutes = (time.monotonic() - began) / 60
    sample: dict[str, float] = {}
    for name, side in sides.items():
        pid = side.process.pid
        sample[f"{name}_cpu_s"] = (cpu_seconds(pid) - used[name]) / minutes
        memory = memory_kib(pid)
        sample[f"{name}_mb"] = memory["resident"] / KIB_A_MB
        sample[f"{name}_own_mb"] = memory["anonymous"] / KIB_A_MB
    assert calling.stop() == 0
    waiting.ended()
    return sample


def main() -> None:
    """Ask the question and keep the answer."""
    parser = options(__doc__, rounds=3)
    parser.add_argument("--seconds", type=float, default=20.0, help="default: %(default)s")
    given = parser.parse_args()
    with quiet_world() as world:
        home = world.home()
        pair = world.pair(home)
        samples = interleave(
            {
                mode.name: partial(cost, pair.ali, pair.maryam, mode.name, given.seconds)
                for mode in LADDER
            },
            given.rounds,
        )
    parameters = {"rounds": given.rounds, "seconds": given.seconds}
    answer("client_cost", parameters, {"samples": samples}, is_short=given.short)


if __name__ == "__main__":
    main()
