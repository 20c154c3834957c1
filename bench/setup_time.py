"""Measure the time from "answer" to the first remote sound, over lines that are open already.

Real `hamseda` processes call each other through a link that holds all bytes back. Each person's
line gets half of the round trip, so the round trip is the one between the two people: nothing
can be faster for the callee, whose answer has to reach the caller before the caller may speak.
Sides, in turn: 0, 100 and 200 ms added. Two clocks:
  setup_ms   what each side says of itself in its `connected` event
  outside    what a third process sees: from the moment at which "answer" is pressed (a given
             time after `ringing`) to `connected` of either side
Goal: at most one round trip + 200 ms, for the later of the two sides, seen from outside.

Usage: bench/setup_time.py [--calls 5] [--short]
"""

from collections.abc import Callable
from contextlib import ExitStack
from functools import partial

from _link import Link
from _processes import quiet_world
from _question import answer, options
from _record import interleave

from tests.integration.world import Person, World
from tests.speech import voice

ROUND_TRIPS_MS = (0, 100, 200)
RINGS = 1.0
"""Seconds that it rings: the answer finds lines and room ready."""
TALKS = 2.0
PATIENCE = 30.0


def meet(world: World, link: Link, name: str) -> tuple[Person, Person]:
    """Make two people contacts at a home that they reach through the link."""
    home = world.home("--public", f"https://localhost:{link.port}", name=name)
    link.target = home.port
    caller, callee = world.person(f"caller-{name}"), world.person(f"callee-{name}")
    world.befriend(home, caller, callee)
    return caller, callee


def call(caller: Person, callee: Person) -> dict[str, float]:
    """Place one call and read both clocks."""
    speech = voice("jfk")
    waiting = callee.start_answer("--once", "--ring", str(RINGS), play=speech)
    calling = caller.start_call(callee.name, play=speech, duration=TALKS)
    pressed = waiting.wait_for("ringing", PATIENCE).at + RINGS
    heard = {
        "caller": calling.wait_for("connected", PATIENCE),
        "callee": waiting.wait_for("connected", PATIENCE),
    }
    calling.ended(PATIENCE)
    waiting.ended(PATIENCE)
    return {f"{side}_setup_ms": float(seen["setup_ms"]) for side, seen in heard.items()} | {
        f"{side}_outside_ms": 1000 * (seen.at - pressed) for side, seen in heard.items()
    }


def main() -> None:
    """Ask, print the answer, keep the samples."""
    parser = options(__doc__, rounds=7)
    given = parser.parse_args()
    if given.short:
        given.rounds = 1
    with ExitStack() as stack:
        world = stack.enter_context(quiet_world())
        sides: dict[str, Callable[[], dict[str, float]]] = {}
        for added in ROUND_TRIPS_MS:
            # Each way over one person's line: a quarter of the round trip between two people.
            link = stack.enter_context(Link(added / 1000 / 4))
            sides[str(added)] = partial(call, *meet(world, link, f"home-{added}"))
        samples = interleave(sides, given.rounds)
    parameters = {
        "added_round_trip_ms": ROUND_TRIPS_MS,
        "rings_s": RINGS,
        "rounds": given.rounds,
    }
    answer("setup_time", parameters, {"samples": samples}, is_short=given.short)


if __name__ == "__main__":
    main()
