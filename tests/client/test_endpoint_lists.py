"""Newer ways to a home, by whatever way they come: its line, a contact, a text."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import cast

import pytest

from hamseda.client.api import Client
from hamseda.client.endpoint_lists import ASK_SECONDS
from hamseda.client.events import EndpointsOffered, Event, TlsIntercepted
from hamseda.client.homes import HomeDirectory, Use
from hamseda.client.profile import Profile
from hamseda.errors import WireError
from hamseda.transport.websocket import Web
from hamseda.wire.codes import BodyKind
from hamseda.wire.document import GetDocument, parse_list_untrusted
from tests.client.memory_home import MemoryHome, MemoryWeb
from tests.client.people import befriend, next_event, person
from tests.fakes import run

OWN, FOREIGN = b"o" * 32, b"f" * 32
HOSTS = ("home.example", "front.example")


async def hosts(client: Client, home: MemoryHome) -> list[str]:
    """Give the hosts under which a client knows a home."""
    known = await client._directory.get(home.id)  # pyright: ignore[reportPrivateUsage]
    return [end.host for end in known.endpoints]


def asked(home: MemoryHome) -> list[int]:
    """Give the versions that clients had when they asked."""
    return [request.version for request in home.requests if isinstance(request, GetDocument)]


def told(client: Client) -> list[Event]:
    """Take what the client told of lists and certificates."""
    kinds = EndpointsOffered | TlsIntercepted
    return [event for event in client.events_so_far() if isinstance(event, kinds)]


def alone(folder: Path, story: Callable[[MemoryHome, Client], Awaitable[None]]) -> MemoryHome:
    """Let one person who has invited somebody live through a story."""
    home = MemoryHome()

    async def main() -> None:
        async with person(folder, home) as ali:
            await ali.invite(home.link)
            await asyncio.sleep(1.0)
            await story(home, ali)

    run(main())
    return home


async def reopen(home: MemoryHome, client: Client) -> None:
    """Break the line and wait until there is another one, and it has said what it must."""
    home.break_all()
    await asyncio.sleep(0.01)
    await client.line_to(home.id)
    await asyncio.sleep(1.0)


def test_a_home_tells_its_newest_endpoints_over_the_line(tmp_path: Path) -> None:
    """A front that was added yesterday must be known before the home is blocked tomorrow."""

    async def story(home: MemoryHome, ali: Client) -> None:
        home.sign(*HOSTS)
        await asyncio.sleep(ASK_SECONDS)
        await reopen(home, ali)
        assert await hosts(ali, home) == list(HOSTS)

    assert asked(alone(tmp_path, story)) == [1, 1]


def test_a_home_is_not_asked_at_each_line(tmp_path: Path) -> None:
    """On a bad network lines open all the time, and each question is a pattern and a cost."""

    async def story(home: MemoryHome, ali: Client) -> None:
        for _ in range(3):
            await reopen(home, ali)

    assert asked(alone(tmp_path, story)) == [1]


def test_what_another_signed_is_not_taken_over_a_line(tmp_path: Path) -> None:
    """Only the home's own identity may say where it lives."""

    async def story(home: MemoryHome, ali: Client) -> None:
        home.version, home.document = 9, MemoryHome("other").document
        await asyncio.sleep(ASK_SECONDS)
        await reopen(home, ali)
        assert await hosts(ali, home) == ["home.example"]

    assert len(asked(alone(tmp_path, story))) == 2


@contextmanager
def directory(folder: Path, home: MemoryHome) -> Generator[HomeDirectory]:
    """Give the homes of a profile that met this one."""
    profile = Profile.open(folder)
    known = HomeDirectory(cast("Web", MemoryWeb(home)), profile)
    run(known.learn(home.link))
    yield known
    profile.close()


def test_an_old_list_never_replaces_a_newer_one(tmp_path: Path) -> None:
    """Whoever repeats yesterday's list would bring back what the home has given up."""
    home = MemoryHome()
    old = home.signed
    newer = home.sign(*HOSTS)
    with directory(tmp_path, home) as homes:
        for signed in (old, newer):
            judged = homes.judge_list_untrusted(signed)
            assert judged.use is Use.NOT_NEWER
            homes.take_list(judged)
        assert len(run(homes.get(home.id)).endpoints) == 2


def test_a_list_of_another_home_or_of_nobody_is_told_apart(tmp_path: Path) -> None:
    """A person who imports a wrong text must hear which kind of wrong it is."""
    home = MemoryHome()
    with directory(tmp_path, home) as homes:
        assert homes.judge_list_untrusted(MemoryHome("other").signed).use is Use.STRANGE
        altered = bytearray(home.sign(*HOSTS))
        altered[-1] ^= 1
        with pytest.raises(WireError):
            homes.judge_list_untrusted(bytes(altered))


def test_a_list_with_a_new_line_key_leads_to_the_document(tmp_path: Path) -> None:
    """A home that was moved has other endpoints and another key at once; the list has no key."""

    async def main() -> None:
        home = MemoryHome()
        async with person(tmp_path / "a", home) as ali, person(tmp_path / "b", home) as bahar:
            await befriend(home, ali, bahar, "ali", "bahar")
            known = ali._directory  # pyright: ignore[reportPrivateUsage]
            before = await known.get(home.id)
            newer = known.judge_list_untrusted(home.sign(*HOSTS, renew_key=True))
            known.take_list(newer)
            between = await known.get(home.id)
            assert (between.version, between.document_version) == (2, 1)
            assert between.line_key == before.line_key
            assert len(between.endpoints) == 2
            home.break_all()
            await asyncio.sleep(1.0)
            await ali.line_to(home.id)
            after = await known.get(home.id)
            assert (after.version, after.document_version) == (2, 2)
            assert after.line_key != before.line_key

    run(main())


def test_a_contact_passes_on_the_list_of_the_common_home(tmp_path: Path) -> None:
    """Who is outside can tell who is inside where the home is to be found now."""

    async def main() -> None:
        home = MemoryHome()
        async with person(tmp_path / "a", home) as ali, person(tmp_path / "b", home) as bahar:
            await befriend(home, ali, bahar, "ali", "bahar")
            known = ali._directory  # pyright: ignore[reportPrivateUsage]
            known.take_list(known.judge_list_untrusted(home.sign(*HOSTS)))
            await ali.pass_on_endpoints("bahar")
            await asyncio.sleep(1.0)
            assert await hosts(bahar, home) == list(HOSTS)
            assert told(bahar) == []

    run(main())


def test_the_list_of_another_home_waits_for_a_yes(tmp_path: Path) -> None:
    """An endpoint made for one person would tell that home who she is on this one."""

    async def main() -> None:
        home, other = MemoryHome(), MemoryHome("other")
        async with (
            person(tmp_path / "a", home, other) as ali,
            person(tmp_path / "b", home, other) as bahar,
        ):
            await befriend(home, ali, bahar, "ali", "bahar")
            for client in (ali, bahar):
                await client.invite(other.link)
            newer = other.sign("other.example", "trap.example")
            known = ali._directory  # pyright: ignore[reportPrivateUsage]
            known.take_list(known.judge_list_untrusted(newer))
            await ali.pass_on_endpoints("bahar", other.id)
            offered = await next_event(bahar, EndpointsOffered)
            assert isinstance(offered, EndpointsOffered)
            assert (offered.contact, offered.home) == ("ali", "https://other.example:443")
            assert parse_list_untrusted(offered.text) == newer
            assert await hosts(bahar, other) == ["other.example"]

    run(main())


@pytest.mark.parametrize("body", [b"", b"noise", b"\xa0", MemoryHome("stranger").signed])
def test_what_is_no_list_changes_nothing(tmp_path: Path, body: bytes) -> None:
    """A contact may send anything; the next call must work all the same."""

    async def main() -> None:
        home = MemoryHome()
        async with person(tmp_path / "a", home) as ali, person(tmp_path / "b", home) as bahar:
            await befriend(home, ali, bahar, "ali", "bahar")
            (contact,) = ali.contacts()
            ali._book.seal(contact.id, BodyKind.ENDPOINTS, body)  # pyright: ignore[reportPrivateUsage]
            ali._post.wake(home.id)  # pyright: ignore[reportPrivateUsage]
            await asyncio.sleep(1.0)
            assert await hosts(bahar, home) == ["home.example"]
            await bahar.pass_on_endpoints("ali")
            assert told(bahar) == []

    run(main())


def test_somebody_who_breaks_tls_is_noticed_once(tmp_path: Path) -> None:
    """The call is safe all the same; that somebody reads the paths is worth a word, not a siren."""

    async def main() -> None:
        home = MemoryHome()
        home.certificates = (FOREIGN,)
        home.served = (OWN,)
        async with person(tmp_path, home) as ali:
            await ali.invite(home.link)
            event = await next_event(ali, TlsIntercepted)
            assert isinstance(event, TlsIntercepted)
            assert event.home == "https://home.example:443"
            await reopen(home, ali)
            assert told(ali) == []

    run(main())


def test_a_renewed_certificate_is_no_interception(tmp_path: Path) -> None:
    """A false alarm in each home once in three months would teach people to ignore it."""

    async def story(home: MemoryHome, ali: Client) -> None:
        home.certificates = (OWN,)
        await asyncio.sleep(ASK_SECONDS)
        await reopen(home, ali)
        home.certificates = (FOREIGN, OWN)
        await reopen(home, ali)
        assert told(ali) == []

    home = alone(tmp_path, story)
    assert len(asked(home)) == 3


def test_the_certificate_of_a_front_is_no_interception(tmp_path: Path) -> None:
    """A volunteer's machine has a certificate of its own, as the home knows."""

    async def story(home: MemoryHome, ali: Client) -> None:
        home.certificates, home.served = (FOREIGN,), (OWN,)
        home.door = "the-homes-own-door"
        await asyncio.sleep(ASK_SECONDS)
        await reopen(home, ali)
        assert told(ali) == []

    assert len(asked(alone(tmp_path, story))) == 2
