"""Be a person in front of the page: press what is written there, read what it says."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from tests.browser.window import PATIENCE_MS, Window
from tests.integration.world import Person

CONNECT_MS = 10_000
ERASE = "Erase everything on this device"
KEPT = """async () => {
  const late = new Promise((_, reject) => setTimeout(() => reject("nothing is kept"), 20000));
  const { active } = await Promise.race([navigator.serviceWorker.ready, late]);
  if (active.state !== "activated") {
    await new Promise((resolve) => active.addEventListener("statechange", resolve));
  }
  const cache = await caches.open((await caches.keys()).at(-1));
  return (await cache.keys()).map(({ url }) => new URL(url).pathname.split("/").at(-1));
}"""


class PagePerson:
    """Be one person with the page of one home in a browser of their own."""

    def __init__(self, name: str, window: Window, address: str, speech: Path | None) -> None:
        self.name = name
        self.window = window
        self.address = address
        """The home's link without what stands behind the `#`."""
        self.speech = speech
        """What the microphone hears, again and again."""

    @property
    def page(self) -> Page:
        """Give the tab."""
        return self.window.page

    def button(self, name: str) -> Locator:
        """Find a button by what is written on it."""
        return self.page.get_by_role("button", name=name, exact=True)

    def heading(self, name: str) -> Locator:
        """Find the heading of a screen."""
        return self.page.get_by_role("heading", level=1, name=name, exact=True)

    def see(self, words: str) -> None:
        """Wait until a text is shown."""
        expect(self.page.get_by_text(words, exact=True).first).to_be_visible(timeout=PATIENCE_MS)

    # Coming to know people

    def open(self, link: str | None = None) -> None:
        """Open the page, or a link to it."""
        self.page.goto(link or self.address)

    def make_invitation(self, name: str) -> str:
        """Invite somebody and give the link to send; the page waits for them."""
        self.button("Invite someone").click()
        self.page.get_by_label("What do you call this person?").fill(name)
        self.button("Make the link").click()
        return self.page.locator("p.link").inner_text().strip()

    def accept(self, link: str, name: str) -> None:
        """Open an invitation and accept it."""
        self.open(link)
        self.press_accept(name)
        expect(self.heading(name)).to_be_visible(timeout=PATIENCE_MS)

    def press_accept(self, name: str) -> None:
        """Say who sent the link, and accept."""
        self.page.get_by_label("Who sent you this link?").fill(name)
        self.button("Accept invitation").click()

    def wait_until_can_call(self, name: str) -> None:
        """Wait until a person has confirmed, so that they can be called."""
        expect(self.button(f"Call {name}").first).to_be_visible(timeout=PATIENCE_MS)

    # Where one is

    def wait_until_ready(self) -> None:
        """Wait until calls can reach this page."""
        self.go_to_people()
        self.see("Ready for calls")

    def go_to_people(self) -> None:
        """Go back to the list of people, from wherever a person can."""
        people = self.heading("People")
        for way in (self.button("Back"), self.button("People")):
            if way.is_visible():
                way.click()
        expect(people).to_be_visible()

    # What is kept

    def open_settings(self) -> None:
        """Go to the settings, from a list or a task."""
        settings, back = self.button("Settings"), self.button("Back")
        expect(settings.or_(back).first).to_be_visible(timeout=PATIENCE_MS)
        if back.is_visible():
            back.click()
        settings.click()
        expect(self.heading("Settings")).to_be_visible()

    def wait_until_kept(self) -> list[str]:
        """Wait until the browser has all of the page; give the names of the files."""
        return list(self.page.evaluate(KEPT))

    def erase_everything(self) -> None:
        """Press it where it is on the screen, and say yes."""
        self.button(ERASE).click()
        self.see("Erase all people, keys and calls? This cannot be undone.")
        self.page.get_by_role("group").get_by_role("button", name=ERASE).click()

    # Calling

    def call(self, name: str) -> None:
        """Call a person."""
        self.wait_until_can_call(name)
        self.button(f"Call {name}").first.click()

    def wait_until_rings(self, name: str) -> None:
        """Wait until somebody's call is shown."""
        expect(self.heading(f"{name} is calling")).to_be_visible(timeout=PATIENCE_MS)

    def answer(self, name: str) -> None:
        """Wait for a call and answer it."""
        self.wait_until_rings(name)
        self.button("Answer").click()

    def wait_until_talking(self) -> None:
        """Wait until the other side is heard."""
        expect(self.button("End call")).to_be_visible(timeout=CONNECT_MS)

    def words(self) -> list[str]:
        """Read the five words to compare, and go back to the call."""
        self.page.locator("button.chip", has_text="erified").click()
        words = self.page.locator("ol.sas strong")
        expect(words).to_have_count(5)
        found = words.all_inner_texts()
        self.button("Later").click()
        return found

    def hang_up(self) -> None:
        """End the call."""
        self.button("End call").click()

    def reason(self) -> str:
        """Wait for the end of the call and read why it ended."""
        expect(self.heading("Call ended")).to_be_visible(timeout=PATIENCE_MS)
        return self.page.locator("p.reason").inner_text()


def befriend(inviter: PagePerson, accepter: PagePerson) -> None:
    """Make two people at pages contacts of each other, each under the other's name."""
    inviter.open()
    accepter.accept(inviter.make_invitation(accepter.name), inviter.name)
    for one, other in ((inviter, accepter), (accepter, inviter)):
        one.wait_until_can_call(other.name)


def befriend_terminal(page: PagePerson, terminal: Person) -> str:
    """Make a person at a page and one at a terminal contacts; the page invites. Give the link."""
    page.open()
    link = page.make_invitation(terminal.name)
    terminal.accept(link, page.name)
    page.wait_until_can_call(terminal.name)
    return link
