"""Open clients on a home in memory, and make them contacts."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar, cast

from hamseda.client.api import Client
from hamseda.client.call import Call
from hamseda.client.events import Ended, Event, Missed
from hamseda.client.profile import Profile
from hamseda.transport.audio_source import DeafSink, SilentSource
from tests.client.memory_home import MemoryHome, MemoryWeb

if TYPE_CHECKING:
    from hamseda.transport.websocket import Web

T = TypeVar("T")


@asynccontextmanager
async def person(folder: Path, *homes: MemoryHome) -> AsyncGenerator[Client]:
    """Open a client whose only network is these homes."""
    async with Client.over(cast("Web", MemoryWeb(*homes)), Profile.open(folder)) as client:
        yield client


async def befriend(home: MemoryHome, inviter: Client, accepter: Client, a: str, b: str) -> None:
    """Let `a` invite and `b` accept, under these names."""
    made = await inviter.invite(home.link, name=b)
    await accepter.accept(made.link, name=a)
    await inviter.settled(5.0)


def place_sound(call: Call) -> Call:
    """Give a call a silent microphone and no loudspeaker."""
    call.attach(SilentSource(), DeafSink())
    return call


async def call_and_answer(caller: Client, callee: Client, name: str) -> tuple[Call, Call]:
    """Call, ring, answer."""
    out = await caller.call(name, SilentSource(), DeafSink())
    incoming = place_sound(await callee.incoming())
    incoming.answer()
    return out, incoming


async def all_of(call: Call) -> list[Event]:
    """Take a call's events to its end."""
    return [event async for event in call]


async def until(call: Call, kind: type[Event]) -> list[Event]:
    """Take a call's events until one of this kind, or its end."""
    seen: list[Event] = []
    async for event in call:
        seen.append(event)
        if isinstance(event, kind | Ended):
            break
    return seen


async def both(one: Awaitable[T], other: Awaitable[T]) -> tuple[T, T]:
    """Wait for two things at once."""

    async def wait(what: Awaitable[T]) -> T:
        return await what

    async with asyncio.TaskGroup() as tasks:
        first, second = tasks.create_task(wait(one)), tasks.create_task(wait(other))
    return first.result(), second.result()


def missed_calls(client: Client) -> list[Missed]:
    """Take what the client has to tell, and give the missed calls of it."""
    return [event for event in client.events_so_far() if isinstance(event, Missed)]


async def next_event(client: Client, kind: type[Event], patience: float = 100.0) -> Event:
    """Wait for an event of this kind."""
    async with asyncio.timeout(patience):
        while True:
            event = await client.event()
            if isinstance(event, kind):
                return event
