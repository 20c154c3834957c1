"""The page in one file: from a disk, against any home, and with nothing left in clear."""

from __future__ import annotations

import base64
import hashlib
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import DIST, MakePerson
from tests.browser.person import PagePerson
from tests.browser.plain_home import PlainHome
from tests.browser.window import PATIENCE_MS
from tests.integration.world import World
from tests.speech import voice

pytestmark = pytest.mark.browser

PASSPHRASE = "a boat of seven old planks"
START = "This page is a file on your device"
FIRST_RUN = "Talk to your people, even where calls are blocked"
ITEMS = """async () => {
  const found = [];
  for (const { name } of await indexedDB.databases()) {
    const open = indexedDB.open(name);
    found.push(...await new Promise((resolve) => {
      open.onsuccess = () => {
        const all = open.result.transaction("items").objectStore("items").getAll();
        all.onsuccess = () => {
          open.result.close();
          resolve(all.result.map((value) => String.fromCharCode(...value)));
        };
      };
    }));
  }
  return found;
}"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Give the file as somebody has it on a stick."""
    path = tmp_path / "a stick" / "hamseda.html"
    path.parent.mkdir()
    shutil.copy(DIST / "hamseda.html", path)
    return path


def at_file(person: MakePerson, home: PlainHome, file: Path, speech: Path | None) -> PagePerson:
    """Put a person in front of the file."""
    reza = person("Reza", speech, at=home)
    reza.address = file.as_uri()
    reza.open()
    expect(reza.heading(START)).to_be_visible(timeout=PATIENCE_MS)
    return reza


def accept_pasted(reza: PagePerson, link: str, name: str) -> None:
    """Paste a link that came by a chat, and accept it."""
    reza.button("I have a link").click()
    reza.page.get_by_label("Paste the whole link here").fill(link)
    reza.button("Continue").click()
    reza.press_accept(name)
    expect(reza.heading(name)).to_be_visible(timeout=PATIENCE_MS)


def test_a_file_from_the_disk_calls_and_locks_what_it_keeps(
    world: World,
    person: MakePerson,
    page_folder: Path,
    file: Path,
    sentences: tuple[Path, Path],
) -> None:
    """Where every page is blocked, a file from a friend and a link are enough."""
    home = PlainHome(world, page_folder)
    nadia = world.person("Nadia")
    inviting = nadia.start_invite(home, "Reza")
    reza = at_file(person, home, file, sentences[0])
    reza.page.get_by_label("New passphrase").fill(PASSPHRASE)
    reza.page.get_by_label("The same once more").fill(PASSPHRASE)
    reza.button("Keep under this passphrase").click()
    expect(reza.heading(FIRST_RUN)).to_be_visible(timeout=PATIENCE_MS)
    accept_pasted(reza, str(inviting.wait_for("invitation")["link"]), "Nadia")
    inviting.ended()
    waiting = nadia.start_answer("--once", play=voice("jfk"))
    reza.call("Nadia")
    reza.wait_until_talking()
    waiting.wait_for("connected")
    reza.hang_up()
    waiting.ended()
    items = reza.page.evaluate(ITEMS)
    assert len(items) > 3
    assert not any("Nadia" in item for item in items), "other local files can read the storage"
    reza.window.reopen()
    reza.open()
    reza.page.get_by_label("Your passphrase").fill(PASSPHRASE)
    reza.button("Unlock").click()
    reza.wait_until_ready()
    reza.see("Nadia")


def test_a_file_can_keep_nothing(
    world: World, person: MakePerson, page_folder: Path, file: Path
) -> None:
    """On a borrowed device nothing stays behind, and a home's own link is enough to invite."""
    home = PlainHome(world, page_folder)
    reza = at_file(person, home, file, None)
    reza.button("Keep nothing").click()
    expect(reza.heading(FIRST_RUN)).to_be_visible(timeout=PATIENCE_MS)
    expect(reza.button("Invite someone")).to_have_count(0)
    reza.button("I have a link").click()
    reza.page.get_by_label("Paste the whole link here").fill(home.link)
    reza.button("Continue").click()
    link = reza.make_invitation("Nadia")
    assert link.startswith(home.link.partition("#")[0])
    world.person("Nadia").accept(link, "Reza")
    reza.wait_until_can_call("Nadia")
    assert reza.page.evaluate(ITEMS) == []
    reza.page.reload()
    expect(reza.heading(START)).to_be_visible(timeout=PATIENCE_MS)


def test_the_file_runs_its_own_script_and_no_other() -> None:
    """Its policy names the one script by its hash, and nothing inline beside it."""
    text = (DIST / "hamseda.html").read_text("utf-8")
    script = re.search(r'<script type="module">(.*?)</script>', text, re.DOTALL)
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', text)
    assert script is not None
    assert policy is not None
    digest = hashlib.sha256(script[1].encode()).digest()
    assert f"script-src 'sha256-{base64.b64encode(digest).decode()}' data:;" in policy[1]
    assert "unsafe" not in policy[1]
    assert text.count("<script") == 1
    assert not re.findall(r'(?:src|href)="(?!data:)', text)


def test_the_file_has_the_same_bytes_wherever_it_is_built(tmp_path: Path) -> None:
    """Only so can anybody check that the released file is made of the published sources."""
    web = DIST.parent
    copy = tmp_path / "elsewhere" / "web"
    shutil.copytree(web, copy, ignore=shutil.ignore_patterns("node_modules", "dist", "test"))
    (copy / "node_modules").symlink_to(web / "node_modules")
    (copy.parent / "spec").mkdir()
    for name in ("LICENSE", "spec/emoji.json"):
        shutil.copy(web.parent / name, copy.parent / name)
    command = [str(web.parent / "tools" / "with-node"), "npm", "run", "--silent", "build"]
    subprocess.run(command, cwd=copy, check=True, timeout=100)
    for name in ("hamseda.html", "sw.js", "index.html"):
        assert (copy / "dist" / name).read_bytes() == (DIST / name).read_bytes(), name
