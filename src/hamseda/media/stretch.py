"""Make speech a little shorter or longer and keep its pitch (spec/media.md §4).

One period of the voice is left out or said twice, cross-faded where it resembles its neighbour
most: pitch-synchronous overlap-add. Samples are floats in -1 to 1 at 48 kHz. The first and
the last sample stay what they were, so a stretched block still joins the blocks beside it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import accumulate
from operator import mul

MIN_LAG = 120
"""Samples of the shortest period: 2.5 ms."""

MAX_LAG = 720
"""Samples of the longest period: 15 ms, a voice of 67 Hz."""

_MIN_OVERLAP = 480
_WINDOW = 1440
_FACTOR = 8
_SIMILAR = 0.7
_QUIET = 0.004
_EQUAL = 1e-9
_VOICED = 0.25


def shorten(samples: Sequence[float]) -> list[float]:
    """Leave out one period; give the samples as they are where nothing repeats itself."""
    lag = find_lag(samples)
    if lag is None:
        return list(samples)
    overlap = min(lag, min(len(samples), _WINDOW) - lag)
    faded = _fade(samples[:overlap], samples[lag : lag + overlap])
    return [*faded, *samples[lag + overlap :]]


def lengthen(samples: Sequence[float]) -> list[float]:
    """Say one period twice; give the samples as they are where nothing repeats itself."""
    lag = find_lag(samples)
    if lag is None:
        return list(samples)
    overlap = min(lag, min(len(samples), _WINDOW) - lag)
    faded = _fade(samples[lag : lag + overlap], samples[:overlap])
    return [*samples[:lag], *faded, *samples[overlap:]]


def find_lag(samples: Sequence[float]) -> int | None:
    """Give the period in samples, or None where a cut would be heard.

    What is quiet, and what hisses, has no period, and may be cut anywhere.
    """
    window = samples[:_WINDOW]
    length = len(window) - len(window) % _FACTOR
    if length < MIN_LAG + _MIN_OVERLAP:
        return None
    energy = sum(map(mul, window, window))
    if energy < _QUIET * _QUIET * len(window):
        return min(MAX_LAG, len(window) // 2)
    low = [sum(window[start : start + _FACTOR]) for start in range(0, length, _FACTOR)]
    lag, similarity = _most_similar(low)
    is_voiced = sum(map(mul, low, low)) > _VOICED * _FACTOR * energy
    if is_voiced and similarity < _SIMILAR:
        return None
    return _refine(window, lag * _FACTOR)


def _most_similar(low: Sequence[float]) -> tuple[int, float]:
    """Find the lag at which the decimated window resembles itself most: (lag, similarity)."""
    squares = [0.0, *accumulate(map(mul, low, low))]
    longest = min(MAX_LAG, len(low) * _FACTOR - _MIN_OVERLAP) // _FACTOR
    best, best_similarity = longest, -2.0
    # The longest first: of equal ones it gains most. Both languages must choose the same.
    for lag in range(longest, MIN_LAG // _FACTOR - 1, -1):
        similarity = _similarity(low, lag, min(lag, len(low) - lag), squares)
        if similarity > best_similarity + _EQUAL:
            best, best_similarity = lag, similarity
    return best, best_similarity


def _refine(window: Sequence[float], coarse: int) -> int:
    """Find the best lag to the sample beside one that is known to eight."""
    squares = [0.0, *accumulate(map(mul, window, window))]
    best, best_similarity = coarse, -2.0
    first = max(MIN_LAG, coarse - _FACTOR + 1)
    last = min(MAX_LAG, coarse + _FACTOR - 1, len(window) - _MIN_OVERLAP)
    for lag in range(first, last + 1):
        overlap = min(lag, len(window) - lag)
        similarity = _similarity(window, lag, overlap, squares)
        if similarity > best_similarity + _EQUAL:
            best, best_similarity = lag, similarity
    return best


def _similarity(
    samples: Sequence[float], lag: int, overlap: int, squares: Sequence[float]
) -> float:
    """Correlate the first samples with those `lag` later: 1 is the same, 0 nothing in common."""
    energies = squares[overlap] * (squares[lag + overlap] - squares[lag])
    if energies <= 0.0:
        return 0.0
    return sum(map(mul, samples[:overlap], samples[lag : lag + overlap])) / math.sqrt(energies)


def _fade(before: Sequence[float], after: Sequence[float]) -> list[float]:
    """Go over from one to the other; both have the same length."""
    length = len(before)
    return [
        old + (new - old) * (index / length)
        for index, (old, new) in enumerate(zip(before, after, strict=True))
    ]
