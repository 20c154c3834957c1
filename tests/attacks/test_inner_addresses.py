"""A home's list names the member's own machine, in every spelling; nothing there may be asked."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Generator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit

import pytest

from hamseda.client.api import Client
from hamseda.client.endpoint_lists import judge_text
from hamseda.client.profile import Profile
from hamseda.crypto.home_identity import line_key_hash, sign_descriptor
from hamseda.errors import HamsedaError
from hamseda.transport.names import Address, Names
from hamseda.transport.websocket import Web
from hamseda.wire.codes import BodyKind
from hamseda.wire.descriptor import Descriptor, Endpoint, HomeDocument
from hamseda.wire.document import format_list
from tests.client.memory_home import DOOR, MemoryHome, MemoryWeb
from tests.client.people import befriend

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

pytestmark = pytest.mark.attacks

SPELLINGS = (
    *("127.0.0.1", "127.1", "0x7f.1", "0177.0.0.1", "2130706433", "localhost", "localhost."),
    *("0.0.0.0", "0", "::", "::1", "::ffff:127.0.0.1", "::ffff:7f00:1", "127.0.0.2"),
    "inner.example",
)
"""The last is a name that leads to 127.0.0.1: whoever owns a name says where it leads."""
SECONDS = 4.0
"""So long a line tries: more than one round over all of them."""


class HalfWeb(MemoryWeb):
    """Reach homes in memory, and everything else over this machine's own sockets."""

    def __init__(self, web: Web, *homes: MemoryHome) -> None:
        super().__init__(*homes)
        self._web = web

    def _is_home(self, url: str) -> bool:
        return any(urlsplit(url).hostname == home.host for home in self._homes)

    async def connect(self, url: str, **how: Any) -> Any:
        """Open a line."""
        return await (super() if self._is_home(url) else self._web).connect(url, **how)

    async def get(self, url: str, **how: Any) -> tuple[int, bytes]:
        """Fetch a document."""
        return await (super() if self._is_home(url) else self._web).get(url, **how)


@contextmanager
def ears(seen: list[str]) -> Generator[int]:
    """Listen on this machine, as a printer's page or a database does, and note who comes."""
    with (
        socket.create_server(("127.0.0.1", 0)) as first,
        socket.create_server(("::1", first.getsockname()[1]), family=socket.AF_INET6) as second,
        socket.create_server(("127.0.0.2", first.getsockname()[1])) as third,
    ):
        all_of_them = (first, second, third)

        def listen(ear: socket.socket) -> None:
            with suppress(OSError):
                while True:
                    visit, _ = ear.accept()
                    seen.append(ear.getsockname()[0])
                    visit.close()

        threads = [Thread(target=listen, args=(ear,)) for ear in all_of_them]
        for thread in threads:
            thread.start()
        try:
            yield first.getsockname()[1]
        finally:
            for ear in all_of_them:
                ear.shutdown(socket.SHUT_RDWR)
            for thread in threads:
                thread.join()


def name_inner(home: MemoryHome, port: int, *first: str) -> bytes:
    """Have the home sign a list of this machine's spellings; give it."""
    home.version += 1
    ends = [Endpoint("https", host, 443, "", DOOR, web=True) for host in first]
    ends += [Endpoint("https", host, port, "", DOOR, web=True) for host in SPELLINGS]
    line_key = home.line_pair.public
    made = Descriptor(
        home.identity.public, line_key_hash(line_key), tuple(ends), home.version, 2**32
    )
    home.signed = sign_descriptor(home.identity, made.encode())
    home.document = HomeDocument(home.signed, line_key).encode()
    return home.signed


async def by_import(home: MemoryHome, ali: Client, _: Client, port: int) -> None:
    """Let the person bring the list herself."""
    directory = ali._directory  # pyright: ignore[reportPrivateUsage]
    directory.take_list(judge_text(format_list(name_inner(home, port)), directory))
    named = name_inner(home, port, home.host)
    directory.take_list(judge_text(format_list(named), directory))


async def by_contact(home: MemoryHome, ali: Client, bahar: Client, port: int) -> None:
    """Let a contact pass it on."""
    (contact,) = bahar.contacts()
    named = name_inner(home, port, home.host)
    bahar._book.seal(contact.id, BodyKind.ENDPOINTS, named)  # pyright: ignore[reportPrivateUsage]
    bahar._post.wake(home.id)  # pyright: ignore[reportPrivateUsage]
    await asyncio.sleep(0.5)


async def by_home(home: MemoryHome, ali: Client, _: Client, port: int) -> None:
    """Let the home say so over its line."""
    name_inner(home, port, home.host)
    directory = ali._directory  # pyright: ignore[reportPrivateUsage]
    directory.take_document_untrusted(home.id, home.document)


async def by_invitation(_: MemoryHome, ali: Client, bahar: Client, port: int) -> None:
    """Meet another home by an invitation whose bundle is the list."""
    other = MemoryHome("other")
    for each in (ali, bahar):
        web = cast("HalfWeb", each._directory._web)  # pyright: ignore[reportPrivateUsage]
        web._homes = (*web._homes, other)  # pyright: ignore[reportPrivateUsage]
    name_inner(other, port, other.host)
    made = await bahar.invite(other.link, name="ali too")
    name_inner(other, port)
    with suppress(HamsedaError):
        await ali.accept(made.link, name="bahar too")
    other.is_up = False
    other.break_all()


@pytest.mark.parametrize("way", [by_import, by_contact, by_home, by_invitation])
def test_a_list_leads_no_nearer_than_where_the_home_was_met(
    way: Callable[[MemoryHome, Client, Client, int], Coroutine[Any, Any, None]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The operator would have each member ask local ports.

    When the line comes tells which of them are open.
    """
    seen: list[str] = []
    look_up = Names.look_up

    async def with_inner(self: Names, name: str, family: int) -> Sequence[Address]:
        if name == "inner.example":
            return [Address(socket.AF_INET, "127.0.0.1")]
        return await look_up(self, name, family)

    monkeypatch.setattr(Names, "look_up", with_inner)

    async def main(port: int) -> None:
        home = MemoryHome()
        async with (
            Web() as web,
            Client.over(cast("Web", HalfWeb(web, home)), Profile.open(tmp_path / "ali")) as ali,
            Client.over(cast("Web", HalfWeb(web, home)), Profile.open(tmp_path / "bahar")) as bahar,
        ):
            await befriend(home, ali, bahar, "ali", "bahar")
            await way(home, ali, bahar, port)
            home.is_up = False
            home.break_all()
            with suppress(HamsedaError, TimeoutError):
                async with asyncio.timeout(SECONDS):
                    await ali.line_to(home.id)
            await asyncio.sleep(SECONDS)

    with ears(seen) as port:
        asyncio.run(main(port))
    assert seen == []
