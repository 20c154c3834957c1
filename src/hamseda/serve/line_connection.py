"""Serve one line: handshake, then records and media until it ends (spec/line.md)."""

import asyncio
import secrets
from typing import Final

from aiohttp import WSMessage, WSMsgType

from hamseda.crypto.line import Records, home_respond_untrusted
from hamseda.errors import HamsedaError, WireError
from hamseda.mailbox.service import Reader
from hamseda.protocol.quota import Pace
from hamseda.serve.channel import Channel, Upgraded
from hamseda.serve.document import document_reply
from hamseda.serve.home import Home, unix_now
from hamseda.serve.visits import CLOSE_PATIENCE
from hamseda.transport.outbox import Outbox
from hamseda.wire.codes import FEATURES, Bye, RecordType
from hamseda.wire.document import GetDocument
from hamseda.wire.line import HANDSHAKE, MEDIA, RECORD, Byes, Hello, Ping, Reply
from hamseda.wire.mailbox import (
    Ack,
    CloseMailbox,
    Create,
    DeleteBundle,
    GetVoucher,
    Put,
    PutBundle,
    Subscribe,
)
from hamseda.wire.messages import Request, UnknownRequest, parse_request_untrusted
from hamseda.wire.relay import GetGrant, Join, Leave, RoomControl
from hamseda.wire.status import Status

REQUESTS_WAITING: Final = 64
"""Requests of one line that may wait; then its client's next bytes wait in its own kernel."""
REQUEST_BYTES: Final = 128 * 1024
"""And their bytes: 64 of the largest would be 4 MiB for each line that reads no answers."""
OVERLAPPING: Final = 32
"""Puts and subscriptions of one line that the store has at once."""
TURN: Final = 8
"""Messages of one line that are taken before others have their turn."""
AT_ONCE: Final = 0.001
"""Seconds within which a message comes that is here already."""
BURST_SECONDS: Final = 30
SUBSCRIBE_COST: Final = 0.25
"""A client asks for all its mailboxes at once."""

Answer = tuple[Status, bytes | None]


class LineConnection:
    """Own one line from its m1 to its end."""

    __slots__ = (
        "_ending", "_home", "_is_held", "_outbox", "_overlapping", "_pace", "_payer", "_reader",
        "_records", "_requests", "_requests_bytes", "_subscribing", "_transport", "_upgraded",
        "_worker", "_ws", "heard",
    )  # fmt: skip

    def __init__(
        self,
        home: Home,
        upgraded: Upgraded,
    ) -> None:
        self._home = home
        self._upgraded = upgraded
        self._ws = upgraded.ws
        self._transport = upgraded.transport
        self._requests: list[Request | UnknownRequest] = []
        self._requests_bytes = 0
        self._worker: asyncio.Task[None] | None = None
        self._overlapping: set[asyncio.Task[None]] = set()
        self._subscribing: set[asyncio.Task[None]] = set()
        self._ending: asyncio.Task[None] | None = None
        rate = home.settings.records_per_second
        self.heard = home.now()
        self._pace = Pace(rate, BURST_SECONDS * rate, self.heard)
        self._payer = upgraded.slot.payer
        self._is_held = False

    async def run(self) -> None:
        """Serve the line until it ends, for whatever reason."""
        home, slot, payer = self._home, self._upgraded.slot, self._payer
        records = await self._shake_hands()
        if records is None:
            home.counts.handshakes_failed += 1
            self._transport.abort()
            return
        self._records = records
        self._outbox = Outbox(Channel(self._upgraded), records.seal, home.now, self._end_slow)
        # From here to the `try` nothing may fail: the payer would keep the place for good.
        has_place = len(home.lines) < home.settings.lines and payer.enter(home.lines_of)
        slot.leave()
        self._upgraded.on_handshake()
        if not has_place:
            home.counts.refused += 1
            await self.end(Bye.TOO_MANY_LINES)
            return
        is_at_home = self._upgraded.is_at_home
        self._reader = Reader(
            home.mailboxes, self._outbox, records.line_id, payer, is_at_home=is_at_home
        )
        home.lines.add(self)
        home.counts.lines += 1
        try:
            await self._receive()
        finally:
            home.lines.discard(self)
            payer.leave(home.lines_of)
            home.relay.close(self._outbox)
            self._reader.close()
            self._outbox.close()
            home.counts.frames_too_old += self._outbox.dropped
            for task in (self._worker, *self._overlapping):
                if task is not None:
                    task.cancel()

    async def _shake_hands(self) -> Records | None:
        """Answer m1; the deadline is the connection's own (serve.app)."""
        home = self._home
        message = await self._ws.receive()
        m1 = message.data
        if message.type != WSMsgType.BINARY or m1[:1] != bytes((HANDSHAKE,)):
            return None
        settings = home.settings
        hello = Hello(unix_now(), settings.window, settings.idle_seconds, FEATURES)
        try:
            m2, records = home_respond_untrusted(
                home.identity.line_pair, m1, RecordType.HELLO, hello.encode(), secrets.token_bytes
            )
            await self._ws.send_bytes(m2)
        except (WireError, ConnectionError):
            return None
        return records

    async def _receive(self) -> None:
        """Take messages until the line ends. Media never waits behind a request."""
        home, outbox, receive = self._home, self._outbox, self._ws.receive
        now, forward = home.now, home.relay.media
        taken = 0
        while True:
            message = await receive() if not self._is_held else await self._rest()
            if message.type is not WSMsgType.BINARY:
                return
            # The loop's clock stands still while it does not come round to others.
            heard = now()
            taken = taken + 1 if heard == self.heard else 0
            self.heard = heard
            if taken >= TURN:
                taken = 0
                await asyncio.sleep(0)
            data = message.data
            kind = data[0] if data else 0
            if kind == MEDIA:
                await forward(outbox, data)
            elif kind == RECORD:
                try:
                    opened = self._records.open_untrusted(data)
                except WireError:
                    self._transport.abort()
                    return
                if not await self._take(*opened):
                    return
            else:
                self._transport.abort()
                return

    async def _take(self, record_type: int, body: bytes) -> bool:
        """Act on one record; False when the line is over."""
        try:
            request = parse_request_untrusted(record_type, body)
        except WireError:
            await self.end(Bye.BAD_REQUEST)
            return False
        wait = self._wait(SUBSCRIBE_COST if isinstance(request, Subscribe) else 1.0)
        if wait:
            await self._pause(wait)
        if isinstance(request, RoomControl):
            self._home.relay.control(self._outbox, request)
            return True
        self._requests.append(request)
        self._requests_bytes += len(body)
        if self._worker is None:
            self._worker = asyncio.get_running_loop().create_task(self._work())
        elif len(self._requests) >= REQUESTS_WAITING or self._requests_bytes >= REQUEST_BYTES:
            await asyncio.shield(self._worker)
        return True

    def _wait(self, cost: float) -> float:
        """Say how many seconds a record waits: its client's next bytes wait in its own kernel."""
        home, now = self._home, self._home.now()
        own = self._pace.wait(now, cost)
        others = self._payer.wait(home.records_of, self, now)
        # Nobody who talks waits for what others ask.
        return max(own, others) if others and not home.relay.is_seated(self._outbox) else own

    async def _pause(self, seconds: float) -> None:
        """Take nothing in for so long, nor decrypt it."""
        # Where it is paused already, it is for want of room, and not ours to resume.
        if self._transport.is_reading():
            self._transport.pause_reading()
            self._is_held = True
        await asyncio.sleep(seconds)

    async def _rest(self) -> WSMessage:
        """Give what came before the line was paused; only then let more come."""
        try:
            return await self._ws.receive(AT_ONCE)
        except TimeoutError:
            self._is_held = False
            if not self._transport.is_closing():
                self._transport.resume_reading()
            return await self._ws.receive()

    async def _work(self) -> None:
        """Answer what waits, in order; only puts and subscriptions overlap, and share commits.

        What needs a subscription finds it done: it may be asked for without waiting.
        """
        try:
            while self._requests:
                await self._outbox.room()
                request = self._requests.pop(0)
                if isinstance(request, Put | Subscribe):
                    await self._begin(request)
                    continue
                if self._subscribing:
                    await asyncio.wait(self._subscribing)
                await self._answer(request)
        finally:
            self._worker = None
            self._requests_bytes = 0

    async def _begin(self, request: Put | Subscribe) -> None:
        while len(self._overlapping) >= OVERLAPPING:
            await asyncio.wait(self._overlapping, return_when=asyncio.FIRST_COMPLETED)
        task = asyncio.get_running_loop().create_task(self._answer(request))
        self._overlapping.add(task)
        task.add_done_callback(self._overlapping.discard)
        if isinstance(request, Subscribe):
            self._subscribing.add(task)
            task.add_done_callback(self._subscribing.discard)

    async def _answer(self, request: Request | UnknownRequest) -> None:
        if isinstance(request, RoomControl):
            return
        try:
            status, data = await self._decide(request)
        except HamsedaError:
            # The store is overloaded or its disk is full: the client tries again later.
            status, data = Status.UNAVAILABLE, None
        self._outbox.push(RecordType.REPLY, Reply(request.q, status, data).encode())
        if isinstance(request, Subscribe) and status == Status.OK:
            self._reader.wake(request.mailbox)

    async def _decide(  # noqa: C901, PLR0911, PLR0912 -- a table
        self, request: Request | UnknownRequest
    ) -> Answer:
        reader = self._reader
        match request:
            case Ping():
                return Status.OK, None
            case GetDocument():
                return Status.OK, document_reply(self._home, request)
            case Put():
                return await reader.put(request)
            case Ack():
                return await reader.ack(request)
            case Subscribe():
                return await reader.subscribe(request)
            case Create():
                return await reader.create(request)
            case CloseMailbox():
                return await reader.close_mailbox(request)
            case PutBundle():
                return await reader.put_bundle(request)
            case DeleteBundle():
                return await reader.delete_bundle(request)
            case GetVoucher():
                return reader.voucher(request)
            case GetGrant():
                status = reader.may_have_grant(request.mailbox)
                return status, self._home.relay.grant(request) if status == Status.OK else None
            case Join():
                if not self._reader.may_join():
                    return Status.QUOTA, None
                return self._home.relay.join(self._outbox, request)
            case Leave():
                self._home.relay.leave(self._outbox, request.handle)
                return Status.OK, None
            case RoomControl() | UnknownRequest():
                return Status.BAD_REQUEST, None

    # Ends

    async def end(self, reason: Bye) -> None:
        """Say why, and close; a peer that does not answer is cut off."""
        await self._outbox.finish(RecordType.BYE, Byes(reason).encode())
        try:
            async with asyncio.timeout(CLOSE_PATIENCE):
                await self._ws.close()
        except TimeoutError:
            pass
        finally:
            self._transport.abort()

    def end_idle(self) -> None:
        """Close a line that was silent too long."""
        self._end_later(Bye.IDLE)

    def _end_slow(self) -> None:
        self._end_later(Bye.TOO_SLOW)

    def _end_later(self, reason: Bye) -> None:
        if self._ending is None:
            self._ending = asyncio.get_running_loop().create_task(self.end(reason))
