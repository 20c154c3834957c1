"""Speech goes in at one microphone and comes out at the other speaker, through a real browser."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.browser.conftest import MakePerson
from tests.browser.person import befriend, befriend_terminal
from tests.browser.talking import AtPage, AtTerminal, talk, talk_well
from tests.integration.mutation import mutated_package
from tests.integration.world import Home, World

pytestmark = pytest.mark.browser


def test_two_pages_hear_each_other(person: MakePerson, sentences: tuple[Path, Path]) -> None:
    """Two people who share nothing but a link talk, and have installed nothing."""
    reza, nadia = person("Reza", sentences[0]), person("Nadia", sentences[1])
    befriend(reza, nadia)
    talk_well(AtPage(reza), AtPage(nadia))


@pytest.mark.parametrize("page_calls", [True, False], ids=["page_calls", "terminal_calls"])
def test_page_and_terminal_hear_each_other(
    world: World, person: MakePerson, sentences: tuple[Path, Path], *, page_calls: bool
) -> None:
    """One has a browser, the other a terminal: both speak the same protocol."""
    reza, nadia = person("Reza", sentences[0]), world.person("Nadia")
    befriend_terminal(reza, nadia)
    sides = AtPage(reza), AtTerminal(nadia, sentences[1])
    caller, callee = sides if page_calls else sides[::-1]
    talk_well(caller, callee)


def test_a_page_accepts_what_a_terminal_invites(
    world: World, home: Home, person: MakePerson, sentences: tuple[Path, Path]
) -> None:
    """The link of a terminal opens in a browser, and leads to a call."""
    nadia, reza = world.person("Nadia"), person("Reza", sentences[0])
    waiting = nadia.start_invite(home, "Reza")
    reza.accept(str(waiting.wait_for("invitation")["link"]), "Nadia")
    waiting.ended()
    talk_well(AtTerminal(nadia, sentences[1]), AtPage(reza))


# What must turn these tests red


def test_a_call_without_frames_is_noticed(
    world: World,
    person: MakePerson,
    page_folder: Path,
    sentences: tuple[Path, Path],
    tmp_path: Path,
) -> None:
    """A test that stays green when the relay drops all frames would prove nothing."""
    deaf = mutated_package(
        tmp_path / "deaf", "relay/service.py", "await target.line.media(message)", "return"
    )
    home = world.home(package=deaf, page=page_folder)
    reza, nadia = (
        person(name, speech, home)
        for name, speech in zip(("Reza", "Nadia"), sentences, strict=True)
    )
    befriend(reza, nadia)
    with pytest.raises(AssertionError, match="End call"):
        talk(AtPage(reza), AtPage(nadia))


def test_different_words_are_noticed(
    world: World, person: MakePerson, sentences: tuple[Path, Path], tmp_path: Path
) -> None:
    """A test that does not compare what both people read would miss who sits in between."""
    altered = mutated_package(
        tmp_path / "altered", "crypto/sas.py", "value >> shift & 63", "value >> shift & 63 ^ 1"
    )
    reza, nadia = person("Reza", sentences[0]), world.person("Nadia", package=altered)
    befriend_terminal(reza, nadia)
    with pytest.raises(AssertionError, match="the five words differ"):
        talk(AtPage(reza), AtTerminal(nadia, sentences[1]))


def test_a_silent_microphone_is_noticed(person: MakePerson, sentences: tuple[Path, Path]) -> None:
    """A recording that scores well without anybody having spoken would prove nothing."""
    reza, nadia = person("Reza", sentences[0]), person("Nadia")
    nadia.speech = sentences[1]
    befriend(reza, nadia)
    heard = talk(AtPage(reza), AtPage(nadia))
    assert heard.at_caller < 1.5
    assert heard.at_callee > heard.at_caller
