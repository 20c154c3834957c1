"""Be many lines that ask as fast as they can: `python -m tests.attacks.pinger LINK LINES EACH`.

A process of its own, so that what it costs is not taken for what it does to others.
"""

from __future__ import annotations

import asyncio
import contextlib
import sys
from contextlib import AsyncExitStack

from hamseda.wire.line import Ping
from hamseda.wire.messages import encode_message
from tests.attacks.attacker_line import AttackerLine


async def _flood(link: str, lines: int, each: int) -> None:
    async with AsyncExitStack() as stack:
        opened = [await stack.enter_async_context(AttackerLine(link)) for _ in range(lines)]
        sealed = [
            [line.records.seal(*encode_message(Ping(line.q()))) for _ in range(each)]
            for line in opened
        ]
        print("ready", flush=True)
        await asyncio.to_thread(sys.stdin.readline)
        async with asyncio.TaskGroup() as group:
            for line, records in zip(opened, sealed, strict=True):
                group.create_task(_send(line, records))
        print("done", flush=True)


async def _send(line: AttackerLine, records: list[bytes]) -> None:
    with contextlib.suppress(ConnectionError):
        for record in records:
            await line.ws.send_bytes(record)


if __name__ == "__main__":
    asyncio.run(_flood(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
