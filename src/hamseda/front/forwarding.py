"""Copy a line's messages between a client and the home (spec/front.md §4).

Nothing is opened: the first byte of a message says whether it may be dropped when it comes late.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final, Protocol

from hamseda.transport.outbox import Channel, Outbox
from hamseda.wire.line import MEDIA, RECORD

LAST_WORDS: Final = 1.0
"""Seconds that a client has to take what the home said last."""


class Source(Protocol):
    """Be the end of a connection that messages come out of."""

    async def receive(self) -> bytes | None:
        """Wait for the next message; None: it is over."""
        ...


def outbox_to(channel: Channel, now: Callable[[], float]) -> Outbox:
    """Return what holds messages on their way out: media goes stale there, records do not."""
    # Records are sealed already; `room` is waited for, so that there is nothing to overflow.
    return Outbox(channel, lambda _kind, message: message, now, lambda: None)


async def forward(client: Source, to_client: Outbox, home: Source, to_home: Outbox) -> None:
    """Copy both ways until one side ends, and let the client have what the home said last."""
    upward = asyncio.create_task(_copy(client, to_home))
    downward = asyncio.create_task(_copy(home, to_client))
    try:
        await asyncio.wait((upward, downward), return_when=asyncio.FIRST_COMPLETED)
        if downward.done():
            await to_client.drained(LAST_WORDS)
    finally:
        for task in (upward, downward):
            task.cancel()
        await asyncio.wait((upward, downward))
        to_home.close()
        to_client.close()


async def _copy(source: Source, outbox: Outbox) -> None:
    while True:
        message = await source.receive()
        kind = message[0] if message else 0
        if message is None or kind not in (MEDIA, RECORD):
            return
        if kind == MEDIA:
            await outbox.media(message)
        else:
            # While there is no room nothing is read, and the sender's own kernel fills up.
            await outbox.room()
            outbox.push(RECORD, message)
