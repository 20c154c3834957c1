"""A home of a later release is talked to, or told apart in words (spec/growth.md)."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from hamseda.client.events import Connected
from hamseda.errors import NetworkError
from hamseda.wire import cbor
from hamseda.wire.descriptor import SignedDescriptor
from hamseda.wire.line import Hello
from tests.client.memory_home import UNIX_NOW, MemoryHome
from tests.client.people import befriend, call_and_answer, person, until
from tests.fakes import run


def with_key(body: bytes, key: int, value: cbor.Value) -> bytes:
    """Put another key into an encoded map, or another value at one."""
    fields: Any = cbor.decode_untrusted(body)
    return cbor.encode({**fields, key: value})


def test_a_home_of_a_later_release_is_called_through(tmp_path: Path) -> None:
    """A page is kept for months, and its home is upgraded meanwhile: people still talk."""

    async def main() -> None:
        home = MemoryHome()
        home.hello = with_key(Hello(UNIX_NOW, 32, 75, (1, 900)).encode(), 77, "new")
        later: cbor.Value = {0: "later", 1: b"", 9: True}
        signed = SignedDescriptor.parse_untrusted(home.signed)
        fields: Any = cbor.decode_untrusted(signed.body)
        home.say(cbor.encode({**fields, 3: [later, *fields[3]], 6: [1, 2]}))
        async with person(tmp_path / "a", home) as ali, person(tmp_path / "b", home) as bahar:
            await befriend(home, ali, bahar, "ali", "bahar")
            for connection in home.connections:
                assert connection.records is not None
                connection.raw(connection.records.seal(0x3F, b"\xa0"))
            out, incoming = await call_and_answer(ali, bahar, "bahar")
            await until(out, Connected)
            out.hang_up()
            await incoming.ended()
            assert all(connection.is_open for connection in home.connections)

    run(main())


@pytest.mark.parametrize("what", ["hello", "document"])
def test_a_home_that_is_too_new_is_told_as_that(tmp_path: Path, what: str) -> None:
    """To hear "somebody answers in its place" would frighten people away from an upgraded home."""

    async def main() -> None:
        home = MemoryHome()
        if what == "hello":
            home.hello = with_key(home.hello, 0, 2)
        else:
            home.say(with_key(SignedDescriptor.parse_untrusted(home.signed).body, 0, 2))
        async with person(tmp_path, home) as ali:
            with pytest.raises(NetworkError) as caught:
                async with asyncio.timeout(60):
                    await ali.invite(home.link, name="bahar")
            assert caught.value.failure == "newer_release"
            assert "this home is of a newer release" in str(caught.value)
            assert "update" in caught.value.next

    run(main())
