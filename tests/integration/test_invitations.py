"""Links that were used, leaked, altered or kept too long, and homes that are not there."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.integration.clock import DAY, wrong_clock
from tests.integration.mutation import mutated_package
from tests.integration.running import Running
from tests.integration.world import Home, Pair, World

pytestmark = pytest.mark.calls


def insist_on_words(running: Running, *words: str) -> None:
    """Insist that a process said an error with these words, and a next step."""
    error = running.last("error")
    for word in words:
        assert word in error["error"], error.fields
    assert error["next"], "every error names the next step"


def test_a_used_invitation_is_refused(world: World, home: Home) -> None:
    """A link opens one door for one person; a second one is told so at once."""
    ali, maryam, eve = (world.person(name) for name in ("ali", "maryam", "eve"))
    waiting = ali.start_invite(home, "maryam")
    link = str(waiting.wait_for("invitation")["link"])
    maryam.accept(link, "ali")
    waiting.ended()
    insist_on_words(eve.accept(link, "ali", status=3), "already used")
    maryam.start_answer("--once")
    ali.start_call("maryam", duration=0.3).ended()


def test_who_comes_second_is_refused_and_the_inviter_warned(world: World, home: Home) -> None:
    """A link that leaked while the inviter was away: the first wins, and everybody learns of it."""
    ali, maryam, eve = (world.person(name) for name in ("ali", "maryam", "eve"))
    link = ali.invite(home, "maryam")
    maryam.accept(link, "ali")
    eve.accept(link, "ali")
    back = ali.start_answer("--once")
    back.wait_for("accepted", contact="maryam")
    back.wait_for("refused")
    warned = back.wait_for("notice", notice="link_used_twice", contact="maryam")
    assert "used more than once" in warned["words"]
    assert warned["next"]
    refused = eve.start_call("ali").ended(status=3)
    insist_on_words(refused, "already used")
    maryam.start_call("ali", duration=0.3).ended()
    assert back.last("ringing")["contact"] == "maryam"


def test_two_who_accept_at_the_same_moment(world: World, home: Home) -> None:
    """Exactly one of them becomes the contact, whoever it is."""
    ali, maryam, eve = (world.person(name) for name in ("ali", "maryam", "eve"))
    waiting = ali.start_invite(home, "maryam")
    link = str(waiting.wait_for("invitation")["link"])
    both = [person.start("accept", link, "--name", "ali") for person in (maryam, eve)]
    assert sorted(accepting.wait() for accepting in both) == [0, 3]
    waiting.ended()


def test_who_accepts_while_the_invitation_is_being_burnt(world: World, tmp_path: Path) -> None:
    """An acceptance came into a mailbox that nobody read any more; its sender waited for ever.

    The window is a few milliseconds wide; an inviter who is slow just there holds it open.
    """
    place = "line, contact.inbox)\n            # The welcome first"
    slow = mutated_package(
        tmp_path / "slow",
        "client/inviting.py",
        place,
        place.replace("\n", "\n            await asyncio.sleep(2.0)\n"),
    )
    home = world.home()
    ali = world.person("ali", package=slow)
    maryam, eve = world.person("maryam"), world.person("eve")
    waiting = ali.start_invite(home, "maryam")
    link = str(waiting.wait_for("invitation")["link"])
    first = maryam.start("accept", link, "--name", "ali")
    home.wait_for_envelopes(1)
    second = eve.start("accept", link, "--name", "ali")
    insist_on_words(second.ended(status=3), "already used")
    first.ended()
    waiting.ended()


def test_an_altered_or_shortened_link_is_not_believed(world: World, home: Home) -> None:
    """A messenger that cuts or changes a link must not lead anybody to a stranger."""
    ali, maryam = world.person("ali"), world.person("maryam")
    link = ali.invite(home, "maryam")
    other = "A" if link[-2] != "A" else "B"
    for wrong in (f"{link[:-2]}{other}{link[-1]}", link[:-1]):
        insist_on_words(maryam.accept(wrong, "ali", status=6), "incomplete or was changed")
    maryam.accept(link, "ali")


def test_the_link_of_a_home_is_no_invitation(world: World, home: Home) -> None:
    """The two look alike; the error says which one is meant."""
    maryam = world.person("maryam")
    insist_on_words(maryam.accept(home.link, "ali", status=2), "link of a home")


def test_an_invitation_gets_too_old(world: World) -> None:
    """A link that is found in an old chat a week later opens nothing."""
    home = world.home()
    ali, maryam = world.person("ali"), world.person("maryam")
    link = ali.invite(home, "maryam", "--days", "1")
    home.stop()
    home.env = wrong_clock(world.folder, 2 * DAY)
    home.start()
    insist_on_words(maryam.accept(link, "ali", status=3), "too old")


def test_a_home_that_is_down_is_said_to_be(world: World) -> None:
    """Nobody waits for ever, everybody learns what to do, and all goes on when it is back."""
    home = world.home()
    pair = world.pair(home)
    bahar = world.person("bahar")
    link = pair.ali.invite(home, "bahar")
    home.stop()
    waiting = pair.maryam.start("answer", "--once")
    for trying in (
        bahar.start("accept", link, "--name", "ali"),
        world.person("sima").start("invite", "--home", home.link),
        pair.ali.start_call("maryam"),
    ):
        insist_on_words(trying.ended(30.0, status=5), "cannot be reached")
    waiting.wait_for("error")
    home.start()
    waiting.wait_for("ready", 30.0)
    pair.ali.start_call("maryam", duration=0.3).ended()
    waiting.ended()


def test_names_stay_apart(world: World, home: Home, pair: Pair) -> None:
    """Who has no such contact is told whom there is, before anything is sent."""
    insist_on_words(pair.ali.start_call("nobody").ended(status=2), "no contact", "maryam")


def test_a_home_for_invited_people(world: World) -> None:
    """Its operator invites the first one, who may invite others; strangers are told.

    It refused everybody: an invitation's own mailbox was made without a voucher.
    """
    settings = world.folder / "home.toml"
    settings.write_text("vouchers_only = true\n", encoding="ascii")
    home = world.home("--config", str(settings))
    ali, maryam, sara, stranger = map(world.person, ("ali", "maryam", "sara", "stranger"))
    world.befriend(home, ali, maryam)
    # From now on nobody counts as the one who runs it, though all are on its machine.
    settings.write_text('vouchers_only = true\ntrusted_proxy = "127.0.0.1"\n', encoding="ascii")
    home.restart()
    refused = stranger.run("invite", "--home", home.link, "--name", "nobody", status=3)
    assert "only for people who were invited" in refused.stderr + refused.stdout
    world.befriend(home, maryam, sara)
    waiting = maryam.start_answer("--once")
    calling = sara.start_call("maryam", duration=1)
    assert calling.wait() == 0
    assert waiting.wait() == 0
