"""The page without its home: kept on the device, and honest about its age."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import MakePerson
from tests.browser.person import PagePerson, befriend_terminal
from tests.browser.plain_home import PlainHome
from tests.browser.window import PATIENCE_MS
from tests.integration.forwarder import Forwarder
from tests.integration.world import World
from tests.speech import voice

pytestmark = pytest.mark.browser

AWAY = "Not connected. Calls cannot reach you now."
FIRST_RUN = "Talk to your people, even where calls are blocked"
OLDER = "An older version of this page is open."
UPDATED = """async () => {
  const registration = await navigator.serviceWorker.getRegistration();
  for (let tried = 0; registration.waiting === null && tried < 100; tried += 1) {
    await registration.update().catch(() => undefined);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  return registration.waiting === null ? "nothing" : "waiting";
}"""


def build_of(person: PagePerson) -> str:
    """Tell which build is open."""
    return str(person.page.locator("meta[name=build]").get_attribute("content"))


def other_build(folder: Path, to: Path) -> str:
    """Copy a built page as the next release would leave it; give its id."""
    shutil.copytree(folder, to)
    markup = (to / "index.html").read_text("utf-8")
    found = re.search(r'name="build" content="([0-9a-f]{64})"', markup)
    assert found is not None
    old, new = found[1], found[1][::-1]
    for name in ("index.html", "sw.js"):
        text = (to / name).read_text("utf-8")
        assert old in text
        (to / name).write_text(text.replace(old, new), "utf-8")
    return new


def test_the_page_opens_without_its_home(
    world: World, person: MakePerson, page_folder: Path
) -> None:
    """Who has no network still finds out whom they know, and is told that calls cannot come."""
    home = PlainHome(world, page_folder)
    reza = person("Reza", at=home)
    befriend_terminal(reza, world.person("Nadia"))
    names = reza.wait_until_kept()
    assert {name.partition("-")[0] for name in names} >= {"index", "main", "sound.worklet", "style"}
    home.stop()
    reza.page.reload()
    expect(reza.heading("People")).to_be_visible(timeout=PATIENCE_MS)
    reza.see("Nadia")
    reza.see(AWAY)
    home.start()
    reza.wait_until_ready()


def test_a_newer_page_waits_and_is_told(
    world: World, person: MakePerson, page_folder: Path
) -> None:
    """Nobody talks through a page that their home has replaced without knowing it."""
    folder = world.folder / "page"
    shutil.copytree(page_folder, folder)
    home = PlainHome(world, folder)
    reza = person("Reza", at=home)
    befriend_terminal(reza, world.person("Nadia"))
    reza.wait_until_kept()
    first = build_of(reza)
    home.stop()
    shutil.rmtree(folder)
    newer = other_build(page_folder, folder)
    home.start()
    reza.page.reload()
    assert build_of(reza) == first, "what is kept opens first"
    reza.see(OLDER)
    reza.button("Open the newest").click()
    expect(reza.page.locator(f"meta[name=build][content='{newer}']")).to_have_count(
        1, timeout=PATIENCE_MS
    )
    expect(reza.page.get_by_text(OLDER)).to_have_count(0)
    reza.wait_until_ready()


def test_a_way_that_was_learned_later_is_allowed(
    world: World, person: MakePerson, page_folder: Path
) -> None:
    """A front is added when the home's address is blocked: no new policy can come from there."""
    with Forwarder() as other:
        home = PlainHome(world, page_folder)
        other.home_port = home.port
        reza = person("Reza", at=home)
        reza.open()
        reza.wait_until_kept()
        reza.page.reload()
        door = home.link.partition("#")[0].rpartition("/")[2]
        ask = f"() => fetch('http://localhost:{other.port}/{door}/home').then(() => 1, () => 0)"
        assert reza.page.evaluate(ask) == 0, "the policy does not know it"
        ways = [
            f"http://localhost:{other.port}",
            "https://*:1",
            "https://a.example:1; script-src *",
        ]
        reza.page.evaluate("(ways) => navigator.serviceWorker.controller.postMessage(ways)", ways)
        reza.page.reload()
        expect(reza.heading(FIRST_RUN)).to_be_visible(timeout=PATIENCE_MS)
        assert reza.page.evaluate(ask) == 1


def test_erasing_forgets_the_kept_page(world: World, person: MakePerson, page_folder: Path) -> None:
    """The door is a secret: after erasing everything no browser storage may name it."""
    home = PlainHome(world, page_folder)
    reza = person("Reza", at=home)
    reza.open()
    reza.wait_until_kept()
    reza.open_settings()
    reza.erase_everything()
    expect(reza.heading(FIRST_RUN)).to_be_visible()
    gone = (
        "async () => [...await caches.keys(), ...await navigator.serviceWorker.getRegistrations()]"
    )
    assert reza.page.evaluate(gone) == []


def test_the_page_calls_though_its_own_address_is_blocked(
    world: World, person: MakePerson, page_folder: Path, sentences: tuple[Path, Path]
) -> None:
    """Once visited, it needs no more than one way to its home, whichever that is."""
    with Forwarder() as own, Forwarder() as other:
        home = PlainHome(
            world, page_folder,
            f"--public=http://localhost:{own.port}", f"--public=http://localhost:{other.port}",
        )  # fmt: skip
        own.home_port = other.home_port = home.port
        reza, nadia = person("Reza", sentences[0], at=home), world.person("Nadia")
        befriend_terminal(reza, nadia)
        assert str(own.port) in reza.page.url
        reza.wait_until_kept()
        own.hold(own.connections, also_new=True, both_ways=True)
        used = len(other.connections)
        reza.page.reload()
        reza.wait_until_ready()
        assert len(other.connections) > used
        with_nadia = nadia.start_answer("--once", play=voice("jfk"))
        reza.call("Nadia")
        reza.wait_until_talking()
        with_nadia.wait_for("connected")
        reza.hang_up()
        with_nadia.ended()


def test_a_newer_page_does_not_cut_a_call(
    world: World, person: MakePerson, page_folder: Path, sentences: tuple[Path, Path]
) -> None:
    """A home that gets a new release while people talk must not be what ends their call."""
    folder = world.folder / "page"
    shutil.copytree(page_folder, folder)
    home = PlainHome(world, folder)
    reza, nadia = person("Reza", sentences[0], at=home), world.person("Nadia")
    befriend_terminal(reza, nadia)
    reza.wait_until_kept()
    reza.page.reload()
    reza.wait_until_ready()
    first = build_of(reza)
    waiting = nadia.start_answer("--once", play=voice("jfk"))
    reza.call("Nadia")
    reza.wait_until_talking()
    home.stop()
    shutil.rmtree(folder)
    other_build(page_folder, folder)
    home.start()
    assert reza.page.evaluate(UPDATED) == "waiting"
    before = reza.window.heard_seconds()
    reza.window.wait_until_heard(before + 3)
    assert build_of(reza) == first
    reza.hang_up()
    waiting.ended()
    reza.button("People").first.click()
    reza.see(OLDER)
