"""Judge a call by what its `quality` events counted, second by second."""

from collections.abc import Sequence
from typing import Final

from hamseda_lab.events import Event

ENOUGH: Final = 0.95
WINDOW: Final = 15
"""Seconds, and so events."""
LAST: Final = 10
_SILENT: Final = 0.1


def share_on_time(qualities: Sequence[Event]) -> float:
    """Give the share of the frames of a call that were on time."""
    return _share(None, qualities[-1]) if qualities else 0.0


def share_of_the_last(qualities: Sequence[Event]) -> float:
    """Give the same for the last ten seconds; of a shorter call, for all of it."""
    if not qualities:
        return 0.0
    before = qualities[-1 - LAST] if len(qualities) > LAST else None
    return _share(before, qualities[-1])


def talked(qualities: Sequence[Event]) -> bool:
    """Tell whether there were 15 s in a row in which enough frames were on time."""
    befores = [None, *qualities][: max(0, len(qualities) - WINDOW + 1)]
    ends = qualities[WINDOW - 1 :]
    return any(_share(before, end) >= ENOUGH for before, end in zip(befores, ends, strict=True))


def longest_gap(qualities: Sequence[Event]) -> float:
    """Give the longest row of seconds in which less than a tenth was on time.

    For systems that tell nothing finer than a count a second.
    """
    longest = row = 0
    befores = [None, *qualities][: len(qualities)]
    for before, end in zip(befores, qualities, strict=True):
        row = row + 1 if _share(before, end) < _SILENT else 0
        longest = max(longest, row)
    return float(longest)


def longest_silence(events: Sequence[Event]) -> float:
    """Give the longest silence in seconds, by `trouble` and `recovered`.

    One that did not end lasts until the last event.
    """
    longest, began = 0.0, None
    for event in events:
        if event["event"] == "trouble" and began is None:
            began = event["at"] - event["silent_ms"] / 1000
        elif event["event"] == "recovered":
            longest, began = max(longest, event["silent_ms"] / 1000), None
    return longest if began is None else max(longest, events[-1]["at"] - began)


def _share(before: Event | None, end: Event) -> float:
    expected, on_time = end["frames_expected"], end["frames_on_time"]
    if before is not None:
        expected -= before["frames_expected"]
        on_time -= before["frames_on_time"]
    return on_time / expected if expected > 0 else 0.0
