"""Networks that stand still: who talks over two lines hears little of it (spec/media.md §6-7)."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.integration.forwarder import Connection, Forwarder
from tests.integration.hearing import hold_a_call
from tests.integration.mutation import mutated_package
from tests.integration.running import Seen
from tests.integration.world import Pair, Talking, World
from tests.speech import voice

pytestmark = pytest.mark.calls


SPARE_MS = 1300
"""Silence after which a fresh line must carry the call: 500 ms until trouble, the rest to dial."""
MUTE_MS = 1500
"""What it takes to find a line mute, before another is opened in its place."""
STILL = 4.0
CLEAN = 5.0
CLEAN_TRIES = 3
"""A loaded machine is late by itself, and takes a second line like any late network."""
CUT = 5.0
STOP = 20.0
BACK = 2.5
"""Seconds after a network is back in which a loaded machine must have sound again."""


@pytest.fixture
def network() -> Iterator[Forwarder]:
    """Give a network that can stand still."""
    with Forwarder() as network:
        yield network


@dataclass(frozen=True, slots=True)
class Call:
    """Be a call whose callee's connections are known."""

    calling: Talking
    answering: Talking
    network: Forwarder
    hers: list[Connection]
    """The callee's one line at the start; later the lines of both that were opened meanwhile."""

    @property
    def sides(self) -> tuple[Talking, Talking]:
        """Give both processes."""
        return self.calling, self.answering

    def end(self) -> None:
        """Hang up, and insist on a good end on both sides."""
        assert self.calling.stop() == 0
        self.answering.ended()
        assert self.answering.last("ended")["reason"] == "remote_hangup"


def connect(world: World, network: Forwarder, package: Path | None = None) -> Call:
    """Connect two people over a network that can stand still."""
    home = world.home("--public", f"https://localhost:{network.port}")
    network.home_port = home.port
    pair = world.pair(home)
    pair.maryam.package = package
    before = len(network.connections)
    answering = pair.maryam.start_answer("--once", play=voice("jfk"))
    hers = network.connections[before:]
    calling = pair.ali.start_call("maryam", play=voice("jfk"))
    for side in (calling, answering):
        side.wait_for("connected")
    return Call(calling, answering, network, hers)


def until(moment: float) -> None:
    """Let the call go on until a moment: what is under test is what passes meanwhile."""
    time.sleep(max(0.0, moment - time.monotonic()))


def is_well(seen: Seen) -> bool:
    """Tell whether an event says that the other side hears all that is said."""
    return seen.event == "quality" and seen["remote_on_time"] == 1.0


def longest_silence(side: Talking) -> int:
    """Give the milliseconds of the longest silence so far; every trouble must have ended."""
    silences = [seen["silent_ms"] for seen in side.all("recovered")]
    assert len(silences) == len(side.all("trouble"))
    return max(silences, default=0)


def let_one_line_hang(call: Call) -> None:
    """Let the callee's only connection hang, and see for how long either side hears nothing.

    Less than half a second is not even told: late frames alone made it two lines.
    """
    count = len(call.network.connections)
    call.network.hold(call.hers, also_new=False, both_ways=True)
    call.answering.wait_for("path", why="spare_opened")
    # The mute line is opened anew beside it; the caller has a spare one by now as well.
    reopened = call.answering.wait_for("path", why="line_reopened")
    call.calling.wait_for("path", why="spare_opened")
    for side in call.sides:
        side.wait_until(
            lambda seen: is_well(seen) and seen.at > reopened.at, 10.0, "good quality again"
        )
        assert longest_silence(side) < SPARE_MS
    call.hers[:] = call.network.connections[count:]


def test_a_clean_network_pays_nothing(pair: Pair) -> None:
    """A second line is for networks that need one: setting a call up is no such need."""
    for _ in range(CLEAN_TRIES):
        answering = pair.maryam.start_answer("--once")
        calling = pair.ali.start_call("maryam", play=voice("jfk"))
        for side in (calling, answering):
            side.wait_for("connected")
        until(time.monotonic() + CLEAN)
        assert calling.stop() == 0
        answering.ended()
        if not calling.all("path") and not answering.all("path"):
            return
    raise AssertionError(f"each of {CLEAN_TRIES} calls on a clean network took a second line")


def test_a_connection_that_hangs_is_soon_replaced(world: World, network: Forwarder) -> None:
    """One lost packet at the wrong moment holds up a connection for seconds; another has none."""
    call = connect(world, network)
    let_one_line_hang(call)
    call.network.release()
    call.end()


def test_without_a_spare_line_it_takes_longer(
    world: World, network: Forwarder, tmp_path: Path
) -> None:
    """The test above means something: a client that opens no spare line turns it red."""
    package = mutated_package(
        tmp_path / "alone",
        "client/call_path.py",
        "            self._wish.set()",
        "            pass",
    )
    call = connect(world, network, package)
    call.network.hold(call.hers, also_new=False, both_ways=True)
    assert call.answering.wait_for("recovered")["silent_ms"] > max(MUTE_MS, SPARE_MS)


@pytest.mark.parametrize("which", range(3))
def test_one_of_two_lines_may_stand_still_unheard(
    world: World, network: Forwarder, which: int
) -> None:
    """While frames are doubled a stall of one connection, either way, is no trouble at all.

    Three are tried: the spare lines of both, and the line that the callee opened anew.
    """
    call = connect(world, network)
    let_one_line_hang(call)
    assert len(call.hers) == 3
    troubles = [len(side.all("trouble")) for side in call.sides]
    call.network.hold([call.hers[which]], also_new=False, both_ways=True)
    until(time.monotonic() + STILL)
    assert [len(side.all("trouble")) for side in call.sides] == troubles
    call.end()


def test_a_network_that_is_cut_for_five_seconds(world: World, network: Forwarder) -> None:
    """A lift, a tunnel: nobody hangs up, and nobody waits for the network once it is there."""
    call = connect(world, network)
    words = [side.wait_for("sas")["emoji"] for side in call.sides]
    call.network.hold(call.hers, also_new=True, both_ways=True)
    until(time.monotonic() + CUT)
    call.network.release()
    back = time.monotonic()
    for side in call.sides:
        assert side.wait_for("recovered").at - back < BACK
    assert [side.last("sas")["emoji"] for side in call.sides] == words
    call.end()


@pytest.mark.parametrize("who", ["caller", "callee"])
def test_a_process_that_is_stopped_for_twenty_seconds(pair: Pair, who: str) -> None:
    """A laptop that was closed and opened again goes on talking where the others are now."""
    calling, answering = hold_a_call(pair.ali, pair.maryam)
    stopped, other = (calling, answering) if who == "caller" else (answering, calling)
    stopped.pause()
    began = time.monotonic()
    assert other.wait_for("trouble").at - began < 1.0
    until(began + STOP)
    stopped.resume()
    back = time.monotonic()
    assert other.wait_for("recovered").at - back < BACK
    for side in (calling, answering):
        side.wait_until(lambda seen: is_well(seen) and seen.at > back, 10.0, "good quality again")
    assert calling.stop() == 0
    answering.ended()
    assert answering.last("ended")["reason"] == "remote_hangup"
