"""A passphrase on what the page keeps: set, asked for, changed, forgotten."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import MakePerson
from tests.browser.person import PagePerson
from tests.browser.window import PATIENCE_MS

pytestmark = pytest.mark.browser

FIRST_RUN = "Talk to your people, even where calls are blocked"
LOCKED = "hamseda is locked"
WRONG = "This passphrase does not fit. Try again."
IS_LOCKED = "A passphrase locks your people and keys on this device."
PASSPHRASE = "cactus anchor violin teacup"
READ_EVERYTHING = """async () => {
  const found = [];
  for (const { name } of await indexedDB.databases()) {
    const open = indexedDB.open(name);
    const items = await new Promise((resolve) => {
      open.onsuccess = () => {
        const all = open.result.transaction("items").objectStore("items").getAll();
        all.onsuccess = () => { open.result.close(); resolve(all.result); };
      };
    });
    for (const item of items) found.push(String.fromCharCode(...item));
  }
  return found.join("\\n");
}"""


def choose(reza: PagePerson, passphrase: str, again: str | None = None) -> None:
    """Fill in a new passphrase, twice, and press."""
    reza.page.get_by_label("New passphrase").fill(passphrase)
    reza.page.get_by_label("The same once more").fill(passphrase if again is None else again)
    reza.button("Lock").click()


def unlock(reza: PagePerson, passphrase: str) -> None:
    """Type a passphrase into the lock."""
    expect(reza.heading(LOCKED)).to_be_visible(timeout=PATIENCE_MS)
    reza.page.get_by_label("Your passphrase").fill(passphrase)
    reza.button("Unlock").click()


def test_a_first_visit_can_begin_with_a_lock(person: MakePerson) -> None:
    """Who shares a computer locks before the first name is written: nothing of it is readable."""
    reza = person("Reza")
    reza.open()
    reza.button("Lock with a passphrase").click()
    choose(reza, "short")
    reza.see("Take at least eight characters.")
    choose(reza, PASSPHRASE, "something else")
    reza.see("The two are not the same. Type them again.")
    choose(reza, PASSPHRASE)
    reza.see(IS_LOCKED)
    reza.button("People").click()
    reza.make_invitation("Zarafshan")
    assert "Zarafshan" not in reza.page.evaluate(READ_EVERYTHING)
    reza.window.reopen()
    reza.open()
    unlock(reza, "something else")
    reza.see(WRONG)
    unlock(reza, PASSPHRASE)
    expect(reza.heading("People")).to_be_visible(timeout=PATIENCE_MS)
    reza.see("Waiting for Zarafshan to open it")


def test_a_lock_is_set_changed_and_removed_later(person: MakePerson) -> None:
    """Whoever begins without one can have it before a journey, and be rid of it after."""
    reza = person("Reza")
    reza.open()
    reza.make_invitation("Zarafshan")
    reza.open_settings()
    before = reza.page.evaluate(READ_EVERYTHING)
    assert before, "else the next line proves nothing"
    assert "Zarafshan" not in before, "sealed, under a key that lies beside it"
    for passphrase, button in (
        (PASSPHRASE, "Lock with a passphrase"),
        ("violin tractor", "Change"),
    ):
        reza.page.get_by_role("button", name=button).click()
        choose(reza, passphrase)
        reza.see(IS_LOCKED)
        assert "Zarafshan" not in reza.page.evaluate(READ_EVERYTHING)
    reza.page.reload()
    unlock(reza, PASSPHRASE)
    reza.see(WRONG)
    unlock(reza, "violin tractor")
    reza.open_settings()
    reza.button("Remove the passphrase").click()
    expect(reza.button("Lock with a passphrase")).to_be_visible(timeout=PATIENCE_MS)
    reza.page.reload()
    expect(reza.heading("People")).to_be_visible(timeout=PATIENCE_MS)


def test_a_forgotten_passphrase_leaves_a_new_beginning(person: MakePerson) -> None:
    """Nobody can open it, but nobody has to buy a new device either."""
    reza = person("Reza")
    reza.open()
    reza.button("Lock with a passphrase").click()
    choose(reza, PASSPHRASE)
    reza.see(IS_LOCKED)
    reza.page.reload()
    expect(reza.heading(LOCKED)).to_be_visible(timeout=PATIENCE_MS)
    reza.erase_everything()
    expect(reza.heading(FIRST_RUN)).to_be_visible(timeout=PATIENCE_MS)
    reza.page.reload()
    expect(reza.heading(FIRST_RUN)).to_be_visible(timeout=PATIENCE_MS)
