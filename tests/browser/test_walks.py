"""With the keyboard alone, in both languages: from the first visit to why a call failed."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import MakePerson
from tests.browser.keyboard import Typist
from tests.browser.person import CONNECT_MS
from tests.browser.words import Language, Words

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]

RINGS_MS = 60_000
STRAY = ("Escape", "Enter", "Space", "Delete", "Backspace", "a", "d", "e", "x", "Control+d")
NAMES: dict[Language, tuple[str, str]] = {"en": ("Reza", "Nadia"), "fa": ("رضا", "نادیا")}


@pytest.mark.parametrize("language", ["en", "fa"])
def test_a_call_from_the_first_visit_to_its_end(
    person: MakePerson, sentences: tuple[Path, Path], language: Language
) -> None:
    """Who cannot use a mouse, or cannot see, invites, calls, compares the words and ends."""
    words = Words(language)
    reza, nadia = (
        Typist(person(name, sentence), words)
        for name, sentence in zip(NAMES[language], sentences, strict=True)
    )
    link = invite(reza, nadia.person.name)
    accept(nadia, link, reza.person.name)
    call(reza, nadia)
    stray(reza)
    verify(reza, nadia.person.name)
    verify(nadia, reza.person.name)
    end(reza, nadia)
    fail(reza, nadia)


def invite(one: Typist, name: str) -> str:
    """Make an invitation, and give its link."""
    say = one.words
    one.person.open()
    one.choose_language()
    one.finds(
        f'heading "{say("first.title")}" [level=1]', "list", f'button "{say("invite.title")}"'
    )
    one.press(say("invite.title"))
    one.hears(f'heading "{say("invite.title")}" [level=1]', f'textbox "{say("invite.name")}"')
    one.write(name)
    one.page.keyboard.press("Enter")
    one.hears(
        f'button "{say("back")}"',
        f'heading "{say("invite.waiting", name=name)}" [level=1]',
        f'button "{say("invite.copy")}"',
        f'button "{say("invite.cancel")}"',
    )
    return one.page.locator("p.link").inner_text().strip()


def accept(one: Typist, link: str, name: str) -> None:
    """Open the link that came, and accept."""
    say = one.words
    one.person.open()
    one.choose_language()
    one.person.open(link)
    one.hears(
        f'heading "{say("accept.title")}" [level=1]',
        f'textbox "{say("accept.who")}"',
        f'button "{say("accept.do")}"',
    )
    one.write(name)
    one.page.keyboard.press("Enter")
    one.hears(f'heading "{name}" [level=1]')


def call(one: Typist, other: Typist) -> None:
    """Call somebody, who answers."""
    say, (own, name) = one.words, (one.person.name, other.person.name)
    one.leave()
    one.hears(f'heading "{say("people.title")}" [level=1]', "list")
    one.press(say("people.call", name=name))
    other.hears(
        f'heading "{say("incoming.title", name=own)}" [level=1]',
        f'button "{say("incoming.decline")}"',
        f'button "{say("incoming.answer")}"',
    )
    other.press(say("incoming.answer"))
    for side, whom in ((one, name), (other, own)):
        expect(side.person.button(say("call.end"))).to_be_visible(timeout=CONNECT_MS)
        side.hears(
            f'button "{say("people.unverified")}"',
            f'button "{say("call.details")}"',
            f'heading "{whom}" [level=1]',
            f'button "{say("call.mic")} {say("call.on")}"',
            f'button "{say("call.end")}"',
        )


def stray(one: Typist) -> None:
    """Hit keys that end things elsewhere: none of them ends a call."""
    for key in STRAY:
        one.page.keyboard.press(key)
    expect(one.person.button(one.words("call.end"))).to_be_visible()
    expect(one.page.locator("h1")).to_be_focused()


def verify(one: Typist, name: str) -> None:
    """Compare the five words, once three seconds of the other voice were played."""
    say = one.words
    one.press(say("people.unverified"))
    one.hears(
        f'heading "{say("verify.title", name=name)}" [level=1]',
        "list",
        f'button "{say("verify.differ")}"',
        f'button "{say("verify.match")}"',
    )
    expect(one.page.get_by_role("listitem")).to_have_count(5)
    expect(one.person.button(say("verify.match"))).to_be_enabled(timeout=CONNECT_MS)
    one.press(say("verify.match"))
    one.hears(f'button "{say("people.verified")}"', f'heading "{name}" [level=1]')


def end(one: Typist, other: Typist) -> None:
    """Hang up, and read at both ends who did."""
    say = one.words
    one.leave()
    expect(one.person.button(say("call.end"))).to_be_visible()
    one.press(say("call.end"))
    one.hears(f'heading "{say("ended.title")}" [level=1]', f'button "{say("ended.again")}"')
    expect(one.page.locator("p.reason")).to_have_text(say("ended.you"))
    expect(other.page.locator("p.reason")).to_have_text(say("ended.them", name=one.person.name))


def fail(one: Typist, other: Typist) -> None:
    """Call again somebody who went away, and read why nobody answered."""
    say, name = one.words, other.person.name
    other.person.window.close()
    one.press(say("ended.again"))
    one.hears(f'heading "{name}" [level=1]', "list", f'button "{say("calling.cancel")}"')
    expect(one.page.locator("p.reason")).to_have_text(
        say("calling.away", name=name), timeout=RINGS_MS
    )
    one.hears(
        f'heading "{say("ended.title")}" [level=1]',
        f'button "{say("ended.again")}"',
        f'heading "{say("why.next")}" [level=2]',
        "list",
        f'heading "{say("why.saw")}" [level=2]',
        "list",
        f'button "{say("why.copy")}"',
    )
    one.press(say("why.copy"))
    expect(one.person.button(say("why.copied"))).to_be_focused()
