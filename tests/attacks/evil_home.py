"""Be the strongest adversary of the threat model: a home whose operator is the attacker.

It is our own home, composed as `hamseda serve` composes it, with a hand between the lines: what
passes can be kept, altered, dropped, sent again and sent at another time. Clients reach it over
real sockets, and it proves to be the home that their links name, for it is that home.
"""

# An attacker does not stop at an underscore.
# pyright: reportPrivateUsage=false

from __future__ import annotations

import asyncio
import contextlib
import io
import threading
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from aiohttp import web

from hamseda.crypto.line import Records
from hamseda.relay.service import Relay
from hamseda.serve import identity, keys
from hamseda.serve.app import App
from hamseda.serve.channel import Upgraded
from hamseda.serve.config import read_settings
from hamseda.serve.fronts import Fronts
from hamseda.serve.home import Home, open_home, unix_now
from hamseda.serve.line_connection import Answer, LineConnection
from hamseda.serve.listener import Listener, bind
from hamseda.serve.log import Log
from hamseda.serve.site import Site
from hamseda.transport.outbox import Outbox
from hamseda.wire.codes import RecordType
from hamseda.wire.mailbox import Deliver, Put, Subscribe
from hamseda.wire.messages import Request, UnknownRequest, parse_request_untrusted
from hamseda.wire.relay import Join, RoomControl
from hamseda.wire.status import Status

PATIENCE = 20.0
_FIRST_SEQ = 1 << 40
"""Numbers that the home's own deliveries do not reach."""


@dataclass(frozen=True, slots=True)
class Frames:
    """Be one media message as the home saw it, from one line that sits in a room."""

    line: int
    message: bytes


@dataclass(slots=True)
class Hands:
    """Say what is done with what passes; by default nothing."""

    bundle: Callable[[bytes], bytes] = lambda blob: blob
    put: Callable[[Put], Put | None] = lambda put: put
    """None: it is swallowed, and the sender is told that it was taken."""
    deliver: Callable[[Deliver], Deliver] = lambda deliver: deliver
    control: Callable[[bytes], list[bytes]] = lambda body: [body]
    """The body of a room control, to be forwarded as these."""
    media: Callable[[bytes], list[bytes]] = lambda message: [message]


@dataclass(slots=True)
class Notes:
    """Keep what passed, as the home received it."""

    puts: list[Put] = field(default_factory=list[Put])
    controls: list[bytes] = field(default_factory=list[bytes])
    frames: list[Frames] = field(default_factory=list[Frames])
    joins: list[tuple[int, Join]] = field(default_factory=list[tuple[int, Join]])
    """Line and join; a join carries grant and seat secret, which a home must see."""
    refused: list[Request | UnknownRequest] = field(
        default_factory=list["Request | UnknownRequest"]
    )
    readers: dict[bytes, _EvilLine] = field(default_factory=dict[bytes, "_EvilLine"])
    """Which line reads a mailbox."""


class EvilHome:
    """Run such a home in a thread of this process; use it as a context."""

    def __init__(self, data: Path) -> None:
        self.hands = Hands()
        self.notes = Notes()
        self.link = ""
        self.log = io.StringIO()
        self._data = data
        self._changed = threading.Condition()
        self._ready = threading.Event()
        self._seq = _FIRST_SEQ
        self._failure: BaseException | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)

    # From the test's thread

    def start(self) -> None:
        """Open the home and wait until it serves."""
        self._thread.start()
        self._ready.wait(PATIENCE)
        assert self.link, f"the home did not open: {self._failure}"

    def stop(self) -> None:
        """Close it."""
        with contextlib.suppress(RuntimeError):
            self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(PATIENCE)
        assert not self._thread.is_alive(), "the home did not stop"

    def wait_until(self, claim: Callable[[Notes], bool], what: str) -> None:
        """Wait until a claim about what passed is true."""
        until = time.monotonic() + PATIENCE
        with self._changed:
            while not claim(self.notes):
                left = until - time.monotonic()
                assert left > 0, f"the home never saw {what}"
                self._changed.wait(left)

    def deliver(self, mailbox: bytes, envelope: bytes, age_s: int = 0) -> None:
        """Deliver an envelope to whoever reads a mailbox, whether it was put there or not."""
        line = self.notes.readers[mailbox]
        self._seq += 1
        body = Deliver(mailbox, self._seq, age_s, envelope).encode()
        self._loop.call_soon_threadsafe(line.say, RecordType.DELIVER, body)

    def cut(self) -> None:
        """Cut all lines off, as a network would."""
        self._loop.call_soon_threadsafe(self._cut)

    # In the home's thread

    def _run(self) -> None:
        try:
            asyncio.run(self._serve())
        except BaseException as error:  # noqa: BLE001 -- shown by the test's thread
            self._failure = error
        finally:
            self._ready.set()

    async def _serve(self) -> None:
        self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
        settings = read_settings(None, {"host": "127.0.0.1", "port": 0})
        self._data.mkdir(mode=0o700)
        secrets = keys.load_or_create(self._data)
        sockets = bind(settings.host, 0, or_next=False)
        ways = identity.endpoints(settings, [sockets[0].getsockname()[1]], secrets.door)
        who = identity.establish(self._data, secrets, ways, unix_now())
        log = Log(self.log, time.time)
        fronts = Fronts(self._data, who.home_id, bytes(32), 1)
        async with open_home(self._data, settings, secrets, who, fronts, log) as home:
            self._home = home
            home.relay = _EvilRelay(home.relay, self)
            app = _EvilApp(home, self)
            listener = Listener(
                home.unfinished,
                home.prefixes,
                app.protocol,
                None,
                settings.handshake_seconds,
            )
            accepting = [asyncio.create_task(listener.accept_from(each)) for each in sockets]
            self.link = str(who.link)
            self._ready.set()
            await self._stop.wait()
            self._cut()
            for task in accepting:
                task.cancel()
            app.server.pre_shutdown()
            await app.server.shutdown(0.1)
        for each in sockets:
            each.close()

    def _cut(self) -> None:
        for line in list(self._home.lines):
            line._transport.abort()

    @contextmanager
    def noting(self) -> Generator[Notes]:
        """Write something down, and wake who waits for it."""
        with self._changed:
            yield self.notes
            self._changed.notify_all()


class _EvilApp(App):
    def __init__(self, home: Home, evil: EvilHome) -> None:
        super().__init__(home, Site(None))
        self._evil = evil

    async def _invitation(self, text: str) -> web.StreamResponse | None:
        response = await super()._invitation(text)
        if isinstance(response, web.Response) and response.status == 200:
            assert isinstance(response.body, bytes)
            response.body = self._evil.hands.bundle(response.body)
        return response

    def make_line(self, upgraded: Upgraded) -> LineConnection:
        return _EvilLine(self._evil, self._home, upgraded)


class _EvilLine(LineConnection):
    def __init__(self, evil: EvilHome, *args: Any) -> None:
        super().__init__(*args)
        self._evil = evil

    def say(self, kind: int, body: bytes) -> None:
        """Push a record to this line's client."""
        self._outbox.push(kind, body)

    async def _shake_hands(self) -> Records | None:
        records = await super()._shake_hands()
        return None if records is None else _EvilRecords(records, self._evil)

    async def _take(self, record_type: int, body: bytes) -> bool:
        request = parse_request_untrusted(record_type, body)
        if not isinstance(request, RoomControl):
            return await super()._take(record_type, body)
        with self._evil.noting() as notes:
            notes.controls.append(request.body)
        for forwarded in self._evil.hands.control(request.body):
            changed = RoomControl(request.handle, forwarded)
            await super()._take(record_type, changed.encode())
        return True

    async def _decide(self, request: Request | UnknownRequest) -> Answer:
        changed: Request | UnknownRequest | None = request
        if isinstance(request, Put):
            changed = self._evil.hands.put(request)
        answer = await super()._decide(changed) if changed is not None else (Status.OK, None)
        with self._evil.noting() as notes:
            if isinstance(request, Put):
                notes.puts.append(request)
            elif isinstance(request, Subscribe) and answer[0] is Status.OK:
                notes.readers[request.mailbox] = self
            elif isinstance(request, Join):
                notes.joins.append((id(self._outbox), request))
            if answer[0] is not Status.OK:
                notes.refused.append(request)
        return answer


class _EvilRecords(Records):
    """Alter a delivery at the moment it is sealed for its reader."""

    def __init__(self, honest: Records, evil: EvilHome) -> None:
        super().__init__(honest._send_key, honest._receive_key, honest.line_id)
        self._sent = honest._sent
        self._evil = evil

    def seal(self, type: int, body: bytes) -> bytes:  # noqa: A002 -- the overridden name
        if type == RecordType.DELIVER:
            body = self._evil.hands.deliver(Deliver.parse_untrusted(body)).encode()
        return super().seal(type, body)


class _EvilRelay(Relay):
    def __init__(self, honest: Relay, evil: EvilHome) -> None:
        super().__init__(honest._settings, honest._now, honest._unix_now)
        self._evil = evil

    async def media(self, line: Outbox, message: bytes) -> None:
        with self._evil.noting() as notes:
            notes.frames.append(Frames(id(line), message))
        for forwarded in self._evil.hands.media(message):
            await super().media(line, forwarded)


def flipped(data: bytes, at: int = -20) -> bytes:
    """Change one bit."""
    changed = bytearray(data)
    changed[at] ^= 1
    return bytes(changed)


def altering_put(put: Put) -> Put:
    """Change one bit of an envelope on its way into a mailbox."""
    return replace(put, envelope=flipped(put.envelope))
