"""Keep one line to a home open, ask it things, and hand on what it pushes.

The keeper reconnects by itself, one attempt at a time over all lines to a home, and calls
`line_opened` after each handshake so that subscriptions and rooms are taken again. A request that
was under way when the line broke fails with `NetworkError`; whoever asked decides whether to ask
again.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from dataclasses import replace
from typing import Protocol

from hamseda.client.connection import Connection, shake_hands
from hamseda.client.dialler import Dialler
from hamseda.client.homes import HomeDirectory
from hamseda.client.media_out import MediaOut
from hamseda.client.networks import Networks
from hamseda.client.replies import BYE_WORDS, too_new
from hamseda.errors import NetworkError, NewerReleaseError, TrustError, WireError
from hamseda.protocol.ladder import Urgency
from hamseda.transport.websocket import Web
from hamseda.wire.descriptor import Endpoint
from hamseda.wire.line import MEDIA, Byes, Ping, Reply
from hamseda.wire.media import MediaMessage, parse_media_untrusted
from hamseda.wire.messages import Push, Request, encode_message, parse_push_untrusted

log = logging.getLogger(__name__)

_AGAIN_SECONDS = 0.1
REPLY_SECONDS = 10.0
SLOWEST_BYTES = 1000
"""Bytes a second that a line writes at least: a reply is waited for so much longer."""
URGENT_REPLY_SECONDS = 1.5
ALIVE_REPLY_SECONDS = 6.0
"""How long a line may owe an answer while bytes still go or come on it."""
REFRESH_SECONDS = 5.0
"""How long a home is asked for its newest document before its line is tried again."""
STRANDED_LOOK_SECONDS = 5.0
"""How often a line that waits for calls looks whether this machine has left its network."""


class LineListener(Protocol):
    """Take what a line brings. Calls come from the line's own task and must not block."""

    async def line_opened(self, line: HomeLine) -> None:
        """Subscribe and join again: a new line knows nothing of the old one."""
        ...

    def line_lost(self, line: HomeLine) -> None:
        """Learn that the line broke; it is already being opened again."""
        ...

    def pushed(self, line: HomeLine, push: Push) -> None:
        """Take one record that answers no request."""
        ...

    def media(self, line: HomeLine, message: MediaMessage) -> None:
        """Take sealed frames of a room."""
        ...


class HomeLine:
    """Be the line to one home, over however many connections."""

    def __init__(
        self,
        web: Web,
        directory: HomeDirectory,
        home_id: str,
        listener: LineListener,
        *,
        networks: Networks | None = None,
        dialler: Dialler | None = None,
    ) -> None:
        self.home_id = home_id
        self.urgent = False
        """In a call: reconnect at short intervals, and judge the line dead sooner."""
        self.clock_offset = 0
        """Seconds to add to this machine's clock to get the home's."""
        self.failure: NetworkError | None = None
        """Why the last attempt failed, while the line is down."""
        self.media_out = MediaOut()
        self._web = web
        self._directory = directory
        self._listener = listener
        self._open: Connection | None = None
        self.openings = 0
        """How often a connection was opened so far."""
        self._opened = asyncio.Event()
        self._sending = asyncio.Lock()
        self._waiting = 0
        self._hurry = asyncio.Event()
        self._dialler = dialler or Dialler(web, home_id, networks)

    def beside(self, listener: LineListener) -> HomeLine:
        """Make a second line to the same home, never connected at the instant of this one."""
        return HomeLine(self._web, self._directory, self.home_id, listener, dialler=self._dialler)

    @property
    def is_open(self) -> bool:
        """Tell whether requests can be sent now."""
        return self._open is not None

    @property
    def line_id(self) -> bytes:
        """Give the id of the present connection's keys; `NetworkError` when there is none."""
        return self._need_open().records.line_id

    @property
    def endpoint(self) -> int:
        """Give the index of the endpoint that the present connection goes by; 0 without one."""
        return 0 if self._open is None else self._open.way.endpoint

    @property
    def end(self) -> Endpoint | None:
        """Give the endpoint that the present connection goes by; None without one."""
        return None if self._open is None else self._open.way.end

    @property
    def seen(self) -> tuple[Endpoint, bytes] | None:
        """Give the endpoint of the present connection and the hash of its certificate."""
        live = self._open
        certificate = None if live is None else live.websocket.certificate_hash
        return None if live is None or certificate is None else (live.way.end, certificate)

    @property
    def has_better_way(self) -> bool:
        """Tell whether a new connection would leave from another address of this machine."""
        return self._open is not None and self._open.websocket.has_better_way()

    def drop_if_stranded(self) -> None:
        """Give the connection up at once if this machine lost the address that it began with."""
        if self._open is not None and self._open.websocket.is_stranded():
            self.drop()

    def drop(self, *, is_cut: bool = False) -> None:
        """Give the present connection up; another one is opened at once.

        `is_cut`: the network is cut, so it goes elsewhere, and no endpoint is blamed.
        """
        if self._open is not None:
            self._open.is_cut = is_cut
            self._open.websocket.abort()

    def progress(self) -> int | None:
        """Count the bytes that came and that were acknowledged; None: no line, or not told."""
        return None if self._open is None else self._open.websocket.progress()

    @property
    def _urgency(self) -> Urgency:
        if self.urgent:
            return Urgency.CALL
        return Urgency.SOMEBODY if self._waiting else Urgency.NOBODY

    async def wait_open(self, patience: float) -> None:
        """Wait until the line is open; raise why it is not after `patience` seconds."""
        self.hurry()
        self._waiting += 1
        try:
            async with asyncio.timeout(patience):
                await self._opened.wait()
        except TimeoutError:
            raise self.explain() from None
        finally:
            self._waiting -= 1

    def explain(self) -> NetworkError:
        """Say in words why the line is down, by what all attempts showed."""
        return self._dialler.explain(self.failure)

    def hurry(self) -> None:
        """Try to connect now instead of at the end of the present pause."""
        self._hurry.set()

    async def run(self) -> None:
        """Keep the line open until cancelled."""
        while True:
            # In a task of its own: until Python 3.13 a task group that fails in the moment when
            # it is cancelled forgets that it was, and this loop would never end.
            living = asyncio.create_task(self._live())
            try:
                await asyncio.wait((living,))
            except asyncio.CancelledError:
                living.cancel()
                await asyncio.wait((living,))
                _ = living.cancelled() or living.exception()
                raise
            try:
                living.result()
            except NetworkError as error:
                self.failure = error
                log.info("line down: %s", error.failure)
            except NewerReleaseError as error:
                self.failure = too_new(error)
                log.warning("line down: the home speaks a later version")
            except (WireError, TrustError):
                self.failure = NetworkError(
                    "the home does not have the key that belongs to this link",
                    failure="line_wrong_key",
                    next="ask for a new link, by another way than last time",
                )
                log.warning("line down: a message of the home did not authenticate")
            await self._pause()

    async def _pause(self) -> None:
        self._hurry.clear()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._dialler.pause(self._urgency)):
                await self._hurry.wait()

    async def _live(self) -> None:
        live = await self._open_line()
        is_broken = True
        try:
            self._open = live
            self.openings += 1
            self.clock_offset = self._directory.clock_offset(live.hello.now)
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._receive_all(live))
                tasks.create_task(self._stay_alive(live))
                tasks.create_task(live.watch_young())
                tasks.create_task(self.media_out.run(live.websocket))
                tasks.create_task(self._announce(live))
        except asyncio.CancelledError:
            is_broken = False
            raise
        except ExceptionGroup as group:
            # A line that breaks may fail in several tasks at once: the first says why.
            failures = group.subgroup((NetworkError, WireError))
            if failures is None or len(failures.exceptions) < len(group.exceptions):
                raise
            raise failures.exceptions[0] from None
        finally:
            self._open = None
            self._opened.clear()
            self._dialler.ended(live.way, is_mute=live.is_mute, is_cut=live.is_cut)
            for future in live.waiting.values():
                if not future.done():
                    future.set_exception(NetworkError("the line broke", failure="eof_error"))
            self._listener.line_lost(self)
            if is_broken:
                # Whoever does not answer is not asked for a good end: the next attempt waits.
                live.websocket.abort()
            await live.websocket.close()

    async def _open_line(self) -> Connection:
        known = await self._directory.get(self.home_id)
        answered: Endpoint | None = None
        try:
            async with self._dialler.attempt(known.endpoints, self._urgency) as way:
                url = known.line_urls[way.endpoint]
                websocket = await self._dialler.connect(way, url, known.met)
                answered = way.end
                try:
                    return await shake_hands(websocket, known.line_key, way)
                except BaseException:
                    websocket.abort()
                    raise
        except (WireError, NetworkError) as error:
            if isinstance(error, WireError) or error.failure == "eof_error":
                # The home may have renewed its line key, and closes on what the old one sealed:
                # its identity signs the new one.
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(REFRESH_SECONDS):
                        await self._directory.refresh(self.home_id, answered)
            raise

    async def _announce(self, live: Connection) -> None:
        await self._listener.line_opened(self)
        if self._open is live:
            # Only now: a home that hangs up on each new line is not asked ten times a second.
            self._dialler.opened(live.way)
            self.failure = None
            self._opened.set()

    async def _receive_all(self, live: Connection) -> None:
        while True:
            message = await live.websocket.receive()
            if message[:1] == bytes([MEDIA]):
                self._take_media(message)
            else:
                self._take_record(live, message)
            live.note_heard()

    def _take_record(self, live: Connection, message: bytes) -> None:
        kind, body = live.records.open_untrusted(message)
        push = parse_push_untrusted(kind, body)
        if isinstance(push, Reply):
            future = live.waiting.pop(push.q, None)
            if future is not None and not future.done():
                future.set_result(push)
        elif isinstance(push, Byes):
            raise NetworkError(
                f"the home closed the line: {BYE_WORDS[push.reason]}", failure="eof_error"
            )
        elif push is not None:
            self._listener.pushed(self, push)

    def _take_media(self, message: bytes) -> None:
        try:
            media = parse_media_untrusted(message)
        except WireError:
            # The home forwards media unread: a contact's nonsense must not break this line.
            return
        self._listener.media(self, media)

    async def _stay_alive(self, live: Connection) -> None:
        """Ask from time to time whether the line lives; without its address it does not."""
        clock = asyncio.get_running_loop().time
        every = live.hello.idle / 3
        asked = clock()
        while True:
            await asyncio.sleep(min(every, STRANDED_LOOK_SECONDS))
            self.drop_if_stranded()
            if clock() - asked >= every:
                asked = clock()
                await self._ping(REPLY_SECONDS)

    async def probe(self, patience: float = URGENT_REPLY_SECONDS) -> None:
        """Ask whether the line still works; a line that stays mute is given up at once."""
        with contextlib.suppress(NetworkError):
            await self._ping(patience)

    async def _ping(self, patience: float) -> None:
        live = self._need_open()
        patient = max(patience, ALIVE_REPLY_SECONDS)
        await live.answered(asyncio.create_task(self._ask(live, Ping(q=0), patient)), patience)

    async def request(self, request: Request) -> Reply:
        """Ask the home and return its reply; its `q` is filled in here.

        Raises `NetworkError` when the line is down, breaks, or nothing comes in time.
        """
        try:
            return await self._ask(self._need_open(), request, REPLY_SECONDS)
        except TimeoutError:
            raise NetworkError(
                "the home does not answer", failure="generic_timeout_error"
            ) from None

    async def request_surely(self, request: Request, patience: float) -> Reply:
        """Ask what may be asked twice: again on the next line, while there is time.

        A line may open and freeze under the first question (spec/endpoints.md §3).
        """
        clock = asyncio.get_running_loop().time
        until = clock() + patience
        while True:
            try:
                return await self.request(request)
            except NetworkError:
                if clock() >= until:
                    raise
                # A line that was just given up still counts as open for a moment.
                await asyncio.sleep(_AGAIN_SECONDS)
                await self.wait_open(until - clock())

    async def _ask(self, live: Connection, request: Request, patience: float) -> Reply:
        q, live.next_q = live.next_q, live.next_q + 1
        future: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        live.waiting[q] = future
        kind, body = encode_message(replace(request, q=q))
        ahead = live.unsent() + len(body)
        try:
            async with asyncio.timeout(patience + ahead / SLOWEST_BYTES):
                live.note_asked()
                await self._send_record(live, kind, body)
                return await future
        finally:
            live.waiting.pop(q, None)

    async def tell(self, message: Request) -> None:
        """Send a record that has no reply."""
        await self._send_record(self._need_open(), *encode_message(message))

    async def _send_record(self, live: Connection, kind: int, body: bytes) -> None:
        live.queued += len(body)
        try:
            # Counters are implicit: sealing and sending must keep one order.
            async with self._sending:
                await live.websocket.send(live.records.seal(kind, body))
        finally:
            live.queued -= len(body)

    def send_media(self, handle: int, packets: tuple[bytes, ...]) -> None:
        """Queue one message of sealed packets; it is dropped when it cannot leave in 250 ms.

        Without a connection it is gone, and counts as nothing: a line that broke is not narrow.
        """
        if self._open is not None:
            self.media_out.put(MediaMessage(handle, packets).encode())

    def _need_open(self) -> Connection:
        if self._open is None:
            raise self.failure or NetworkError("the line is down", failure="eof_error")
        return self._open
