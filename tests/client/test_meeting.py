"""An invitation is opened by any way to its home: the link's own address may be the blocked one."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from hamseda.client.api import Client
from hamseda.errors import NetworkError, RefusedError, TrustError
from hamseda.protocol.contact import Standing
from hamseda.wire.document import format_list
from tests.client.memory_home import MemoryHome
from tests.client.people import befriend, person
from tests.fakes import run

FRONT = "front.example"

Story = Callable[[MemoryHome, Client, Client, str], Awaitable[None]]


def invited(folder: Path, story: Story, *others: MemoryHome, are_friends: bool = False) -> None:
    """Let Ali invite Bahar, and the link's address be blocked before she opens it.

    Ali, who still has his line, is online.
    """

    async def main() -> None:
        home = MemoryHome()
        home.sign(home.host, FRONT)
        async with (
            person(folder / "a", home, *others) as ali,
            person(folder / "b", home, *others) as bahar,
        ):
            if are_friends:
                await befriend(home, ali, bahar, "ali", "bahar")
            made = await ali.invite(home.link, name="bahar again")
            home.silent.add(home.host)
            await story(home, ali, bahar, made.link)

    run(main())


def test_who_knows_the_home_asks_by_its_other_ways(tmp_path: Path) -> None:
    """The line found a way that works: what lies behind a link is behind that one too."""

    async def story(home: MemoryHome, _: Client, bahar: Client, link: str) -> None:
        for line in home.connections:
            line.break_off()
        contact = await bahar.accept(link, name="ali at work")
        assert contact.standing is Standing.CONFIRMED

    invited(tmp_path, story, are_friends=True)


def test_a_list_that_changed_under_an_open_line_names_no_wrong_place(tmp_path: Path) -> None:
    """Each new line brings the newest list, and the open one was dialled by the one before."""

    async def story(home: MemoryHome, _: Client, bahar: Client, link: str) -> None:
        home.break_all()
        await asyncio.sleep(10)
        await bahar.accept(link, name="ali at work")
        newest = format_list(home.sign(FRONT))
        with pytest.raises(RefusedError):
            await bahar.accept(link, name="ali once more", endpoints=newest)

    invited(tmp_path, story, are_friends=True)


def test_a_page_to_log_in_at_is_told_as_one(tmp_path: Path) -> None:
    """A hotel's network answers in the home's place, and nobody forged the link."""

    async def story(home: MemoryHome, _: Client, bahar: Client, link: str) -> None:
        home.silent.clear()
        home.portal = 302
        with pytest.raises(NetworkError, match="log in"):
            await bahar.accept(link, name="ali")

    invited(tmp_path, story)


def test_who_does_not_is_told_what_to_ask_for(tmp_path: Path) -> None:
    """A link names one address; nobody can guess the others."""

    async def story(_: MemoryHome, __: Client, bahar: Client, link: str) -> None:
        with pytest.raises(NetworkError) as caught:
            await bahar.accept(link, name="ali")
        assert "--endpoints LIST" in caught.value.next
        assert bahar.contacts() == []

    invited(tmp_path, story)


def test_a_list_that_came_with_the_link_opens_it(tmp_path: Path) -> None:
    """Two texts of one sender, and a home that was never met is met though it is blocked."""

    async def story(home: MemoryHome, _: Client, bahar: Client, link: str) -> None:
        contact = await bahar.accept(link, name="ali", endpoints=format_list(home.signed))
        assert contact.standing is Standing.CONFIRMED

    invited(tmp_path, story)


def test_the_list_of_another_home_changes_nothing(tmp_path: Path) -> None:
    """Who forges a list learns that somebody asked, and of what they were told nothing."""
    other = MemoryHome("other")

    async def story(home: MemoryHome, _: Client, bahar: Client, link: str) -> None:
        home.silent.clear()
        contact = await bahar.accept(link, name="ali", endpoints=format_list(other.signed))
        assert contact.home_id == home.id

    invited(tmp_path, story, other)


@pytest.mark.parametrize("text", ["hello", "hamseda:endpoints:oGE"])
def test_what_is_no_list_is_said_before_anything_is_asked(tmp_path: Path, text: str) -> None:
    """A person who pasted half of it should not wait for a network first."""

    async def story(_: MemoryHome, __: Client, bahar: Client, link: str) -> None:
        with pytest.raises(TrustError, match="list of endpoints"):
            await bahar.accept(link, name="ali", endpoints=text)

    invited(tmp_path, story)


def test_an_old_description_of_a_new_home_is_not_believed(tmp_path: Path) -> None:
    """Who has a line key that the home gave up could stand in its place for who meets it first."""

    async def story(home: MemoryHome, ali: Client, bahar: Client, _: str) -> None:
        home.silent.clear()
        old = home.document
        renewed = home.sign(home.host, FRONT, renew_key=True)
        made = await ali.invite(home.link, name="bahar once more")
        assert home.signed == renewed
        home.document = old
        with pytest.raises(TrustError, match="as it was once"):
            await bahar.accept(made.link, name="ali")

    invited(tmp_path, story)
