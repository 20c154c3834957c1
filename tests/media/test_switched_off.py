"""Each part of playout is missed when it is switched off: nothing here is for show."""

from __future__ import annotations

import pytest

from hamseda.media import jitter_buffer, transit
from hamseda.media.jitter_buffer import JitterBuffer
from tests.media.simulation import FRAME, listen
from tests.media.test_delay import PATH, SOON, held_up, speech, steady, tcp_call

SEEDS = range(4)


def share_missed(*, loss: float, lines: int) -> float:
    """Give the share of slots that were not there at their turn."""
    calls = [tcp_call(loss=loss, lines=lines, seed=seed) for seed in SEEDS]
    return sum(missed for missed, _ in calls) / len(calls)


def age_after_a_stall() -> float:
    """Give the greatest age of what is heard two seconds after a stall of one second."""
    arrivals = held_up(steady(0, 900), 6.0, 7.0)
    return max(block.age for block in speech(listen(JitterBuffer(), arrivals, until=12.0), 9.0))


def test_a_buffer_that_does_not_learn_stammers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Late frames are waited for because frames were late before."""
    learning = share_missed(loss=0.05, lines=2)
    monkeypatch.setattr(transit, "MAX_JITTER", transit.MIN_JITTER)
    monkeypatch.setattr(transit, "MAX_ROUGH_JITTER", transit.MIN_JITTER)
    assert share_missed(loss=0.05, lines=2) > 4 * learning


def test_without_redundancy_a_lossy_path_stammers() -> None:
    """What one connection holds up, the other one brings."""
    assert share_missed(loss=0.05, lines=1) > 4 * share_missed(loss=0.05, lines=2)


def test_without_a_longer_wait_a_rough_path_stammers(monkeypatch: pytest.MonkeyPatch) -> None:
    """At ten percent 200 ms are not enough, and people would rather wait."""
    waiting = share_missed(loss=0.1, lines=2)
    monkeypatch.setattr(transit, "MAX_ROUGH_JITTER", transit.MAX_JITTER)
    assert share_missed(loss=0.1, lines=2) > 1.3 * waiting


def test_without_skipping_a_stall_is_heard_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was said during a stall is left out, or the call runs behind for the rest of it."""
    assert age_after_a_stall() <= PATH + FRAME + SOON + FRAME
    for name in ("MAX_BEHIND", "OLDEST", "MAX_CONCEALED"):
        monkeypatch.setattr(jitter_buffer, name, 60.0)
    assert age_after_a_stall() > PATH + 0.400
