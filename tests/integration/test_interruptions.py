"""Homes that die in mid-call, and clocks that are wrong."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial

import pytest

from tests.integration.clock import DAY, wrong_clock
from tests.integration.hearing import hold_a_call
from tests.integration.running import Seen
from tests.integration.world import Home, World

pytestmark = pytest.mark.calls

BACK_SECONDS = 5.0


def is_well_after(back: Seen, seen: Seen) -> bool:
    """Tell whether an event says that the other side hears again what is said."""
    return seen.event == "quality" and seen.index > back.index and seen["remote_on_time"] == 1.0


@pytest.mark.parametrize("end", [Home.stop, Home.kill], ids=["stopped", "killed"])
def test_a_call_outlives_its_home(world: World, end: Callable[[Home], None]) -> None:
    """The home is updated, or its power fails: both hear each other again within 5 s."""
    home = world.home()
    pair = world.pair(home)
    sides = hold_a_call(pair.ali, pair.maryam)
    words = [side.wait_for("sas")["emoji"] for side in sides]
    began = time.monotonic()
    end(home)
    home.start()
    for side in sides:
        back = side.wait_for("recovered", 2 * BACK_SECONDS)
        assert back.at - began <= BACK_SECONDS
        assert back["silent_ms"] <= BACK_SECONDS * 1000
        side.wait_for("path", why="line_reopened")
        side.wait_until(partial(is_well_after, back), 10.0, "good quality again")
    assert sides[0].stop() == 0
    sides[1].ended()
    assert [side.last("sas")["emoji"] for side in sides] == words


@pytest.mark.parametrize("days", [1, -1])
def test_clocks_that_are_wrong_by_a_day(world: World, home: Home, days: int) -> None:
    """Telephones with an empty battery think it is another day; calls work all the same."""
    ali = world.person("ali", env=wrong_clock(world.folder, days * DAY))
    maryam = world.person("maryam", env=wrong_clock(world.folder, -days * DAY))
    world.befriend(home, ali, maryam)
    answering = maryam.start_answer()
    for _ in range(2):
        calling = ali.start_call("maryam", duration=0.3).ended()
        assert "clock" in calling.last("error")["error"]
    assert "clock" in answering.last("error")["error"]
    answering.stop()
    ali.start_call("maryam", "--patience", "1").ended(status=4)
    missed = maryam.start_answer().wait_for("missed")
    assert missed["age_s"] < 60, "the home's clock says how old a call is"


def test_a_home_whose_clock_is_wrong_by_a_day(world: World) -> None:
    """A home in a cupboard lost its time, and finds it again at a restart."""
    home = world.home(env=wrong_clock(world.folder, DAY))
    pair = world.pair(home)
    pair.maryam.start_answer()
    pair.ali.start_call("maryam", duration=0.3).ended()
    home.stop()
    home.env = {}
    home.start()
    pair.ali.start_call("maryam", duration=0.3).ended()
