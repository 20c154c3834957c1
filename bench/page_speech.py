"""Measure how speech sounds between two browsers, by PESQ wide-band (ITU-T P.862.2).

Both say a number that no other run says (espeak-ng), again and again with a pause; what counts is
what was played out. Sides, in turn:
  page    our page: Opus at 24 kbit/s, constant, over a home
  webrtc  RTCPeerConnection as the browser sets it up
The microphone's processing is off on both sides: it takes a synthetic voice for noise.
Goal: >= 3.6 for the page, as the median over the calls and both directions.

Usage: bench/page_speech.py [--rounds 4] [--short]
"""

from collections.abc import Callable
from functools import partial
from pathlib import Path

from _browsers import Pair, chromium_version, ends, pairs, priority
from _processes import quiet_world
from _question import answer, options
from _record import interleave
from playwright.sync_api import sync_playwright

from tests.browser.sound import PAUSE_SECONDS, as_microphone, new_sentence, seconds
from tests.speech import pesq_wb


def call(pair: Pair, said: dict[str, Path]) -> dict[str, float]:
    """Place one call and score what both sides heard; `said` is by side."""
    pair.connect()
    # Whatever the moment at which the call begins, each sentence is heard whole once.
    longest = max(map(seconds, said.values())) + PAUSE_SECONDS
    pair.callee.wait_for_timeout(1000 * 2 * longest)
    kept = ends(pair)
    pair.hang_up()
    folder = said["caller"].parent
    return {
        f"of_{other}": pesq_wb(said[other], kept[side].ear.write(folder / f"heard-{side}.wav"))
        for side, other in (("callee", "caller"), ("caller", "callee"))
    }


def main() -> None:
    """Ask, print the answer, keep the samples."""
    given = options(__doc__, rounds=4).parse_args()
    if given.short:
        given.rounds = 1
    with quiet_world() as world, sync_playwright() as running:
        said = {side: new_sentence(world.folder / f"{side}.wav") for side in ("caller", "callee")}
        microphones = [
            as_microphone(spoken, spoken.with_name(f"{side}-microphone.wav"))
            for side, spoken in said.items()
        ]
        with pairs(running.chromium, world, microphones) as sides:
            calls: dict[str, Callable[[], dict[str, float]]] = {
                name: partial(call, pair, said) for name, pair in sides.items()
            }
            samples = interleave(calls, given.rounds)
            parameters = {
                "voice": "espeak",
                "longest_s": round(max(map(seconds, said.values())), 1),
                "chromium": chromium_version(sides["page"].caller),
                "priority": priority(),
                "rounds": given.rounds,
            }
    answer("page_speech", parameters, {"samples": samples}, is_short=given.short)


if __name__ == "__main__":
    main()
