"""Each notice of the closed list happens, reaches the application, and is told in words."""

from __future__ import annotations

import dataclasses
import json
import secrets
import shutil
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from hamseda.cli.output import Output
from hamseda.client.api import Client
from hamseda.client.events import Accepted, Notice
from hamseda.client.notices import Security, notice
from hamseda.crypto.envelope import seal_envelope
from hamseda.transport.audio_source import DeafSink, SilentSource
from hamseda.wire.mailbox import MailboxAddress
from tests.attacks.thief import change_contact, copied, without_identity
from tests.client.memory_home import MemoryHome
from tests.client.people import befriend, next_event, person
from tests.fakes import run

DOCUMENT = Path(__file__).parents[2] / "docs" / "reference" / "events.md"


async def friends(folder: Path, home: MemoryHome) -> None:
    """Leave two profiles behind that are contacts: Ali in `a`, Bahar in `b`."""
    async with person(folder / "a", home) as ali, person(folder / "b", home) as bahar:
        await befriend(home, ali, bahar, "ali", "bahar")


async def replaced(folder: Path, home: MemoryHome) -> Notice:
    """Bring a copy of Bahar's profile online while she is."""
    await friends(folder, home)
    copied(folder / "b", folder / "copy")
    async with person(folder / "b", home) as bahar:
        await bahar.settled(5.0)
        async with person(folder / "copy", home) as copy:
            await copy.settled(5.0)
            return await told(bahar)


async def link_used_twice(folder: Path, home: MemoryHome) -> Notice:
    """Let two people accept one link while the inviter is away."""
    async with person(folder / "a", home) as ali:
        made = await ali.invite(home.link, name="ali")
    async with person(folder / "e", home) as eve, person(folder / "b", home) as bahar:
        await eve.accept(made.link, name="ali", patience=0.1)
        await bahar.accept(made.link, name="ali", patience=0.1)
        async with person(folder / "a", home) as ali:
            return await told(ali)


async def offer_unsigned(folder: Path, home: MemoryHome) -> Notice:
    """Call Bahar with Ali's ratchet, without Ali's identity key."""
    await friends(folder, home)
    copied(folder / "a", folder / "thief")
    change_contact(folder / "thief", without_identity)
    async with person(folder / "b", home) as bahar, person(folder / "thief", home) as thief:
        await thief.call("bahar", SilentSource(), DeafSink())
        return await told(bahar)


async def envelope_altered(folder: Path, home: MemoryHome) -> Notice:
    """Put noise into Bahar's mailbox."""
    await friends(folder, home)
    async with person(folder / "b", home) as bahar:
        altered = bytearray(an_envelope(bahar))
        altered[-1] ^= 1
        home.drop_in(mailbox_of(bahar).mailbox, bytes(altered))
        return await told(bahar)


async def key_changed(folder: Path, home: MemoryHome) -> Notice:
    """Let Bahar verify Ali, and accept an invitation under that name again."""
    await friends(folder, home)
    shutil.rmtree(folder / "a")
    async with person(folder / "b", home) as bahar, person(folder / "a", home) as other:
        bahar.verify("ali")
        await befriend(home, other, bahar, "ali", "bahar")
        found = await told(bahar)
        assert bahar.contacts()[0].changed
        assert not bahar.contacts()[0].verified
        bahar.verify("ali")
        assert not bahar.contacts()[0].changed
        return found


async def out_of_step(folder: Path, home: MemoryHome) -> Notice:
    """Put a message into Bahar's mailbox that only her older keys could have opened."""
    await friends(folder, home)
    async with person(folder / "b", home) as bahar:
        home.drop_in(mailbox_of(bahar).mailbox, an_envelope(bahar))
        return await told(bahar)


def mailbox_of(client: Client) -> MailboxAddress:
    """Give the mailbox of the only contact."""
    (contact,) = client.contacts()
    return contact.inbox.address


def an_envelope(client: Client) -> bytes:
    """Seal noise for a client's mailbox, as somebody does who knows its address alone."""
    to = mailbox_of(client)
    return seal_envelope(to.outer, to.mailbox, secrets.token_bytes(1200), secrets.token_bytes(32))


async def told(client: Client) -> Notice:
    """Wait for the next notice."""
    event = await next_event(client, Notice)
    assert isinstance(event, Notice)
    return event


HAPPENS: dict[Security, Callable[[Path, MemoryHome], Awaitable[Notice]]] = {
    Security.REPLACED: replaced,
    Security.LINK_USED_TWICE: link_used_twice,
    Security.OFFER_UNSIGNED: offer_unsigned,
    Security.ENVELOPE_ALTERED: envelope_altered,
    Security.KEY_CHANGED: key_changed,
    Security.OUT_OF_STEP: out_of_step,
}


@pytest.mark.parametrize("name", Security)
def test_each_notice_reaches_the_person(
    name: Security, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A warning that only one client gives, or none, is what an attacker needs."""

    async def main() -> None:
        event = await HAPPENS[name](tmp_path, MemoryHome())
        assert event == notice(name, "ali")
        Output(as_json=False).event(event)
        Output(as_json=True).event(event)

    run(main())
    *lines, last = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("WARNING: ")
    assert "ali" in lines[0].lower()
    assert lines[1].startswith("  next: ")
    seen = json.loads(last)
    assert (seen["event"], seen["notice"], seen["contact"]) == ("notice", name.value, "ali")
    assert seen["words"]
    assert seen["next"]


def test_the_list_of_the_document_is_the_list_of_the_program() -> None:
    """The page is held to the same list by its own test."""
    page = DOCUMENT.read_text(encoding="utf-8")
    section = page.split("## Security notices")[1].split("\n## ")[0]
    named = [line.split("`")[1] for line in section.splitlines() if line.startswith("| `")]
    assert named == [name.value for name in Security]


def test_an_unverified_name_that_is_invited_again_is_nothing_to_warn_of(tmp_path: Path) -> None:
    """Who is warned of everything reads nothing."""

    async def main() -> None:
        home = MemoryHome()
        await friends(tmp_path, home)
        async with person(tmp_path / "b", home) as bahar, person(tmp_path / "a", home) as ali:
            await befriend(home, ali, bahar, "ali", "bahar")
            events = bahar.events_so_far()
            assert any(isinstance(event, Accepted) for event in events)
            assert not any(isinstance(event, Notice) for event in events)

    run(main())


def test_words_name_the_contact_and_nothing_else_of_it() -> None:
    """The event goes to logs of scripts."""
    assert {each.name for each in dataclasses.fields(Notice)} == {
        "notice",
        "contact",
        "words",
        "next",
    }
