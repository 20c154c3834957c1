"""Another home answers than the one that a link names, or that was met here before."""

from __future__ import annotations

import json
import secrets
import shutil
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import MakePerson
from tests.browser.person import befriend_terminal
from tests.browser.plain_home import PlainHome
from tests.browser.window import PATIENCE_MS
from tests.integration.world import Home, World

pytestmark = pytest.mark.browser

FIRST_RUN = "Talk to your people, even where calls are blocked"
WRONG = "This is not the server of your link"
CHANGED = (
    "Another server answers here than the one you know. Calls stay off."
    " Ask whoever runs it, another way."
)
OTHER_LINK = (
    "The link you opened names another server than the one you know here."
    " Ask whoever sent it, another way."
)
ALTERED = "This link is incomplete or was changed. Ask for it again, sent another way."
KINDS = """async () => {
  const kinds = [];
  for (const { name } of await indexedDB.databases()) {
    const open = indexedDB.open(name);
    const keys = await new Promise((resolve) => {
      open.onsuccess = () => {
        const all = open.result.transaction("items").objectStore("items").getAllKeys();
        all.onsuccess = () => { open.result.close(); resolve(all.result); };
      };
    });
    kinds.push(...keys.map(([kind]) => kind));
  }
  return kinds;
}"""


def other_identity(link: str) -> str:
    """Let a home link name another home at the same address."""
    changed = "A" if link[-10] != "A" else "B"
    return f"{link[:-10]}{changed}{link[-9:]}"


def renew(home: Home, *names: str) -> None:
    """Give a stopped home new keys of these names."""
    file = home.data / "home.key"
    entry = json.loads(file.read_text("utf-8"))
    file.write_text(json.dumps(entry | {name: secrets.token_hex(32) for name in names}), "utf-8")


def test_a_first_visit_holds_the_home_against_its_link(home: Home, person: MakePerson) -> None:
    """Who was sent a home's link by a friend is not led to another home at that address."""
    reza = person("Reza")
    reza.open(other_identity(home.link))
    expect(reza.heading(WRONG)).to_be_visible(timeout=PATIENCE_MS)
    assert set(reza.page.evaluate(KINDS)) == {"meta"}, "nothing of that home is kept"
    expect(reza.button("Invite someone")).to_have_count(0)
    nadia = person("Nadia")
    nadia.open(home.link)
    expect(nadia.heading(FIRST_RUN)).to_be_visible(timeout=PATIENCE_MS)
    assert nadia.page.url == nadia.address
    assert "home" in nadia.page.evaluate(KINDS), "from now on it must stay the same"


def test_a_cut_home_link_is_noticed(home: Home, person: MakePerson) -> None:
    """A link that names nobody any more must not count as one that was checked."""
    reza = person("Reza")
    reza.open(home.link[:-3])
    reza.see(ALTERED)


def test_a_later_link_to_another_home_is_told(world: World, home: Home, person: MakePerson) -> None:
    """The people of before stay; whoever sent this link meant somebody else, or was deceived."""
    reza = person("Reza")
    befriend_terminal(reza, world.person("Nadia"))
    reza.open(other_identity(home.link))
    reza.go_to_people()
    reza.see(OTHER_LINK)
    reza.wait_until_ready()
    reza.open(home.link)
    expect(reza.page.get_by_text(OTHER_LINK)).to_have_count(0)


def test_another_home_at_the_known_address_is_refused(
    world: World, person: MakePerson, page_folder: Path
) -> None:
    """Whoever takes over a name and its certificate gets no call and no message."""
    home = world.home(page=page_folder)
    reza, nadia = person("Reza", at=home), world.person("Nadia")
    befriend_terminal(reza, nadia)
    home.stop()
    renew(home, "identity", "line")
    home.start()
    reza.page.reload()
    reza.see(CHANGED)
    reza.see("Not connected. Calls cannot reach you now.")
    assert reza.heading("People").is_visible()


def test_a_home_that_renews_its_line_key_stays_the_same(
    world: World, person: MakePerson, page_folder: Path
) -> None:
    """An operator who changes that key after a leak must not lose everybody who has the page."""
    home = world.home(page=page_folder)
    reza, nadia = person("Reza", at=home), world.person("Nadia")
    befriend_terminal(reza, nadia)
    home.stop()
    renew(home, "line")
    home.start()
    reza.page.reload()
    reza.wait_until_ready()


def test_a_worker_that_is_not_the_built_one_is_not_started(
    world: World, person: MakePerson, page_folder: Path
) -> None:
    """A cache or a proxy that changes one script gets none of it to run.

    The document names its own script by its hash; a browser has no such thing for a Worker.
    """
    folder = world.folder / "page"
    shutil.copytree(page_folder, folder)
    (worker,) = (folder / "assets").glob("main-*.js")
    worker.write_text("/* another */" + worker.read_text("utf-8"), "utf-8")
    reza = person("Reza", at=PlainHome(world, folder))
    reza.page.goto(reza.address)
    expect(reza.page.get_by_text("Something went wrong on this page.")).to_be_visible(
        timeout=PATIENCE_MS
    )
    assert reza.page.workers == []
