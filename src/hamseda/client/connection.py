"""Be one connection of a line, from its handshake to its end (spec/line.md §1)."""

from __future__ import annotations

import asyncio
import secrets
from dataclasses import dataclass, field

from hamseda.client.dialler import Way
from hamseda.crypto.line import Records, client_start
from hamseda.errors import NetworkError, WireError
from hamseda.protocol.ladder import YOUNG_SECONDS
from hamseda.transport.websocket import WebSocket
from hamseda.wire.line import Hello, Reply
from hamseda.wire.messages import parse_push_untrusted

YOUNG_MUTE_SECONDS = 3.0
"""How long a young line may leave a question without any sign, before it is mute."""


@dataclass(slots=True)
class Connection:
    """Hold what exists only while one connection lives."""

    websocket: WebSocket
    records: Records
    hello: Hello
    way: Way
    began: float
    waiting: dict[int, asyncio.Future[Reply]] = field(
        default_factory=dict[int, "asyncio.Future[Reply]"]
    )
    next_q: int = 1
    asked: asyncio.Event = field(default_factory=asyncio.Event)
    """Set while questions wait for their answers."""
    heard: asyncio.Event = field(default_factory=asyncio.Event)
    """Set for those who wait when something came, and until the next question."""
    is_mute: bool = False
    is_cut: bool = False
    """Given up because nothing passes by another endpoint either: it is none's own fault."""

    queued: int = 0
    """Bytes of records that wait for their turn to be written."""

    def unsent(self) -> int:
        """Count what was written and has not arrived, and what waits to be written."""
        return self.queued + self.websocket.waiting()

    def note_asked(self) -> None:
        """Begin to wait for a sign of life."""
        self.heard.clear()
        self.asked.set()

    def note_heard(self) -> None:
        """Take a sign of life; other questions may still wait for theirs."""
        self.heard.set()
        if self.waiting:
            self.heard.clear()
        else:
            self.asked.clear()

    async def answered(self, answer: asyncio.Task[Reply], patience: float) -> None:
        """Wait for an answer while bytes still go or come, and `patience` seconds without any.

        A narrow path takes its time, and a new line would take more of it. Raises `NetworkError`
        when the connection went mute.
        """
        before = self.websocket.progress()
        try:
            while not (await asyncio.wait((answer,), timeout=patience))[0]:
                after = self.websocket.progress()
                if after is None or after == before:
                    raise self.gone_mute()
                before = after
            await answer
        except TimeoutError:
            raise self.gone_mute() from None
        finally:
            answer.cancel()

    async def watch_young(self) -> None:
        """Give up a young line on which a question is followed by nothing at all.

        Some networks let a connection begin and then freeze it (spec/endpoints.md §3). Bytes that
        the other side acknowledges are a sign of life: a narrow path takes its time.
        """
        clock = asyncio.get_running_loop().time
        while True:
            await self.asked.wait()
            if clock() - self.began >= YOUNG_SECONDS:
                return
            before = self.websocket.progress()
            try:
                async with asyncio.timeout(YOUNG_MUTE_SECONDS):
                    await self.heard.wait()
            except TimeoutError:
                if before is not None and self.websocket.progress() == before:
                    raise self.gone_mute() from None

    def gone_mute(self) -> NetworkError:
        """Break it off because nothing comes any more; give the error that says so."""
        self.is_mute = True
        self.websocket.abort()
        return NetworkError("the line went mute", failure="line_mute")


async def shake_hands(websocket: WebSocket, line_key: bytes, way: Way) -> Connection:
    """Prove the home's key and agree on the connection's own.

    Raises `NetworkError` when nothing comes in time, `WireError` when it is not the home.
    """
    handshake = client_start(line_key, secrets.token_bytes)
    try:
        async with asyncio.timeout(way.rest):
            await websocket.send(handshake.m1)
            answer = await websocket.receive()
    except TimeoutError:
        raise NetworkError("the home connects but does not answer", failure="line_mute") from None
    records, kind, body = handshake.finish_untrusted(answer)
    hello = parse_push_untrusted(kind, body)
    if not isinstance(hello, Hello):
        raise WireError("the home's first record is no hello")
    return Connection(websocket, records, hello, way, asyncio.get_running_loop().time())
