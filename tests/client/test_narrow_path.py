"""A call over a path that becomes narrow goes on in a mode that fits, within three seconds."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest

from hamseda.media.modes import STANDARD
from tests.client.narrow_path import Pair, Side, pair
from tests.fakes import run

AT = 6.0
DOWN_SECONDS = 3.1
BACK_SECONDS = 15.0


def call_of(seconds: float, plan: Callable[[Pair], None], **what: Any) -> Pair:
    """Let two people talk for so long, over a path that changes as planned."""

    async def main() -> Pair:
        call = pair(**what)
        plan(call)
        await call.talk(seconds)
        return call

    return run(main())


def sides(call: Pair) -> tuple[Side, Side]:
    """Give both people."""
    return call.narrow, call.wide


def fits_after(side: Side, kbit: float) -> float:
    """Give the seconds until the first mode that fits."""
    fitting = (at for at, mode in side.modes if at >= AT and mode.wire_kbit_s <= kbit)
    return next(fitting, math.inf) - AT


def narrow(kbit: float, until: float | None = None) -> Callable[[Pair], None]:
    """Make the path narrow at `AT`, and wide again."""

    def plan(call: Pair) -> None:
        call.plan.append((AT, lambda: call.throttle(kbit)))
        if until is not None:
            call.plan.append((until, lambda: call.throttle(None)))

    return plan


@pytest.mark.parametrize("kbit", [16.0, 24.0, 32.0, 48.0])
def test_both_sides_fit_a_narrow_path_within_three_seconds(kbit: float) -> None:
    """The one behind it sees its own queue; the other one hears nothing, not even reports."""
    call = call_of(AT + 4.0, narrow(kbit))
    for side in sides(call):
        assert fits_after(side, kbit) <= DOWN_SECONDS


def test_a_policed_path_is_narrow_too() -> None:
    """It drops what is too much instead of delaying it, once its bucket is empty."""
    call = call_of(AT + 6.0, lambda call: call.plan.append((AT, lambda: call.police(16.0))))
    for side in sides(call):
        assert fits_after(side, 16.0) <= DOWN_SECONDS


def test_a_home_that_watches_its_queues_is_heard_again_sooner() -> None:
    """What it had sent and nobody acknowledged would be seconds of old speech."""
    calls = [
        call_of(AT + 15.0, narrow(32.0), is_home_watchful=watchful) for watchful in (True, False)
    ]
    sooner, later = (call.narrow.heard(AT + 3, AT + 15) for call in calls)
    assert sooner > max(0.6, later + 0.15)


def test_the_better_sound_comes_back_in_fifteen_seconds() -> None:
    """A tunnel has an end; four steps up, each proved by a report."""
    call = call_of(AT + 12.0 + BACK_SECONDS, narrow(32.0, until=AT + 12.0))
    for side in sides(call):
        assert side.modes[-1][1] is STANDARD


@pytest.mark.parametrize("loss", [0.0, 0.05])
def test_a_path_that_loses_is_not_narrow(loss: float) -> None:
    """There the second line helps, and a smaller mode would cost it."""
    call = call_of(15.0, lambda _: None, loss=loss, rtt=0.1)
    for side in sides(call):
        assert [mode for _, mode in side.modes] == [STANDARD]
        assert side.heard(2.0, 15.0) > 0.95


def test_a_second_of_nothing_changes_no_mode() -> None:
    """A path that stands still is not narrow."""

    def plan(call: Pair) -> None:
        call.plan.append((AT, lambda: call.stand_still(still=True)))
        call.plan.append((AT + 1.0, lambda: call.stand_still(still=False)))

    for side in sides(call_of(AT + 5.0, plan)):
        assert [mode for _, mode in side.modes] == [STANDARD]
