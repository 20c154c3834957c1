"""What a page keeps, and what it says when keeping goes wrong."""

from __future__ import annotations

import shutil

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import MakePerson
from tests.browser.person import PagePerson, befriend_terminal
from tests.browser.window import PATIENCE_MS
from tests.integration.world import Person, World
from tests.speech import voice

pytestmark = pytest.mark.browser

FIRST_RUN = "Talk to your people, even where calls are blocked"
HANG = """() => {
  setTimeout(() => { const until = Date.now() + 6000; while (Date.now() < until); }, 0);
}"""
HUNG_MS = 15_000
ASKED_TO_KEEP = "window.asked = 0; StorageManager.prototype.persist = async () => ++asked > 0;"
OTHER_TAB = "hamseda is open in another tab. Calls ring there."


@pytest.fixture
def pair(world: World, person: MakePerson) -> tuple[PagePerson, Person]:
    """Give two contacts: Reza at a page, Nadia at a terminal."""
    reza, nadia = person("Reza", voice("jfk")), world.person("Nadia")
    befriend_terminal(reza, nadia)
    return reza, nadia


def talk_shortly(reza: PagePerson, nadia: Person) -> list[str]:
    """Call, compare the words, hang up; give the words."""
    answering = nadia.start_answer("--once", play=voice("jfk"))
    reza.call("Nadia")
    reza.wait_until_talking()
    words = reza.words()
    assert words == answering.wait_for("sas")["names"]
    reza.hang_up()
    assert reza.reason() == "You ended the call."
    answering.ended()
    reza.button("People").click()
    return words


def test_people_stay_when_the_browser_is_closed(pair: tuple[PagePerson, Person]) -> None:
    """Nobody wants to be invited again each morning."""
    reza, nadia = pair
    first = talk_shortly(reza, nadia)
    reza.window.reopen()
    reza.open()
    assert talk_shortly(reza, nadia) != first


def test_one_tab_holds_the_line(pair: tuple[PagePerson, Person]) -> None:
    """Two tabs would use one key twice: one rings, the other says so and can take over."""
    reza, nadia = pair
    first = reza.page
    second = reza.window.context.new_page()
    second.goto(reza.address)
    expect(second.get_by_role("heading", level=1, name=OTHER_TAB)).to_be_visible()
    second.get_by_role("button", name="Use this tab").click()
    expect(second.get_by_role("heading", level=1, name="People")).to_be_visible()
    expect(first.get_by_role("heading", level=1, name=OTHER_TAB)).to_be_visible()
    reza.window.page = second
    talk_shortly(reza, nadia)
    second.close()
    expect(first.get_by_role("button", name="Call Nadia")).to_be_visible()


def test_a_tab_that_hangs_is_overruled(pair: tuple[PagePerson, Person]) -> None:
    """A frozen tab must not keep its owner from calling; when it wakes, it has no say any more."""
    reza, nadia = pair
    first = reza.page
    first.workers[0].evaluate(HANG)
    second = reza.window.context.new_page()
    second.goto(reza.address)
    second.get_by_role("button", name="Use this tab").click()
    expect(second.get_by_role("heading", level=1, name="People")).to_be_visible()
    reza.window.page = second
    talk_shortly(reza, nadia)
    expect(first.get_by_role("heading", level=1, name=OTHER_TAB)).to_be_visible(timeout=HUNG_MS)
    assert not reza.window.problems


def test_a_waiting_tab_erases_what_the_other_one_holds(pair: tuple[PagePerson, Person]) -> None:
    """Whoever must be rid of everything has no time to look for the right tab."""
    reza, _ = pair
    first = reza.page
    second = reza.window.context.new_page()
    second.goto(reza.address)
    reza.window.page = second
    expect(reza.heading(OTHER_TAB)).to_be_visible()
    reza.erase_everything()
    # Both begin anew; which of the two is first is chance.
    for page, other in ((first, second), (second, first)):
        new = page.get_by_text(FIRST_RUN).or_(page.get_by_text(OTHER_TAB))
        expect(new).to_be_visible()
        expect(other.get_by_role("button", name="Call Nadia")).to_have_count(0)
    first.close()
    expect(reza.heading(FIRST_RUN)).to_be_visible()


def test_the_browser_is_asked_to_keep_the_first_contact(world: World, person: MakePerson) -> None:
    """A full disk must not cost people; who only looks at the page is not asked for anything."""
    reza = person("Reza")
    reza.window.context.add_init_script(ASKED_TO_KEEP)
    reza.open()
    link = reza.make_invitation("Nadia")
    assert reza.page.evaluate("asked") == 0
    world.person("Nadia").accept(link, "Reza")
    reza.wait_until_can_call("Nadia")
    assert reza.page.evaluate("asked") == 1


def test_a_call_is_not_taken_over(pair: tuple[PagePerson, Person]) -> None:
    """A second tab, opened by mistake, must not end the call of the first."""
    reza, nadia = pair
    answering = nadia.start_answer("--once", play=voice("jfk"))
    reza.call("Nadia")
    reza.wait_until_talking()
    second = reza.window.context.new_page()
    second.goto(reza.address)
    expect(second.get_by_text("A call is going on there.")).to_be_visible()
    expect(second.get_by_role("button", name="Use this tab")).to_have_count(0)
    second.close()
    reza.page.bring_to_front()
    reza.hang_up()
    assert reza.reason() == "You ended the call."
    answering.ended()


def test_a_reload_ends_the_call_honestly(pair: tuple[PagePerson, Person]) -> None:
    """Keys of a call live in the page only: after a reload the call is over, for both, at once."""
    reza, nadia = pair
    answering = nadia.start_answer(play=voice("jfk"))
    reza.call("Nadia")
    reza.wait_until_talking()
    first = reza.words()
    reza.page.reload()
    ended = answering.wait_for("ended")
    assert ended["reason"] != "hangup"
    expect(reza.heading("People")).to_be_visible(timeout=PATIENCE_MS)
    reza.call("Nadia")
    reza.wait_until_talking()
    again = answering.wait_for("sas", after=ended)["names"]
    assert reza.words() == again
    assert again != first, "a new call has new keys"
    reza.hang_up()


def test_an_old_copy_of_the_storage_is_noticed(pair: tuple[PagePerson, Person]) -> None:
    """A browser restored from a backup would use keys twice: it is told, and a link heals it."""
    reza, nadia = pair
    window = reza.window
    window.close()
    backup = window.folder.with_name("backup")
    shutil.copytree(window.folder, backup)
    window.reopen()
    reza.open()
    for _ in range(2):
        talk_shortly(reza, nadia)
    window.close()
    shutil.rmtree(window.folder)
    shutil.copytree(backup, window.folder)
    window.reopen()
    reza.open()
    answering = nadia.start_answer()
    reza.call("Nadia")
    assert "Send a new invitation" in reza.reason()
    answering.stop()
    reza.button("People").click()
    nadia.accept(reza.make_invitation("Nadia"), "Reza")
    reza.wait_until_can_call("Nadia")
    talk_shortly(reza, nadia)


def test_everything_is_erased(pair: tuple[PagePerson, Person]) -> None:
    """Before a border one wants a page that knows nobody, now and after a restart."""
    reza, _ = pair
    reza.go_to_people()
    reza.open_settings()
    reza.erase_everything()
    expect(reza.heading(FIRST_RUN)).to_be_visible()
    reza.window.reopen()
    reza.open()
    expect(reza.heading(FIRST_RUN)).to_be_visible()
