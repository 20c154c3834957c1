"""What can stand in the way before a call, and what the page says of it."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import MakePerson
from tests.browser.person import befriend_terminal
from tests.browser.plain_home import PlainHome
from tests.browser.window import FAR_NAME
from tests.integration.world import World
from tests.speech import voice

pytestmark = pytest.mark.browser

BLOCKED = (
    "The microphone is blocked here. Tap the icon beside the address, allow it, then try again."
)


def test_a_refused_microphone_is_explained(world: World, person: MakePerson) -> None:
    """Who said no by mistake finds the way back, and the caller does not wait for ever."""
    reza, nadia = person("Reza", may_use_microphone=False), world.person("Nadia")
    befriend_terminal(reza, nadia)
    reza.call("Nadia")
    expect(reza.heading("No microphone")).to_be_visible()
    reza.see(BLOCKED)
    reza.button("Back").click()
    calling = nadia.start_call("Reza", play=voice("jfk"))
    reza.answer("Nadia")
    reza.see(BLOCKED)
    calling.stop()


def test_an_insecure_address_leads_to_the_right_one(
    world: World, person: MakePerson, page_folder: Path
) -> None:
    """Browsers give no microphone to http: the page says so before anybody tries to call."""
    home = PlainHome(world, page_folder)
    reza = person("Reza", at=home)
    reza.open(reza.address.replace("localhost", FAR_NAME))
    expect(reza.heading("This address cannot call")).to_be_visible()
    link = reza.page.get_by_role("link", name="Open the right address")
    assert str(link.get_attribute("href")).startswith(f"https://{FAR_NAME}:")
    # The browser says by itself that it takes such an address for no good one.
    assert [each for each in reza.window.problems if "untrustworthy" not in each] == []
