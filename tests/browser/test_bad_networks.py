"""A page on a network that stands still: it opens another line, as the terminal does."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.browser.conftest import MakePerson
from tests.browser.person import befriend_terminal
from tests.integration.forwarder import Forwarder
from tests.integration.running import Seen
from tests.integration.world import World

pytestmark = pytest.mark.browser

SILENT_MS = 1400
"""500 ms until trouble, the rest to connect and to sit down; without a spare line it is 2.2 s."""

STILL = 4.0


def is_well(seen: Seen) -> bool:
    """Tell whether an event says that the page hears all that is said."""
    return seen.event == "quality" and seen["remote_on_time"] == 1.0


def test_a_connection_that_hangs_is_soon_replaced(
    world: World, person: MakePerson, page_folder: Path, sentences: tuple[Path, Path]
) -> None:
    """A lost packet at the wrong moment holds up a connection for seconds; another has none."""
    with Forwarder() as network:
        home = world.home("--public", f"https://localhost:{network.port}", page=page_folder)
        network.home_port = home.port
        reza, nadia = person("Reza", sentences[0], at=home), world.person("Nadia")
        befriend_terminal(reza, nadia)
        reza.wait_until_ready()
        his = list(network.connections)
        calling = nadia.start_call("Reza", play=sentences[1])
        reza.answer("Nadia")
        calling.wait_for("connected")
        held = calling.wait_for("quality")
        network.hold(his, also_new=False, both_ways=True)
        well = calling.wait_until(
            lambda seen: is_well(seen) and seen.at > held.at + STILL,
            STILL + 10.0,
            "good quality again",
        )
        # Where frames came late before, there were two lines already, and nothing is heard at all.
        silences = [seen["silent_ms"] for seen in calling.all("recovered")]
        assert len(silences) == len(calling.all("trouble"))
        assert max(silences, default=0) < SILENT_MS, well
        reza.hang_up()
        calling.ended()
        assert calling.last("ended")["reason"] == "remote_hangup"
