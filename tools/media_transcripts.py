"""Write transcripts of what decides about sound, which the page's own must repeat (tests/data).

Python makes them, tests in both languages replay them: tests/media/test_transcripts.py and
web/test/media/transcripts.test.ts. Three lists: `buffer` (steps `put` [t, slots, now] and `take`
[now, pending], and what came of them), `stretch` (16-bit samples; the length and each 16th sample
of what is left of them), `adaptation` (observations, and [mode code, doubled] after each).

Usage: tools/media_transcripts.py [--check]
"""

from __future__ import annotations

import json
import math
import random
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hamseda.media.adaptation import Adaptation
from hamseda.media.jitter_buffer import JitterBuffer
from hamseda.media.modes import MODES, SLOT_SAMPLES, SLOT_SECONDS
from hamseda.media.playout import Play, ReceptionStats, Stretch
from hamseda.media.stretch import lengthen, shorten

TARGET = Path(__file__).resolve().parent.parent / "tests" / "data" / "media_transcripts.json"
SLOTS = 400
LONG_SLOTS = 1600
"""Enough to see what a path is remembered for."""
SCALE = 32768
STRETCHED_BY = 0.008
PAUSE_SLOTS = 12

Step = dict[str, list[Any]]
Delay = Callable[[random.Random, int], float | None]
Slots = Callable[[int], int]


class BufferReplay:
    """Run a fresh jitter buffer step by step and keep what comes of it."""

    def __init__(self) -> None:
        """Begin with nothing received."""
        self._buffer = JitterBuffer()
        self.out: list[list[Any]] = []

    def step(self, step: Step) -> float:
        """Do one step; give the seconds of sound that it brought."""
        if "put" in step:
            t, slots, now = step["put"]
            self._buffer.put(t, bytes([slots]), slots, now)
            return 0.0
        playout = self._buffer.take(*step["take"])
        if not isinstance(playout, Play):
            self.out.append([type(playout).__name__.lower()])
            return SLOT_SECONDS
        self.out.append(["play", playout.t, playout.skip_slots, playout.stretch.value])
        slots = playout.opus[0] - playout.skip_slots
        is_pause = playout.t // SLOT_SAMPLES % 50 < PAUSE_SLOTS
        if playout.stretch is Stretch.NONE or (playout.stretch.is_for_pauses and not is_pause):
            return slots * SLOT_SECONDS
        change = STRETCHED_BY * math.ceil(slots / 3)
        return slots * SLOT_SECONDS + (-change if playout.stretch.is_shorter else change)

    def end(self) -> None:
        """Note the counts."""
        stats = self._buffer.stats()
        self.out.append(
            [
                stats.frames_expected,
                stats.frames_on_time,
                stats.frames_late,
                stats.frames_lost,
                stats.buffer_ms,
            ]
        )


def replay_buffer(steps: list[Step]) -> list[list[Any]]:
    """Give what each `take` brought, and the counts at the end."""
    replay = BufferReplay()
    for step in steps:
        replay.step(step)
    replay.end()
    return replay.out


def replay_stretch(samples: list[int]) -> dict[str, list[float]]:
    """Give a block shorter and longer, in the scale of -1 to 1: its length and each 16th sample."""
    block = [sample / SCALE for sample in samples]
    return {
        name: [len(changed), *(round(sample, 6) for sample in changed[::16])]
        for name, changed in (("shorter", shorten(block)), ("longer", lengthen(block)))
    }


def replay_adaptation(steps: list[list[Any]]) -> list[list[Any]]:
    """Give [mode code, doubled] after each observation."""
    adaptation = Adaptation()
    out: list[list[Any]] = []
    for step in steps:
        match step:
            case ["report", now, on_time, arrived]:
                adaptation.heard_report(on_time, now, arrived=arrived)
            case ["dropped", now, share]:
                adaptation.sender_dropped(share, now)
            case ["received", now, late, lost]:
                on_time = math.floor(50 * now)
                stats = ReceptionStats(on_time + late + lost, on_time, late, lost, 0)
                adaptation.received(stats, now)
            case ["heard", now]:
                adaptation.heard(now)
            case ["silent", now]:
                adaptation.silent(now)
            case ["still", now, seconds]:
                adaptation.stood_still(seconds, now)
            case ["choose", _, code]:
                adaptation.choose(MODES[code])
            case _:
                raise ValueError(f"no such step: {step}")
        out.append([adaptation.mode.code, adaptation.is_doubled])
    return out


def buffer_case(
    what: str, delay: Delay, slots: Slots, first_t: int, count: int = SLOTS
) -> dict[str, Any]:
    """Send frames through a path, and let a player that is never full ask for them."""
    rng = random.Random(what)  # noqa: S311 - repeatable on purpose
    puts: list[tuple[float, Step]] = []
    slot = 0
    while slot < count:
        length = slots(slot)
        took = delay(rng, slot)
        if took is not None:
            now = round(5 + (slot + length) * SLOT_SECONDS + took, 6)
            t = (first_t + slot * SLOT_SAMPLES) % 2**32
            puts.append((now, {"put": [t, length, now]}))
        slot += length
    puts.sort(key=lambda put: put[0])
    replay, steps, pending = BufferReplay(), list[Step](), 0.0
    for turn in range(count):
        now = round(5.0131 + turn * SLOT_SECONDS, 6)
        while puts and puts[0][0] <= now:
            steps.append(puts.pop(0)[1])
            replay.step(steps[-1])
        while pending < SLOT_SECONDS - 1e-9:
            steps.append({"take": [now, pending]})
            pending = round(pending + replay.step(steps[-1]), 6)
        pending = round(pending - SLOT_SECONDS, 6)
    replay.end()
    return {"what": what, "steps": steps, "out": replay.out}


def buffer_cases() -> list[dict[str, Any]]:
    """Name every path and go along it."""

    def steady(_rng: random.Random, _slot: int) -> float:
        return 0.03

    def stalls(seconds: float) -> Delay:
        end = 100 + round(seconds / SLOT_SECONDS)
        return lambda _rng, slot: (
            0.03 if not 100 <= slot < end else (end - slot) * SLOT_SECONDS + 0.03
        )

    def switches(slot: int) -> int:
        return 6 if 100 <= slot < 250 else 1

    def always(slots: int) -> Slots:
        return lambda _slot: slots

    cases: list[tuple[str, Delay, Slots, int]] = [
        ("a path that jitters, and time that wraps", _jitters, always(1), 2**32 - 100 * 960),
        ("a path that loses one frame in ten", _loses, always(1), 7),
        ("a path that reorders", _reorders, always(1), 0),
        ("a stall of three seconds, then the backlog at once", stalls(3.0), always(1), 0),
        ("a stall of 200 ms, caught up by stretching", stalls(0.2), always(1), 0),
        ("a switch from 20 to 120 ms and back", steady, switches, 0),
        ("a switch of modes while all jitters", _jitters, switches, 0),
        ("a stall of 1 s in frames of 60 ms", stalls(1.0), always(3), 0),
        (
            "a path that becomes longer for good",
            lambda _, slot: 0.03 if slot < 150 else 0.83,
            always(1),
            0,
        ),
        (
            "a route that becomes shorter",
            lambda _, slot: 0.15 if slot < 150 else 0.03,
            always(2),
            0,
        ),
    ]
    cases += [
        (f"a steady path, frames of {slots * 20} ms", steady, always(slots), 0)
        for slots in (1, 2, 3, 6)
    ]
    return [
        *[buffer_case(*case) for case in cases],
        buffer_case("a rough path, in frames of 60 ms", _rough, always(3), 0, LONG_SLOTS),
        buffer_case("a path that was late twice, and calm", _late_twice, always(2), 0, LONG_SLOTS),
    ]


def _jitters(rng: random.Random, _slot: int) -> float:
    return 0.03 + rng.random() * 0.12


def _rough(rng: random.Random, _slot: int) -> float:
    return 0.03 + (rng.random() * 0.4 if rng.random() < 0.1 else 0.0)


def _late_twice(_rng: random.Random, slot: int) -> float:
    return 0.20 if slot in (300, 500) else 0.03


def _loses(rng: random.Random, _slot: int) -> float | None:
    return None if rng.random() < 0.1 else 0.03 + rng.random() * 0.02


def _reorders(_rng: random.Random, slot: int) -> float:
    return 0.08 if slot % 7 == 3 else 0.03


def stretch_cases() -> list[dict[str, Any]]:
    """Make blocks that hum, hiss, hold still and break off, on the 16-bit grid."""
    rng = random.Random(5)  # noqa: S311 - repeatable on purpose

    def voice(pitch: float, count: int) -> list[int]:
        # Overtones up to 2 kHz, each weaker than the one before.
        tones = range(1, int(2000 / pitch) + 1)
        return [
            round(sum(6000 / n * math.sin(2 * math.pi * pitch * n * i / 48000) for n in tones))
            for i in range(count)
        ]

    blocks = {
        "a low voice": voice(95, 960),
        "a high voice": voice(230, 960),
        "a voice, 60 ms": voice(140, 2880),
        "a hiss": [rng.randrange(-4000, 4000) for _ in range(960)],
        "silence": [0] * 960,
        "a murmur": [rng.randrange(-50, 50) for _ in range(1920)],
        "a bang": [rng.randrange(-30, 30) for _ in range(500)]
        + [round(20000 * math.exp(-i / 90) * math.cos(i / 25)) for i in range(460)],
        "too short to be stretched": voice(200, 400),
    }
    return [
        {"what": what, "samples": block, "out": replay_stretch(block)}
        for what, block in blocks.items()
    ]


def adaptation_cases() -> list[dict[str, Any]]:
    """Tell of a clean call, a throttled one, a lossy one and a cut; then of anything."""
    rng = random.Random(6)  # noqa: S311 - repeatable on purpose
    begin = ["heard", -2.0]
    good = [begin, *[["report", float(s), 1.0, 1.0] for s in range(1, 10)]]
    anything: list[list[Any]] = [begin]
    for turn in range(400):
        now, late = turn * 0.5, sum(step[0] == "received" for step in anything)
        share = round(rng.random() ** 0.2, 3)
        anything.append(
            rng.choice(
                [
                    ["report", now, share, min(1.0, share + 0.05)],
                    ["report", now, 1.0, 1.0],
                    ["dropped", now, round(rng.random() * 0.12, 3)],
                    ["received", now, late, late],
                    ["silent", now],
                    ["still", now, 3.0],
                    ["choose", now, rng.randrange(1, 6)],
                ]
            )
        )
    cases: dict[str, list[list[Any]]] = {
        "a clean call": good,
        "a path that is throttled, and recovers": [
            *good,
            *[["report", 10.0 + s, 0.4, 0.45] for s in range(3)],
            *[["report", 13.0 + s, 1.0, 1.0] for s in range(40)],
        ],
        "a step up that fails": [
            begin,
            ["dropped", 0.0, 0.5],
            ["dropped", 1.0, 0.5],
            *[["report", 2.0 + s, 1.0, 1.0] for s in range(9)],
            *[["report", 11.0 + s, 0.2, 0.4] for s in range(2)],
            *[["report", 13.0 + s, 1.0, 1.0] for s in range(30)],
        ],
        "frames that come late": [
            begin,
            *[["received", s / 4, s // 2, 0] for s in range(20)],
            *[["received", 5 + s / 4, 10, 0] for s in range(140)],
            *[["received", 41 + s / 4, 10 + s, s] for s in range(5)],
            *[["received", 43 + s / 4, 20, 4] for s in range(260)],
        ],
        "a cut of 5 s": [
            *good,
            *[["silent", 10 + s / 2] for s in range(10)],
            ["dropped", 15.0, 1.0],
            ["report", 15.5, 0.0, 0.0],
            *[["report", 16.5 + s, 1.0, 1.0] for s in range(5)],
        ],
        "a set-up that holds up the first frames": [
            ["heard", 0.0],
            ["received", 0.1, 50, 0],
            ["report", 0.2, 0.1, 0.2],
            ["report", 1.2, 0.1, 0.2],
        ],
        "a narrow path that loses the reports too": [
            begin,
            ["report", 0.5, 1.0, 1.0],
            *[["received", s / 4, 0, 0] for s in range(8)],
            *[["received", 2 + s / 4, 10 * s, 20 * s] for s in range(40)],
        ],
        "a machine that slept": [
            *good,
            ["still", 30.0, 20.0],
            ["report", 30.2, 0.1, 0.1],
            ["report", 31.2, 0.5, 0.5],
            *[["report", 32.2 + s, 1.0, 1.0] for s in range(5)],
        ],
        "a person who saves": [["choose", 1.0, 3], *good, ["choose", 20.0, 1]],
        "anything": anything,
    }
    return [
        {"what": what, "steps": steps, "out": replay_adaptation(steps)}
        for what, steps in cases.items()
    ]


def main() -> None:
    """Write the file, or compare with `--check`."""
    made = {
        "buffer": buffer_cases(),
        "stretch": stretch_cases(),
        "adaptation": adaptation_cases(),
    }
    text = json.dumps(made, separators=(",", ":")).replace('{"what"', '\n{"what"') + "\n"
    if "--check" in sys.argv[1:]:
        sys.exit(0 if TARGET.read_text(encoding="utf-8") == text else f"{TARGET.name} is stale")
    TARGET.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
