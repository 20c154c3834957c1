"""Somebody wants to decide where a person's device goes: old, foreign and made-to-measure lists."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, cast

import pytest

from hamseda.client.api import Client
from hamseda.client.endpoint_lists import ASK_SECONDS
from hamseda.client.events import EndpointsOffered, TlsIntercepted
from hamseda.client.homes import HomeDirectory
from hamseda.client.profile import Profile
from hamseda.wire.codes import BodyKind
from tests.client.memory_home import MemoryHome, MemoryWeb
from tests.client.people import befriend, next_event, person
from tests.fakes import run

if TYPE_CHECKING:
    from hamseda.transport.websocket import Web

pytestmark = pytest.mark.attacks

OWN, FOREIGN = b"o" * 32, b"f" * 32


async def hosts(client: Client, home: MemoryHome) -> list[str]:
    """Give the hosts under which a client knows a home."""
    known = await client._directory.get(home.id)  # pyright: ignore[reportPrivateUsage]
    return [end.host for end in known.endpoints]


async def send_list(sender: Client, signed: bytes, home: MemoryHome) -> None:
    """Send a list to the only contact, whatever an honest client would do."""
    (contact,) = sender.contacts()
    sender._book.seal(contact.id, BodyKind.ENDPOINTS, signed)  # pyright: ignore[reportPrivateUsage]
    sender._post.wake(home.id)  # pyright: ignore[reportPrivateUsage]
    await asyncio.sleep(1.0)


def test_an_old_list_cannot_come_back(tmp_path: Path) -> None:
    """The home gave an address up because it is blocked, or taken over: repeating it wins nothing.

    By a contact, over the line of a home that was set back, and from its web address.
    """

    async def main() -> None:
        home = MemoryHome()
        old, old_document = home.signed, home.document
        home.sign("new.example", home.host)
        async with person(tmp_path / "a", home) as ali, person(tmp_path / "b", home) as bahar:
            await befriend(home, ali, bahar, "ali", "bahar")
            await send_list(bahar, old, home)
            assert await hosts(ali, home) == ["new.example", home.host]
            home.document, home.version = old_document, 9
            await asyncio.sleep(ASK_SECONDS)
            home.break_all()
            await asyncio.sleep(1.0)
            await ali.line_to(home.id)
            await asyncio.sleep(1.0)
            assert await hosts(ali, home) == ["new.example", home.host]
        profile = Profile.open(tmp_path / "a")
        await HomeDirectory(cast("Web", MemoryWeb(home)), profile).learn(home.link)
        profile.close()
        async with person(tmp_path / "a", home) as ali:
            assert await hosts(ali, home) == ["new.example", home.host]

    run(main())


def test_a_list_that_the_home_has_not_signed_is_dropped(tmp_path: Path) -> None:
    """Each byte of a list decides where somebody's device goes."""

    async def main() -> None:
        home = MemoryHome()
        async with person(tmp_path / "a", home) as ali, person(tmp_path / "b", home) as bahar:
            await befriend(home, ali, bahar, "ali", "bahar")
            signed = home.sign("evil.example")
            # The home itself tells the same version later: nothing may be newer than it here.
            for place in range(0, len(signed), 7):
                altered = bytearray(signed)
                altered[place] ^= 1
                ali._lists.took(ali.contacts()[0], bytes(altered))  # pyright: ignore[reportPrivateUsage]
            assert await hosts(ali, home) == [home.host]

    run(main())


def test_a_list_made_for_one_person_is_not_dialled(tmp_path: Path) -> None:
    """The operator of one home has a contact on another home pass on a list made for her alone."""

    async def main() -> None:
        home, spying = MemoryHome(), MemoryHome("spying")
        async with (
            person(tmp_path / "a", home, spying) as ali,
            person(tmp_path / "b", home, spying) as bahar,
        ):
            await befriend(home, ali, bahar, "ali", "bahar")
            await bahar.invite(spying.link)
            await send_list(ali, spying.sign("for-bahar-alone.example"), home)
            await next_event(bahar, EndpointsOffered)
            assert await hosts(bahar, spying) == [spying.host]

    run(main())


def test_who_breaks_tls_does_not_stay_unnoticed(tmp_path: Path) -> None:
    """Who ends TLS learns the door and sees when somebody is there: people must be told."""

    async def main() -> None:
        home = MemoryHome()
        home.certificates, home.served = (FOREIGN,), (OWN,)
        async with person(tmp_path, home) as ali:
            await ali.invite(home.link)
            await next_event(ali, TlsIntercepted, patience=10)

    run(main())
