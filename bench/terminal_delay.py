"""Measure how long sound takes between two terminals, from mouth to ear.

Two `hamseda` processes call each other through a home on this machine, each with a microphone and
a speaker of a sound server that has no hardware. A microphone hears a chirp of 0.2 s every two
seconds over a low tone. What both devices carry is kept with the machine's clock beside it.
Counted are the buffers that the program asks the sound server for, in both directions.

Needs the packages pulseaudio, pulseaudio-utils and libasound2-plugins, and the extra hamseda[audio]
(`uv pip install -r requirements/audio.txt`).

Usage: bench/terminal_delay.py [--rounds 3] [--short]
"""

import os
import time
from contextlib import ExitStack
from importlib.util import find_spec

from _processes import quiet_world
from _question import answer, options
from _record import interleave
from _sound_server import SoundServer
from _sounds import CHIRP_SECONDS, EVERY_SECONDS, SETTLES, TALKS, chirps, ear_numbers

from tests.integration.world import Person

SIDES = ("caller", "callee")


class Calls:
    """Place calls between two people with devices."""

    def __init__(self, server: SoundServer, people: tuple[Person, Person]) -> None:
        self._server = server
        self._caller, self._callee = people

    def __call__(self) -> dict[str, float]:
        """Place one call and measure both directions."""
        waiting = self._callee.start("answer", "--once")
        waiting.wait_for("ready")
        calling = self._caller.start("call", self._callee.name)
        for running in (waiting, calling):
            running.wait_for("connected")
        counted = 1000 * (time.time() + SETTLES)
        kept = self._server.hear(
            [f"{side}_{what}" for side in SIDES for what in ("mouth", "ear")], TALKS
        )
        calling.stop()
        waiting.ended()
        numbers: dict[str, float] = {}
        for side, other in (SIDES, SIDES[::-1]):
            mouth, ear = kept[f"{other}_mouth"], kept[f"{side}_ear"]
            numbers |= ear_numbers(side, mouth, ear, after=counted)
        return numbers


def main() -> None:
    """Ask, print the answer, keep the samples."""
    given = options(__doc__, rounds=3).parse_args()
    if given.short:
        given.rounds = 1
    missing = find_spec("sounddevice") is None
    assert not missing, "please: .venv/bin/uv pip install -r requirements/audio.txt"
    names = [f"{side}_{what}" for side in SIDES for what in ("mouth", "ear")]
    with quiet_world() as world, SoundServer(world.folder / "sound", names) as server:
        home = world.home()
        library = {key: os.environ[key] for key in ("PYTHONPATH",) if key in os.environ}
        people = [
            world.person(side, env=server.devices(f"{side}_mouth", f"{side}_ear") | library)
            for side in SIDES
        ]
        caller, callee = people
        world.befriend(home, caller, callee)
        with ExitStack() as stack:
            for side in SIDES:
                stack.enter_context(server.saying(f"{side}_mouth", chirps()))
            samples = interleave({"terminal": Calls(server, (caller, callee))}, given.rounds)
    parameters = {
        "chirp_s": CHIRP_SECONDS,
        "chirp_every_s": EVERY_SECONDS,
        "seconds_a_call": TALKS,
        "not_counted_ms": 1000 * SETTLES,
        "rounds": given.rounds,
    }
    answer("terminal_delay", parameters, {"samples": samples}, is_short=given.short)


if __name__ == "__main__":
    main()
