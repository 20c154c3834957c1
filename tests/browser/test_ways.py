"""Lists of ways to the home, brought to the page and taken from it by hand."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import MakePerson
from tests.browser.keyboard import Typist
from tests.browser.person import PagePerson, befriend_terminal
from tests.browser.plain_home import PlainHome
from tests.browser.window import PATIENCE_MS
from tests.browser.words import Language, Words
from tests.integration.forwarder import Forwarder
from tests.integration.world import Home, World

pytestmark = pytest.mark.browser

EN = Words("en")


def open_ways(person: PagePerson) -> None:
    """Go to the screen of lists."""
    person.open_settings()
    person.button(EN("ways.open")).click()
    expect(person.heading(EN("ways.title"))).to_be_visible()


def bring(person: PagePerson, text: str) -> None:
    """Paste a list and press the button."""
    person.page.get_by_label(EN("ways.paste")).fill(text)
    person.button(EN("ways.take")).click()


def exported(world: World, link: str) -> str:
    """Give the list of a home as text, as somebody has it who still gets through."""
    somebody = world.person("Samira")
    somebody.run("invite", "--home", link, "--name", "Omid")
    return str(somebody.run("endpoints", "--export").last("endpoints_text")["text"])


def test_a_pasted_list_brings_a_blocked_page_back(
    world: World, person: MakePerson, page_folder: Path
) -> None:
    """Somebody knows a way, somebody else knows none: a text between them is all it takes."""
    with Forwarder() as own, Forwarder() as other:
        first = f"--public=http://localhost:{own.port}"
        home = PlainHome(world, page_folder, first)
        own.home_port = home.port
        reza = person("Reza", at=home)
        befriend_terminal(reza, world.person("Nadia"))
        reza.wait_until_kept()
        home.stop()
        home = PlainHome(world, page_folder, first, f"--public=http://localhost:{other.port}")
        own.home_port = other.home_port = home.port
        own.hold(own.connections, also_new=True, both_ways=True)
        reza.page.reload()
        reza.see(EN("people.away"))
        link = home.link.replace(str(own.port), str(other.port))
        open_ways(reza)
        bring(reza, f"> {exported(world, link)}")
        reza.see(EN("ways.takenlater"))
        reza.button(EN("ways.reopen")).click()
        reza.wait_until_ready()
        assert other.connections


def test_the_list_of_a_page_is_known_to_who_has_it(
    world: World, person: MakePerson, home: Home, tmp_path: Path
) -> None:
    """Text and file say the same, and taking in what one has already does no harm."""
    reza, nadia = person("Reza"), world.person("Nadia")
    befriend_terminal(reza, nadia)
    open_ways(reza)
    with reza.page.expect_download() as download:
        reza.page.get_by_role("link", name=EN("ways.save")).click()
    path = tmp_path / download.value.suggested_filename
    download.value.save_as(path)
    taken = nadia.run("endpoints", "--import", str(path)).last("endpoints_taken")
    assert taken["taken"] is False
    with reza.page.expect_file_chooser() as chooser:
        reza.button(EN("ways.file")).click()
    chooser.value.set_files(path)
    reza.see(EN("ways.known"))
    bring(reza, path.read_text("ascii")[:-9])
    reza.see(EN("ways.altered"))
    reza.wait_until_ready()


def test_an_empty_file_is_answered(person: MakePerson, home: Home, tmp_path: Path) -> None:
    """A download that broke off leaves nothing in the file: a screen that says nothing hides it.

    Such a file was once dropped in silence, as if nobody had chosen one.
    """
    path = tmp_path / "list.txt"
    path.touch()
    reza = person("Reza", at=home)
    reza.open()
    open_ways(reza)
    with reza.page.expect_file_chooser() as chooser:
        reza.button(EN("ways.file")).click()
    chooser.value.set_files(path)
    reza.see(EN("ways.altered"))


def test_the_list_of_another_home_changes_nothing(
    world: World, person: MakePerson, home: Home
) -> None:
    """A page belongs to one home: a stranger's list must not lead it elsewhere."""
    reza = person("Reza", at=home)
    befriend_terminal(reza, world.person("Nadia"))
    open_ways(reza)
    bring(reza, exported(world, world.home(name="another").link))
    reza.see(EN("ways.other"))
    reza.wait_until_ready()


@pytest.mark.parametrize("language", ["en", "fa"])
def test_a_list_is_brought_by_keyboard(person: MakePerson, home: Home, language: Language) -> None:
    """Who cannot see the page is told what came of the list, in their language."""
    words = Words(language)
    reza = person("Reza", at=home)
    reza.open()
    typist = Typist(reza, words)
    typist.choose_language()
    typist.press(words("set.title"))
    typist.press(words("ways.open"))
    typist.hears(f'heading "{words("ways.title")}" [level=1]')
    typist.write("hamseda:endpoints:oops")
    typist.press(words("ways.take"))
    told = reza.page.get_by_role("status").filter(has_text=words("ways.altered"))
    expect(told).to_be_visible(timeout=PATIENCE_MS)
    typist.leave()
    expect(reza.heading(words("set.title"))).to_be_visible()
