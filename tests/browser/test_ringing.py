"""What lies between "call" and "hello", as a page meets and says it."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import MakePerson
from tests.browser.person import PagePerson, befriend_terminal
from tests.integration.world import Home, Person, World
from tests.speech import voice

pytestmark = pytest.mark.browser

RING_MS = 60_000


@pytest.fixture
def pair(world: World, person: MakePerson) -> tuple[PagePerson, Person]:
    """Give two contacts: Reza at a page, Nadia at a terminal."""
    reza, nadia = person("Reza"), world.person("Nadia")
    befriend_terminal(reza, nadia)
    return reza, nadia


def test_who_was_offline_learns_of_the_call(pair: tuple[PagePerson, Person]) -> None:
    """Each learns what happened while nobody sat there: who called, and that nobody came."""
    reza, nadia = pair
    reza.call("Nadia")
    expect(reza.heading("Call ended")).to_be_visible(timeout=RING_MS)
    assert reza.reason() == "Nadia is not connected. They will see that you called."
    assert nadia.start_answer().wait_for("missed")["contact"] == "Reza"


def test_a_page_that_was_closed_shows_who_called(pair: tuple[PagePerson, Person]) -> None:
    """A page cannot ring while it is closed, so it must say what was missed when it opens."""
    reza, nadia = pair
    reza.window.close()
    nadia.start_call("Reza", "--patience", "1").ended(status=4)
    reza.window.reopen()
    reza.open()
    reza.see("1 missed call: Nadia")


def test_both_call_each_other_at_once(pair: tuple[PagePerson, Person]) -> None:
    """Both wanted to talk, so one call results, not two engaged tones."""
    reza, nadia = pair
    reza.wait_until_can_call("Nadia")
    calling = nadia.start_call("Reza")
    reza.call("Nadia")
    reza.wait_until_talking()
    calling.wait_for("connected")
    assert calling.wait_for("sas")["names"] == reza.words()
    reza.hang_up()
    assert reza.reason() == "You ended the call."
    calling.ended()


def test_who_talks_is_busy_for_others(
    world: World, home: Home, pair: tuple[PagePerson, Person]
) -> None:
    """The second caller hears so at once, and the two who talk are not disturbed."""
    reza, nadia = pair
    bahar = world.person("Bahar")
    reza.go_to_people()
    bahar.accept(reza.make_invitation("Bahar"), "Reza")
    reza.wait_until_can_call("Bahar")
    reza.go_to_people()
    nadia.start_answer("--once", play=voice("jfk"))
    reza.call("Nadia")
    reza.wait_until_talking()
    refused = bahar.start_call("Reza").ended(status=3)
    assert refused.last("ended")["reason"] == "busy"
    reza.see("Nadia receives you")
    expect(reza.button("End call")).to_be_visible()
    reza.hang_up()


def test_who_calls_somebody_who_talks_is_told(
    world: World, home: Home, pair: tuple[PagePerson, Person]
) -> None:
    """Busy is not "away": one may try again in a minute."""
    reza, nadia = pair
    bahar = world.person("Bahar")
    world.befriend(home, bahar, nadia)
    answering = nadia.start_answer()
    bahar.start_call("Nadia").wait_for("connected")
    reza.call("Nadia")
    assert reza.reason() == "Nadia is in another call."
    assert len(answering.all("ringing")) == 1


def test_a_page_declines(pair: tuple[PagePerson, Person]) -> None:
    """A no is an answer: the caller hears it at once."""
    reza, nadia = pair
    calling = nadia.start_call("Reza")
    reza.wait_until_rings("Nadia")
    reza.button("Decline").click()
    assert calling.ended(status=3).last("ended")["reason"] == "declined"


def test_a_page_is_declined(pair: tuple[PagePerson, Person]) -> None:
    """The page says it as a person would."""
    reza, nadia = pair
    nadia.start_answer("--once", "--decline")
    reza.call("Nadia")
    assert reza.reason() == "Nadia cannot talk now."


def test_a_call_is_taken_back(pair: tuple[PagePerson, Person]) -> None:
    """Who gives up stops the ringing at the other side, and is remembered there."""
    reza, nadia = pair
    calling = nadia.start_call("Reza")
    reza.wait_until_rings("Nadia")
    calling.stop()
    assert reza.reason() == "The call was cancelled."
    reza.button("People").click()
    reza.see("1 missed call: Nadia")


def test_a_call_outlives_its_home(
    world: World, home: Home, person: MakePerson, page_folder: Path
) -> None:
    """The home is updated in mid-call: both hear each other again, with nothing to press."""
    mortal = world.home(page=page_folder)
    reza, nadia = person("Reza", voice("jfk"), mortal), world.person("Nadia")
    befriend_terminal(reza, nadia)
    answering = nadia.start_answer("--once", play=voice("jfk"))
    reza.call("Nadia")
    reza.wait_until_talking()
    before = reza.words()
    mortal.restart()
    back = answering.wait_for("recovered")
    answering.wait_until(
        lambda seen: (
            seen.event == "quality" and seen.index > back.index and seen["remote_on_time"] == 1.0
        ),
        20.0,
        "a page that hears everything again",
    )
    assert reza.words() == before
    reza.hang_up()
    assert reza.reason() == "You ended the call."
    answering.ended()
