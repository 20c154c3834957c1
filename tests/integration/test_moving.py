"""Several ways to one home: calls begin by one that works, and move to it while people talk."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import pytest

from tests.integration.forwarder import Forwarder
from tests.integration.fronts import admitted_front
from tests.integration.hearing import hold_a_call
from tests.integration.running import Seen
from tests.integration.world import Pair, World
from tests.speech import voice

pytestmark = pytest.mark.calls

GAP_MS = 3000
SETUP_SECONDS = 10.0


@pytest.fixture
def network() -> Iterator[Forwarder]:
    """Give a network between people and the home's own address, and not before its front."""
    with Forwarder() as network:
        yield network


def is_well_after(back: Seen, seen: Seen) -> bool:
    """Tell whether an event says that the other side hears again what is said."""
    return seen.event == "quality" and seen.index > back.index and seen["remote_on_time"] == 1.0


def two_ways(world: World, network: Forwarder) -> Pair:
    """Give two contacts at a home with an address of its own and a front."""
    home = world.home("--public", f"https://localhost:{network.port}")
    network.home_port = home.port
    seen = home.link
    home.link = seen.replace(f"localhost:{network.port}", f"127.0.0.1:{home.port}")
    admitted_front(world, home)
    home.link = seen
    return world.pair(home)


def test_a_call_moves_to_the_front_when_the_home_is_blocked(
    world: World, network: Forwarder
) -> None:
    """Somebody switches a block on in the middle of a sentence: a gap, and no end."""
    pair = two_ways(world, network)
    sides = hold_a_call(pair.ali, pair.maryam)
    network.hold(network.connections, also_new=True, both_ways=True)
    for side in sides:
        side.wait_for("path", endpoint=1)
        assert not side.all("ended")
    for side in sides:
        back = side.wait_for("recovered")
        assert back["silent_ms"] <= GAP_MS
        side.wait_until(partial(is_well_after, back), 20.0, "good sound")
    network.release()
    assert sides[0].stop() == 0


def test_a_call_begins_by_the_front_where_the_home_is_blocked(
    world: World, network: Forwarder
) -> None:
    """The home's own address takes connections and says nothing: ten seconds, not a minute."""
    pair = two_ways(world, network)
    network.hold(network.connections, also_new=True, both_ways=True)
    pair.maryam.start_answer("--once", play=voice("jfk"))
    calling = pair.ali.start_call("maryam", play=voice("jfk"))
    connected = calling.wait_for("connected", 2 * SETUP_SECONDS)
    assert connected.at - calling.began_at <= SETUP_SECONDS
    network.release()
    assert calling.stop() == 0
