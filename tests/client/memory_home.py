"""Be a home in memory: real lines and real bytes, no socket, no disk, no clock of its own.

It says yes to whatever a client may ask, and hands over everything that passes to the test.
"""

from __future__ import annotations

import asyncio
import math
from collections import deque
from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING, cast

from hamseda.crypto.home_identity import home_id, line_key_hash, sign_descriptor
from hamseda.crypto.kem import key_pair
from hamseda.crypto.line import Records, home_respond_untrusted
from hamseda.crypto.signatures import SigningKey
from hamseda.errors import NetworkError, WireError
from hamseda.transport.dialling import Reach
from hamseda.transport.web_failures import UnansweredError
from hamseda.wire import base64url
from hamseda.wire.codes import FEATURES, Bye, RecordType
from hamseda.wire.descriptor import Descriptor, Endpoint, HomeDocument
from hamseda.wire.document import DocumentReply, GetDocument
from hamseda.wire.line import MEDIA, Byes, Hello, Ping, Reply
from hamseda.wire.mailbox import (
    Ack,
    CloseMailbox,
    Create,
    DeleteBundle,
    Deliver,
    GetVoucher,
    Put,
    PutBundle,
    Replaced,
    Subscribe,
)
from hamseda.wire.media import MediaMessage, parse_media_untrusted
from hamseda.wire.messages import (
    Push,
    Request,
    UnknownRequest,
    encode_message,
    parse_request_untrusted,
)
from hamseda.wire.relay import GetGrant, Join, Leave, RoomControl
from hamseda.wire.status import Status
from tests.crypto.dice import Dice

if TYPE_CHECKING:
    from hamseda.transport.websocket import Web

DOOR = "a-long-enough-door"
UNIX_NOW = 2_000_000_000


@dataclass
class Mailbox:
    """Hold what lies in one mailbox, and who reads it."""

    cap_hash: bytes
    envelopes: dict[int, tuple[bytes, float]] = field(
        default_factory=dict[int, tuple[bytes, float]]
    )
    put_ids: set[bytes] = field(default_factory=set[bytes])
    reader: Connection | None = None


class Connection:
    """Be the client's end of one WebSocket, and the home's memory of it."""

    def __init__(self, home: MemoryHome, host: str = "") -> None:
        self.host = host
        self._home = home
        self._to_client: asyncio.Queue[bytes | None] = asyncio.Queue()
        self._to_home: deque[bytes] = deque()
        self._written_until = 0.0
        self.records: Records | None = None
        self.is_open = True
        self.is_still = False
        """A network that stands still: nothing passes, and nothing breaks."""
        self.is_full = False
        """A network that is too slow: whatever is to be sent has to wait."""
        self.arrived = 0
        self.certificate_hash = home.certificates[0] if home.certificates else None
        self.stranded = False
        self.is_outrun = False
        self.media: list[bytes] = []
        """The media that came from the client."""

    async def send(self, data: bytes) -> None:
        """Let the home take one message of the client."""
        if not self.is_open:
            raise NetworkError("the line broke", failure="connection_reset")
        # Written before the first suspension, as aiohttp does: who is cancelled here has sent.
        self._to_home.append(data)
        loop = asyncio.get_running_loop()
        self._written_until = max(self._written_until, loop.time()) + len(data) / self._home.uplink
        loop.call_at(self._written_until + self._home.delay, self._arrive)
        await asyncio.sleep(0)

    def _arrive(self) -> None:
        # Out of a queue: timers of one moment may fire in any order.
        data = self._to_home.popleft()
        if self.arrived >= self._home.freezes.get(self.host, math.inf):
            self.is_still = True
        if not self.is_open or self.is_still:
            return
        self.arrived += 1
        try:
            self._home.received(self, data)
        except WireError:
            self.break_off()

    async def receive(self) -> bytes:
        """Wait for the next message of the home."""
        message = await self._to_client.get()
        if message is None:
            raise NetworkError("the home closed the line", failure="eof_error")
        return message

    def is_clear(self) -> bool:
        """Nothing waits here, unless told so."""
        return not self.is_full

    def waiting(self) -> int:
        """Count what the uplink has not written yet."""
        return sum(map(len, self._to_home))

    def progress(self) -> int | None:
        """Count what arrived at the home, and what of the next message the uplink has written."""
        now = asyncio.get_running_loop().time()
        is_writing = now < self._written_until and not self.is_still
        return self.arrived + (int(now * self._home.uplink) if is_writing else 0)

    def is_stranded(self) -> bool:
        """Tell whether the address of this side is gone."""
        return self.stranded

    def has_better_way(self) -> bool:
        """Tell whether a new connection would leave from another address."""
        return self.is_outrun

    def abort(self) -> None:
        """Break off from the client's side."""
        self.break_off()

    async def close(self) -> None:
        """Close from the client's side; what was written before arrives before."""
        await asyncio.sleep(self._home.delay)
        self.break_off()

    def push(self, push: Push) -> None:
        """Send one record to the client."""
        if self.records is not None and self.is_open:
            self.raw(self.records.seal(*encode_message(push)))

    def raw(self, message: bytes) -> None:
        """Send any bytes to the client."""
        if self.is_still:
            return
        self._to_client.put_nowait(message)

    def break_off(self) -> None:
        """Break the connection."""
        if self.is_open:
            self.is_open = False
            self._to_client.put_nowait(None)
            self._home.gone(self)


class MemoryHome:
    """Hold mailboxes and rooms. `is_up` says whether it can be reached."""

    def __init__(self, name: str = "home") -> None:
        rng = Dice(name)
        self._rng = rng
        self.identity = SigningKey(rng(32))
        self.line_pair = key_pair(rng(32))
        self.id = home_id(self.identity.public)
        self.host = f"{name}.example"
        self.version = 0
        self.hosts = {self.host}
        self.portal = 0
        """The HTTP status of what answers in its place; 0: itself."""
        self.silent: set[str] = set()
        """Hosts at which something answers, and then nothing comes."""
        self.freezes: dict[str, int] = {}
        """Messages after which each line by a host stands still."""
        self.dialled: list[str] = []
        self.sign(self.host)
        self.certificates: tuple[bytes, ...] = ()
        """What the home serves: the network shows the first."""
        self.door = DOOR
        self.served: tuple[bytes, ...] | None = None
        """What the home serves, where somebody in between shows something else."""
        self.link = f"https://{self.host}/{DOOR}#h={self.id}"
        self.is_up = True
        self.delay = 0.001
        self.refuse: dict[type[Request], Status] = {}
        self.mailboxes: dict[bytes, Mailbox] = {}
        self.bundles: dict[str, bytes | str] = {}
        self.rooms: dict[bytes, dict[int, list[tuple[Connection, int]]]] = {}
        self.connections: list[Connection] = []
        self.requests: list[Request] = []
        self.hello = Hello(UNIX_NOW, 32, 75, FEATURES).encode()
        """What it says first on each line."""
        self.uplink = math.inf
        """Bytes a second that a client can write."""
        self.full: set[bytes] = set()
        """Mailboxes that take nothing."""
        self.lose_replies = 0
        """Answers to puts that are lost, each with its line."""
        self.lose_room = False
        self.seats: dict[int, Status] = {}
        """What who wants a seat is told, where that is not ok."""
        self.seq = 0

    def sign(self, *hosts: str, renew_key: bool = False) -> bytes:
        """Sign a newer list with these hosts and, if so wished, a new line key; give it."""
        if renew_key:
            self.line_pair = key_pair(self._rng(32))
        self.version += 1
        self.hosts |= set(hosts)
        descriptor = Descriptor(
            self.identity.public,
            line_key_hash(self.line_pair.public),
            tuple(Endpoint("https", host, 443, "", DOOR, web=True) for host in hosts),
            self.version,
            UNIX_NOW * 2,
        )
        return self.say(descriptor.encode())

    def say(self, descriptor: bytes) -> bytes:
        """Sign any bytes as what this home says of itself from now on."""
        self.signed = sign_descriptor(self.identity, descriptor)
        self.document = HomeDocument(self.signed, self.line_pair.public).encode()
        return self.signed

    # What the network does

    def silence(self, host: str) -> None:
        """Let nothing come any more from an endpoint, on old lines and on new ones."""
        self.silent.add(host)
        for connection in self.connections:
            connection.is_still = connection.is_still or connection.host == host

    def break_all(self) -> None:
        """Break all lines, as a restart does; mailboxes stay."""
        for connection in list(self.connections):
            connection.break_off()

    def gone(self, connection: Connection) -> None:
        """Forget a line that broke."""
        if connection in self.connections:
            self.connections.remove(connection)
        for mailbox in self.mailboxes.values():
            if mailbox.reader is connection:
                mailbox.reader = None
        for room in self.rooms.values():
            for seat, lines in room.items():
                room[seat] = [place for place in lines if place[0] is not connection]

    def web(self) -> Web:
        """Give a client's way to this home."""
        return cast("Web", MemoryWeb(self))

    def say_bye(self) -> None:
        """Close all lines in good order."""
        for connection in list(self.connections):
            connection.push(Byes(Bye.STOPPING))

    # What the home does

    def received(self, connection: Connection, data: bytes) -> None:
        """Take one message."""
        if connection.records is None:
            m2, connection.records = home_respond_untrusted(
                self.line_pair, data, RecordType.HELLO, self.hello, self._rng
            )
            connection.raw(m2)
        elif data[0] == MEDIA:
            connection.media.append(data)
            self._media(connection, parse_media_untrusted(data))
        else:
            request = parse_request_untrusted(*connection.records.open_untrusted(data))
            assert not isinstance(request, UnknownRequest)
            self.requests.append(request)
            self._take(connection, request)

    def _take(self, connection: Connection, request: Request) -> None:  # noqa: C901, PLR0912
        status, data = self.refuse.get(type(request), Status.OK), None
        if status is Status.OK:
            match request:
                case RoomControl():
                    self._control(connection, request)
                case Create(mailbox=id, cap_hash=cap_hash):
                    self.mailboxes[id] = Mailbox(cap_hash)
                case Put():
                    status, data = self._put(request)
                case Subscribe(mailbox=id):
                    if id not in self.mailboxes:
                        status = Status.REFUSED
                case Ack(mailbox=id, seqs=seqs):
                    box = self.mailboxes.get(id)
                    if box is None:
                        status = Status.REFUSED
                    else:
                        box.envelopes = {n: e for n, e in box.envelopes.items() if n not in seqs}
                case CloseMailbox(mailbox=id):
                    self.mailboxes.pop(id, None)
                case GetVoucher():
                    data = bytes(52)
                case PutBundle(bundle=id, blob=blob):
                    self.bundles[base64url.encode(id)] = blob
                case DeleteBundle(bundle=id):
                    self.bundles[base64url.encode(id)] = "used"
                case GetGrant():
                    data = self._rng(96)
                case Join(handle=handle, grant=grant, seat=seat):
                    status, data = self.seats.get(seat, Status.OK), b"\0"
                    if status is Status.OK:
                        lines = self.rooms.setdefault(grant, {}).setdefault(seat, [])
                        lines.append((connection, handle))
                        del lines[:-2]
                case Leave(handle=handle):
                    self._leave(connection, handle)
                case Ping():
                    pass
                case GetDocument(version=version):
                    data = self.document_reply(version)
        if isinstance(request, RoomControl):
            return
        if isinstance(request, Put) and self.lose_replies > 0:
            self.lose_replies -= 1
            connection.break_off()
            return
        connection.push(Reply(request.q, status, data))
        if isinstance(request, Subscribe) and status is Status.OK:
            self._subscribe(connection, request.mailbox)

    def document_reply(self, version: int) -> bytes:
        """Say what is newer than a version."""
        document = self.document if self.version > version else b""
        certificates = self.served or self.certificates
        return DocumentReply(document, self.door if certificates else "", certificates).encode()

    def _subscribe(self, connection: Connection, id: bytes) -> None:
        mailbox = self.mailboxes[id]
        if mailbox.reader not in (None, connection):
            mailbox.reader.push(Replaced(id))
        mailbox.reader = connection
        for seq in sorted(mailbox.envelopes):
            self._deliver(id, seq)

    def _put(self, request: Put) -> tuple[Status, bytes | None]:
        mailbox = self.mailboxes.get(request.mailbox)
        if mailbox is None or sha256(request.cap).digest() != mailbox.cap_hash:
            return Status.REFUSED, None
        if request.mailbox in self.full:
            return Status.FULL, None
        if request.put_id in mailbox.put_ids:
            return Status.OK, b"\1"
        mailbox.put_ids.add(request.put_id)
        self.drop_in(request.mailbox, request.envelope)
        return Status.OK, None

    def drop_in(self, id: bytes, envelope: bytes, age: float = 0.0) -> None:
        """Put an envelope into a mailbox, from nowhere if need be."""
        self.seq += 1
        now = asyncio.get_running_loop().time()
        self.mailboxes[id].envelopes[self.seq] = (envelope, now - age)
        self._deliver(id, self.seq)

    def _deliver(self, id: bytes, seq: int) -> None:
        mailbox = self.mailboxes[id]
        envelope, at = mailbox.envelopes[seq]
        age = round(asyncio.get_running_loop().time() - at)
        if mailbox.reader is not None:
            mailbox.reader.push(Deliver(id, seq, age, envelope))

    def _leave(self, connection: Connection, handle: int) -> None:
        for room in self.rooms.values():
            for lines in room.values():
                if (connection, handle) in lines:
                    lines.remove((connection, handle))

    def _opposite(self, connection: Connection, handle: int) -> list[tuple[Connection, int]]:
        for room in self.rooms.values():
            for seat, lines in room.items():
                if (connection, handle) in lines:
                    return room.get(1 - seat, [])
        return []

    def _control(self, connection: Connection, control: RoomControl) -> None:
        for there, handle in self._opposite(connection, control.handle)[-1:]:
            if not self.lose_room:
                there.push(RoomControl(handle, control.body))

    def _media(self, connection: Connection, message: MediaMessage) -> None:
        for there, handle in self._opposite(connection, message.handle):
            there.raw(MediaMessage(handle, message.frames).encode())


class MemoryWeb:
    """Reach homes by their names, without a network."""

    def __init__(self, *homes: MemoryHome) -> None:
        self._homes = homes
        self.network = "192.0.2.0/24"

    def _home(self, url: str) -> tuple[MemoryHome, str]:
        place, _, path = url.split("://", 1)[1].partition("/")
        host = place.removesuffix(":443")
        home = next((home for home in self._homes if host in home.hosts), None)
        if home is None or not home.is_up:
            raise UnansweredError("the home cannot be reached", failure="connection_refused")
        return home, path

    def forget_names(self) -> None:
        """Nothing is looked up here."""

    def own_network(self) -> str:
        """Be in a network of this name."""
        return self.network

    def has_proxy(self, host: str) -> bool:
        """There is none."""
        return False

    async def connect(
        self,
        url: str,
        *,
        reach: Reach,
        answer: float,
        rest: float,
        tls_name: str,
        by_proxy: bool,
    ) -> Connection:
        """Open a line."""
        home, _ = self._home(url)
        host = url.split("://", 1)[1].partition(":")[0]
        home.dialled.append(host)
        if host in home.silent:
            await asyncio.sleep(rest)
            raise NetworkError("nothing comes", failure="generic_timeout_error")
        connection = Connection(home, host)
        home.connections.append(connection)
        return connection

    async def get(
        self, url: str, *, reach: Reach, tls_name: str = "", patience: float = 20.0
    ) -> tuple[int, bytes]:
        """Fetch the home's document or a bundle."""
        home, path = self._home(url)
        if url.split("://", 1)[1].partition(":")[0] in home.silent:
            await asyncio.sleep(patience)
            raise NetworkError("nothing comes", failure="generic_timeout_error")
        if home.portal:
            return home.portal, b"please log in"
        if path == f"{DOOR}/home":
            return 200, home.document
        found = home.bundles.get(path.removeprefix(f"{DOOR}/i/"))
        if isinstance(found, bytes):
            return 200, found
        return (404, b"") if found is None else (410, found.encode())
