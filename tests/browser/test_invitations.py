"""Links that were used, changed on the way, or kept too long, opened in a browser."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import MakePerson
from tests.integration.clock import DAY, wrong_clock
from tests.integration.world import Home, World

pytestmark = pytest.mark.browser

WATCH = """
  window.did = [];
  const watch = (owner, name) => {
    const before = owner[name];
    owner[name] = new Proxy(before, {
      apply: (...args) => { did.push(name); return Reflect.apply(...args); },
      construct: (...args) => { did.push(name); return Reflect.construct(...args); },
    });
  };
  watch(history, "replaceState");
  watch(window, "Worker");
  watch(Storage.prototype, "getItem");
  watch(Document.prototype, "createElementNS");
"""
ALTERED = "This link is incomplete or was changed. Ask for it again, sent another way."
USED = "This invitation was already used. If not by you, tell the sender. Ask for a new one."


def test_the_link_leaves_the_address_bar_at_once(
    world: World, home: Home, person: MakePerson
) -> None:
    """Who looks over a shoulder, or presses "back", must not find a link that still works.

    The browser's own list of visited pages keeps it all the same (spec/threat-model.md §7).
    """
    link = world.person("Nadia").invite(home, "Reza")
    reza = person("Reza")
    reza.window.context.add_init_script(WATCH)
    reza.open(link)
    expect(reza.heading("You are invited to talk")).to_be_visible()
    assert reza.page.evaluate("did")[0] == "replaceState"
    assert {"Worker", "getItem", "createElementNS"} <= set(reza.page.evaluate("did"))
    assert reza.page.url == reza.address
    assert reza.page.evaluate("history.length") <= 2
    host = reza.address.split("/")[2]
    reza.see(f"This page comes from {host}. Whoever runs it could change it and read everything.")


def test_a_used_link_is_refused(world: World, home: Home, person: MakePerson) -> None:
    """A link opens one door for one person; a second one is told so at once."""
    nadia, reza = world.person("Nadia"), person("Reza")
    waiting = nadia.start_invite(home, "Maryam")
    link = str(waiting.wait_for("invitation")["link"])
    world.person("Maryam").accept(link, "Nadia")
    waiting.ended()
    reza.open(link)
    reza.press_accept("Nadia")
    reza.see(USED)


def test_an_altered_or_shortened_link_is_not_believed(
    world: World, home: Home, person: MakePerson
) -> None:
    """A messenger that cuts or changes a link must not lead anybody to a stranger."""
    link = world.person("Nadia").invite(home, "Reza")
    reza = person("Reza")
    other = "A" if link[-2] != "A" else "B"
    reza.open(f"{link[:-2]}{other}{link[-1]}")
    reza.press_accept("Nadia")
    reza.see(ALTERED)
    reza.open()
    reza.button("I have an invitation").click()
    for wrong in (link[:-1], link[:-20], "https://localhost/", "hello"):
        reza.page.get_by_label("Paste the whole link here").fill(wrong)
        reza.button("Continue").click()
        reza.see(ALTERED)
    reza.page.get_by_label("Paste the whole link here").fill(link)
    reza.button("Continue").click()
    reza.press_accept("Nadia")
    expect(reza.heading("Nadia")).to_be_visible()


def test_a_cut_link_is_noticed_when_it_is_opened(
    world: World, home: Home, person: MakePerson
) -> None:
    """Who taps a link that was cut must not stand before an empty page without a word."""
    link = world.person("Nadia").invite(home, "Reza")
    reza = person("Reza")
    reza.open(link[:-5])
    reza.see(ALTERED)


def test_an_invitation_gets_too_old(world: World, person: MakePerson, page_folder: Path) -> None:
    """A link that is found in an old chat a week later opens nothing."""
    home = world.home(page=page_folder)
    link = world.person("Nadia").invite(home, "Reza", "--days", "1")
    home.stop()
    home.env = wrong_clock(world.folder, 2 * DAY)
    home.start()
    reza = person("Reza", at=home)
    reza.open(link)
    reza.press_accept("Nadia")
    reza.see("This invitation is too old. Ask for a new one.")


def test_an_invitation_is_cancelled(world: World, person: MakePerson) -> None:
    """Who sent a link to the wrong person can take it back."""
    reza = person("Reza")
    reza.open()
    link = reza.make_invitation("Nadia")
    reza.button("Cancel invitation").click()
    expect(reza.page.get_by_text("Waiting for Nadia to open it")).to_have_count(0)
    reza.page.reload()
    refused = world.person("Nadia").start("accept", link, "--name", "Reza")
    assert refused.wait() != 0, refused.transcript()
