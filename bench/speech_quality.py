"""Measure how speech sounds after a call, by PESQ wide-band (ITU-T P.862.2).

Two real `hamseda` processes call each other through a real home on loopback; what counts is what
was played out. Each says a voice of its own, and they change voices from call to call: a
recorded one, and espeak-ng with a number that no other run speaks.
Sides, in turn:
  call    the recordings of both ends
  codec   the same sound through the encoder and decoder alone: what no call can exceed
Goal: >= 3.8 for each voice, as the median over the calls and both directions.

Usage: bench/speech_quality.py [--rounds 5] [--short]
"""

import random
from pathlib import Path

from _processes import quiet_world
from _question import answer, options
from _record import interleave

from hamseda.media.modes import STANDARD
from hamseda.transport.opus import OpusDecoder, OpusEncoder
from hamseda.transport.wav import WavSink, WavSource
from tests.integration.world import Person, World
from tests.speech import pesq_wb, speak, voice

TALKS = 13.0
"""Seconds of a call: the longest voice has 11."""
PATIENCE = 40.0


def spoken(folder: Path) -> dict[str, Path]:
    """Give the voices by name; the spoken number is new in each run."""
    number = random.randrange(10_000, 100_000)
    text = f"The number of this call is {number}. I say it twice, so that you hear it: {number}."
    return {"recorded": voice("jfk"), "espeak": speak(text, folder / "espeak.wav")}


class Calls:
    """Place calls between two people who change voices each time."""

    def __init__(self, world: World, voices: dict[str, Path]) -> None:
        self._voices = voices
        self._caller, self._callee = world.person("caller"), world.person("callee")
        world.befriend(world.home(), self._caller, self._callee)

    def __call__(self) -> dict[str, float]:
        """Place one call with each assignment of voices; score all four recordings."""
        names = list(self._voices)
        scores: dict[str, float] = {}
        for callers, callees in (names, names[::-1]):
            said = {"caller": callers, "callee": callees}
            scores |= _call(self._caller, self._callee, said, self._voices)
        return scores


def _call(
    caller: Person, callee: Person, said: dict[str, str], voices: dict[str, Path]
) -> dict[str, float]:
    waiting = callee.start_answer("--once", play=voices[said["callee"]])
    calling = caller.start_call(callee.name, play=voices[said["caller"]], duration=TALKS)
    calling.ended(PATIENCE)
    waiting.ended(PATIENCE)
    return {
        f"{said['caller']}_of_caller": pesq_wb(voices[said["caller"]], waiting.recording),
        f"{said['callee']}_of_callee": pesq_wb(voices[said["callee"]], calling.recording),
    }


def through_codec(voices: dict[str, Path], folder: Path) -> dict[str, float]:
    """Encode and decode, and nothing else."""
    return {name: _code(path, folder / f"codec-{name}.wav") for name, path in voices.items()}


def _code(path: Path, out: Path) -> float:
    source, sink = WavSource(path), WavSink(out)
    encoder, decoder = OpusEncoder(STANDARD), OpusDecoder()
    while not source.is_ended:
        sink.write_frame(decoder.decode(encoder.encode(source.read_frame())))
    source.close()
    sink.close()
    return pesq_wb(path, out)


def main() -> None:
    """Ask, print the answer, keep the samples."""
    given = options(__doc__, rounds=5).parse_args()
    if given.short:
        given.rounds = 1
    with quiet_world() as world:
        voices = spoken(world.folder)
        calls = Calls(world, voices)
        samples = interleave(
            {"call": calls, "codec": lambda: through_codec(voices, world.folder)}, given.rounds
        )
    parameters = {
        "mode": STANDARD.name,
        "bitrate": STANDARD.bitrate,
        "frame_ms": STANDARD.frame_ms,
        "voices": list(voices),
        "seconds_a_call": TALKS,
        "rounds": given.rounds,
    }
    answer("speech_quality", parameters, {"samples": samples}, is_short=given.short)


if __name__ == "__main__":
    main()
