"""Measure how long sound takes between two browsers: until the first, and from mouth to ear.

Both browsers run on this machine, each with a file for a microphone: a chirp of 0.2 s every two
seconds over a low tone, so that any moment has sound. What the microphone gives and what goes to
the speaker is kept with the machine's clock beside it. Sides, in turn:
  page    our page: over TLS, a home in between, end-to-end encryption, Opus at 24 kbit/s
  webrtc  RTCPeerConnection as the browser sets it up: over UDP from process to process
Two numbers, both ways:
  answer to first sound   from the click on "Answer" to the first sound at either speaker
  mouth to ear            of each chirp
The microphone's processing is off on both sides. Not counted: the buffers of a sound card.

Usage: bench/page_delay.py [--rounds 3] [--short]
"""

from collections.abc import Callable
from functools import partial

from _browsers import Pair, chromium_version, ends, pairs, priority
from _processes import quiet_world
from _question import answer, options
from _record import interleave
from _sounds import CHIRP_SECONDS, EVERY_SECONDS, SETTLES, TALKS, chirping, ear_numbers
from playwright.sync_api import sync_playwright


def call(pair: Pair) -> dict[str, float]:
    """Place one call and measure both directions."""
    pair.connect()
    pair.callee.wait_for_timeout(1000 * TALKS)
    kept = ends(pair)
    pair.hang_up()
    clicked = kept["callee"].clicked
    numbers: dict[str, float] = {}
    for side, other in (("caller", "callee"), ("callee", "caller")):
        ear = kept[side].ear
        numbers[f"{side}_first_ms"] = ear.first_heard - clicked
        after = clicked + 1000 * SETTLES
        numbers |= ear_numbers(side, kept[other].mouth, ear, after=after)
    return numbers


def main() -> None:
    """Ask, print the answer, keep the samples."""
    given = options(__doc__, rounds=3).parse_args()
    if given.short:
        given.rounds = 1
    with quiet_world() as world, sync_playwright() as running:
        microphone = chirping(world.folder / "chirping.wav")
        browser = running.chromium
        with pairs(browser, world, [microphone, microphone]) as sides:
            calls: dict[str, Callable[[], dict[str, float]]] = {
                name: partial(call, pair) for name, pair in sides.items()
            }
            samples = interleave(calls, given.rounds)
            version = chromium_version(sides["page"].caller)
    parameters = {
        "chirp_s": CHIRP_SECONDS,
        "chirp_every_s": EVERY_SECONDS,
        "seconds_a_call": TALKS,
        "not_counted_ms": 1000 * SETTLES,
        "chromium": version,
        "priority": priority(),
        "rounds": given.rounds,
    }
    answer("page_delay", parameters, {"samples": samples}, is_short=given.short)


if __name__ == "__main__":
    main()
