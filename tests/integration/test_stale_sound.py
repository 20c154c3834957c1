"""After a stall people hear the present, not the past: nothing older than 500 ms is played."""

from __future__ import annotations

import statistics
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.forwarder import Forwarder
from tests.integration.mutation import mutated_package
from tests.integration.timeline import Moment, moments, write_timeline
from tests.integration.world import Pair, Talking, World

pytestmark = pytest.mark.calls

STALL = 3.0
OLDEST = 0.5
TOLERANCE = 0.08
"""Seconds by which the test's own clock may be off: events come through a pipe."""
AFTER = 4.0
"""Seconds of the call after the stall."""


@pytest.fixture
def timeline(tmp_path: Path) -> Path:
    """Give the sound that says when it was said."""
    return write_timeline(tmp_path / "timeline.wav", 60)


def start(pair: Pair, timeline: Path) -> tuple[Talking, Talking]:
    """Let Ali say the time to Maryam for two seconds: (calling, answering)."""
    answering = pair.maryam.start_answer("--once")
    calling = pair.ali.start_call("maryam", play=timeline)
    answering.wait_for("connected")
    until(answering.wait_for("connected").at + 2.0)
    return calling, answering


def until(moment: float) -> None:
    """Let the call go on until a moment: what is under test is what passes meanwhile."""
    time.sleep(max(0.0, moment - time.monotonic()))


def insist_on_the_present(heard: list[Moment], stalled_from: float, stalled_to: float) -> None:
    """Insist that nothing old was played, and that sound was there before and after.

    The two positions bound the part of the recording in which the stall lies.
    """
    before = [moment.age for moment in heard if moment.position < stalled_from]
    after = [moment.age for moment in heard if moment.position > stalled_to]
    assert len(before) > 50, "the call was heard before the stall"
    assert len(after) > 50, "and comes back after it"
    oldest = max(heard, key=lambda moment: moment.age)
    assert oldest.age <= OLDEST + TOLERANCE, f"heard after {oldest.age:.2f} s: {oldest}"
    for ages in (before, after):
        assert 0 < statistics.median(ages) < OLDEST, "the measurement itself is right"


def stop_the_listener(pair: Pair, timeline: Path) -> None:
    """Stop Maryam's process for 3 s (a laptop that slept), and judge what it played."""
    calling, answering = start(pair, timeline)
    paused_at = time.monotonic()
    answering.pause()
    until(paused_at + STALL)
    answering.resume()
    resumed_at = time.monotonic()
    until(resumed_at + AFTER)
    assert calling.stop() == 0
    answering.ended()
    began = answering.last("connected").at
    position = paused_at - began

    def played_at(at: float) -> float:
        # A process that stands still plays nothing: its recording has no gap.
        return began + at + (resumed_at - paused_at if at > position else 0.0)

    heard = moments(answering.recording, calling.last("answered").at, played_at)
    # What is played across the moment of the stop belongs to neither side of it.
    clear = [moment for moment in heard if abs(moment.position - position) > 0.06]
    insist_on_the_present(clear, position, position + 0.06)


def test_a_listener_whose_process_stood_still(pair: Pair, timeline: Path) -> None:
    """The kernel kept 3 s of speech for it; they must be thrown away, not played."""
    stop_the_listener(pair, timeline)


def test_a_player_of_old_sound_is_noticed(
    world: World, pair: Pair, timeline: Path, tmp_path: Path
) -> None:
    """The test above means something: a buffer that plays everything it has turns it red."""
    pair.maryam.package = mutated_package(
        tmp_path / "stale",
        "media/jitter_buffer.py",
        "min(MAX_BEHIND, OLDEST - self._target)",
        "60.0",
    )
    with pytest.raises(AssertionError, match="heard after"):
        stop_the_listener(pair, timeline)


@pytest.fixture
def network() -> Iterator[Forwarder]:
    """Give a network that can stand still."""
    with Forwarder() as network:
        yield network


def last_recovery(side: Talking, otherwise: float) -> float:
    """Give when sound came back for the last time, if it ever was away."""
    return max((seen.at for seen in side.all("recovered")), default=otherwise)


@pytest.mark.parametrize(
    ("seconds", "also_new"),
    [
        pytest.param(1.5, True, id="1.5 s, then the same line"),
        pytest.param(STALL, True, id="3 s, the whole network"),
        pytest.param(STALL, False, id="3 s, this connection only"),
    ],
)
def test_a_listener_whose_network_stood_still(
    world: World, network: Forwarder, timeline: Path, seconds: float, also_new: bool
) -> None:
    """The home kept what could not leave; what is old when it can leave is dropped there."""
    home = world.home("--public", f"https://localhost:{network.port}")
    network.home_port = home.port
    home_link = home.link
    assert f":{network.port}/" in home_link
    pair = world.pair(home)
    others = len(network.connections)
    answering = pair.maryam.start_answer("--once")
    hers = network.connections[others:]
    calling = pair.ali.start_call("maryam", play=timeline)
    began = answering.wait_for("connected").at
    until(began + 2.0)
    held_at = time.monotonic()
    if also_new:
        # Spare lines too, whoever opened them; what the caller's own line says is not in question.
        hers += network.connections[others + 2 :]
    network.hold(hers, also_new=also_new)
    until(held_at + seconds)
    network.release()
    # Where a spare line was there already, nobody hears that the other one hangs.
    back_at = answering.wait_for("recovered").at if also_new else last_recovery(answering, held_at)
    until(back_at + AFTER)
    assert calling.stop() == 0
    answering.ended()
    heard = moments(answering.recording, calling.last("answered").at, lambda at: began + at)
    insist_on_the_present(heard, held_at - began, back_at - began + 0.1)
