"""Score long recordings, in which one speech is heard again and again.

Each whole hearing of it is cut out and scored for itself, by PESQ wide-band (ITU-T P.862.2) and by
ViSQOL in its speech mode.
"""

import importlib.util
import os
import wave
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from statistics import fmean
from typing import Any, Final, Protocol, cast

import numpy as np

from tests.speech import PESQ_RATE, WORST, Sound, offset, pesq_wb, read_sound

_AROUND: Final = PESQ_RATE // 2
"""Samples before and after a hearing in which it may have moved: buffers grow and shrink."""
_FRAME: Final = PESQ_RATE // 50
_SILENT: Final = 0.001
_AT_ONCE: Final = 2
_VISQOL_MOST: Final = 2
"""Hearings of a recording that ViSQOL judges: each takes it half as long as it lasts."""


class _Visqol(Protocol):
    """Say what is used of the library."""

    def create(self, mode: str) -> None: ...
    def measure_from_arrays(self, reference: Sound, degraded: Sound, sample_rate: int) -> Any: ...


@dataclass(frozen=True, slots=True)
class Recording:
    """Be what one side heard of a speech that the other side repeated."""

    path: Path
    speech: Path
    period: float
    """Seconds from one beginning of the speech to the next."""
    has_visqol: bool = True
    """ViSQOL is asked as well, which takes its time."""


def demand_judges() -> None:
    """End before anything is measured where ViSQOL is missing: it brings a model runtime.

    It is no part of the developer's environment.
    """
    if importlib.util.find_spec("visqol") is None:
        raise SystemExit("ViSQOL is missing: run `tools/bootstrap lab`")


def score_all(recordings: Sequence[Recording]) -> list[dict[str, float]]:
    """Score recordings, two at a time. It takes seconds each: not while anything is measured."""
    with ProcessPoolExecutor(_AT_ONCE, initializer=_hurry_not) as pool:
        return list(pool.map(score, recordings))


def _hurry_not() -> None:
    """Give way to everybody, also where the calls were measured before everybody else."""
    os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))


def score(recording: Recording) -> dict[str, float]:
    """Give the mean scores of the whole hearings, their number, and the longest silence added."""
    speech, heard = read_sound(recording.speech), read_sound(recording.path)
    pieces = [
        _cut(heard, start - _AROUND, len(speech) + 2 * _AROUND)
        for start in _starts(speech, heard, round(recording.period * PESQ_RATE))
    ]
    said = np.concatenate([speech, np.zeros(round(recording.period * PESQ_RATE) - len(speech))])
    added = _longest_silence(heard) - _longest_silence(np.tile(said, 2))
    results = {"hearings": float(len(pieces)), "silence_s": max(0.0, added)}
    if not pieces:
        return results | {"pesq": WORST, "visqol": WORST}
    results["pesq"] = fmean(_pesq(recording, piece) for piece in pieces)
    if recording.has_visqol:
        results["visqol"] = fmean(_visqol(speech, piece) for piece in pieces[:_VISQOL_MOST])
    return results


def _starts(speech: Sound, heard: Sound, period: int) -> list[int]:
    """Give where each whole hearing begins, counted from the clearest one."""
    if len(heard) < len(speech):
        return []
    clearest = offset(speech, heard)
    first = clearest % period
    # A hearing that a growing buffer pushed apart is found by the score's own alignment.
    return [at for at in range(first, len(heard) - len(speech) + 1, period) if at >= 0]


def _cut(sound: Sound, start: int, length: int) -> Sound:
    begin, end = max(0, start), min(len(sound), start + length)
    return np.pad(sound[begin:end], (begin - start, start + length - end))


def _longest_silence(sound: Sound) -> float:
    """Give the seconds of the longest run of frames in which nothing is heard."""
    frames = sound[: len(sound) // _FRAME * _FRAME].reshape(-1, _FRAME)
    is_loud = np.flatnonzero(np.sqrt(np.mean(frames**2, axis=1)) > _SILENT)
    gaps = np.diff(is_loud, prepend=is_loud[:1] if len(is_loud) else 0)
    longest = int(gaps.max()) - 1 if len(gaps) else len(frames)
    return max(0, longest) * _FRAME / PESQ_RATE


def _pesq(recording: Recording, piece: Sound) -> float:
    path = recording.path.with_suffix(".piece.wav")
    pcm = np.clip(np.round(piece * 32_767), -32_768, 32_767).astype("<i2").tobytes()
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(PESQ_RATE)
        file.writeframes(pcm)
    return pesq_wb(recording.speech, path)


def _visqol(speech: Sound, piece: Sound) -> float:
    at = offset(speech, piece)
    heard = _cut(piece, at, len(speech))
    if float(np.max(np.abs(heard))) <= _SILENT:
        return WORST
    return float(_judge().measure_from_arrays(speech, heard, PESQ_RATE).moslqo)


@cache
def _judge() -> _Visqol:
    judge = cast("_Visqol", importlib.import_module("visqol").VisqolApi())
    judge.create(mode="speech")
    return judge
