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

import numpy as np
from _browsers import Pair, chromium_version, ends, pairs, priority
from _processes import quiet_world
from _question import answer, options
from _record import interleave
from _sounds import RATE, Stamped
from playwright.sync_api import sync_playwright
from scipy import signal

from tests.browser.sound import PAUSE_SECONDS, as_microphone, new_sentence, seconds
from tests.speech import PESQ_RATE, pesq_wb, read_sound

MARGIN_SECONDS = 0.2
"""Before and after a sentence: less than the pause between two."""


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
        f"of_{other}": pesq_wb(
            said[other], whole(kept[side].ear, said[other], folder / f"heard-{side}.wav")
        )
        for side, other in (("callee", "caller"), ("caller", "callee"))
    }


def whole(ear: Stamped, said: Path, path: Path) -> Path:
    """Write the one time that a sentence was heard from its beginning to its end.

    It is said again and again: the end of a call may hold half of it, and that half be the best.
    """
    spoken, heard = read_sound(said), read_sound(ear.write(path))
    assert len(heard) > len(spoken), "a call shorter than what was said in it"
    match = np.abs(signal.correlate(heard, spoken, mode="valid", method="fft"))
    begin = int(np.argmax(match)) * RATE // PESQ_RATE
    length, margin = len(spoken) * RATE // PESQ_RATE, int(MARGIN_SECONDS * RATE)
    return ear.write(path, max(0, begin - margin), begin + length + margin)


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
