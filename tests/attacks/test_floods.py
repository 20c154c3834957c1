"""Floods, slow readers and oversized things cost the home little, and others' calls nothing.

One call goes on during all of these attacks; each of them ends by listening whether it still does.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import time
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from hashlib import sha256

import pytest

from hamseda.crypto.grants import seat_hash
from hamseda.wire.cbor import encode
from hamseda.wire.codes import RecordType
from hamseda.wire.line import Byes, Ping
from hamseda.wire.mailbox import Create
from hamseda.wire.relay import GetGrant, Join, RoomControl
from hamseda.wire.status import Status
from tests.attacks.attacker_line import AttackerLine, honest_line
from tests.attacks.sockets import (
    Memory,
    ask,
    connect_tls,
    many,
    read_all,
    seconds_until_closed,
)
from tests.integration.world import Home, Talking, World
from tests.serve.line_client import LineClient, TestMailbox

pytestmark = pytest.mark.attacks

HANDSHAKE_SECONDS = 5
IDLE_SECONDS = 8
MAILBOX_ENVELOPES = 100
MEMORY_KIB = 64 * 1024
"""What any one of these attacks may cost the home: a fraction of what is thrown at it."""
SLOW_READERS_KIB = 12 * 1024
SMALL, LARGE = 4096, 65_536
_SPAM = b"\x03\x01\x03\xe6" + bytes(998)


@dataclass(frozen=True, slots=True)
class Siege:
    """Be a home under attack, and a call over it that must not notice."""

    home: Home
    calling: Talking
    waiting: Talking

    @contextlib.contextmanager
    def unharmed(self, most_kib: int = MEMORY_KIB) -> Generator[None]:
        """Insist that an attack costs bounded memory and that the call goes on meanwhile."""
        memory = Memory(self.home.process.process.pid)
        before = [talking.last("quality") for talking in (self.calling, self.waiting)]
        yield
        print(f"the home's memory grew by {memory.grown_kib} KiB at most")
        assert memory.grown_kib < most_kib
        for talking, old in zip((self.calling, self.waiting), before, strict=True):
            now = talking.wait_for("quality", after=talking.last("quality"))
            expected = now["frames_expected"] - old["frames_expected"]
            on_time = now["frames_on_time"] - old["frames_on_time"]
            print(f"{on_time} of {expected} frames were heard on time")
            assert on_time > 0.7 * expected
            assert not talking.all("ended")


@pytest.fixture(scope="module")
def siege(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Siege]:
    """Give a call that goes on through all attacks of this file."""
    with World(tmp_path_factory.mktemp("siege")) as world:
        home = world.home(
            handshake_seconds=HANDSHAKE_SECONDS,
            idle_seconds=IDLE_SECONDS,
            mailbox_envelopes=MAILBOX_ENVELOPES,
        )
        ali, maryam = world.person("ali"), world.person("maryam")
        world.befriend(home, ali, maryam)
        waiting = maryam.start_answer("--once")
        calling = ali.start_call("maryam")
        for talking in (calling, waiting):
            talking.wait_for("quality")
        yield Siege(home, calling, waiting)
        # Whoever talked through all of this can also hang up.
        assert calling.stop() == 0
        assert waiting.wait() == 0


def test_silent_connections_are_cut_off(siege: Siege) -> None:
    """A thousand connections that say nothing must not keep anybody else out."""
    with siege.unharmed(), many(400, siege.home.port) as connections:
        began = time.monotonic()
        asyncio.run(_one_honest_line(siege.home))
        for connection in connections:
            read_all(connection, 15)
        assert time.monotonic() - began < HANDSHAKE_SECONDS + 5


async def _one_honest_line(home: Home) -> None:
    async with honest_line(home.link) as honest:
        assert (await honest.request(Ping(honest.q()))).status is Status.OK


def test_half_open_lines_are_cut_off(siege: Siege) -> None:
    """A WebSocket without a handshake is no line, and is not kept as one."""
    door = siege.home.link.split("/")[3].split("#")[0]
    upgrade = (
        f"GET /{door}/line HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
    ).encode()
    with siege.unharmed(), contextlib.ExitStack() as stack:
        half_open = [stack.enter_context(connect_tls(siege.home.port)) for _ in range(30)]
        for connection in half_open:
            connection.sendall(upgrade)
            assert connection.recv(12) == b"HTTP/1.1 101"
        assert seconds_until_closed(half_open[-1], 15) < HANDSHAKE_SECONDS + 3


def test_first_request_that_comes_a_byte_at_a_time_is_cut_off(siege: Siege) -> None:
    """A deadline that each byte renews would be none."""
    request = b"GET / HTTP/1.1\r\nX-Patience: " + b"a" * 1000
    with siege.unharmed(), connect_tls(siege.home.port) as connection:
        began = time.monotonic()
        connection.settimeout(0.1)
        with contextlib.suppress(ConnectionError):
            for byte in request:
                connection.sendall(bytes([byte]))
                try:
                    if not connection.recv(1):
                        break
                except TimeoutError:
                    continue
        assert 1 < time.monotonic() - began < HANDSHAKE_SECONDS + 3


def test_mute_line_is_closed(siege: Siege) -> None:
    """A line that was opened and forgotten must not be held for ever."""

    async def attack() -> None:
        async with AttackerLine(siege.home.link) as line:
            assert await line.is_closed(20)

    with siege.unharmed():
        asyncio.run(attack())


def test_mailbox_flood_ends_at_the_mailbox(siege: Siege) -> None:
    """Who may write into one mailbox can fill that one, for a while, and no other."""

    async def attack() -> None:
        async with AttackerLine(siege.home.link) as line:
            victim, other = TestMailbox(), TestMailbox()
            for mailbox in (victim, other):
                assert (await line.request(mailbox.create(line.q()))).status is Status.OK
            seen = [await _put(line, victim, SMALL) for _ in range(MAILBOX_ENVELOPES + 20)]
            assert seen == [Status.OK] * MAILBOX_ENVELOPES + [Status.FULL] * 20
            assert await _put(line, other, SMALL) is Status.OK
            for _ in range(600):
                if await _put(line, victim, SMALL) is Status.QUOTA:
                    break
            else:
                pytest.fail("the puts of one prefix were never rationed")
        async with honest_line(siege.home.link) as honest:
            mailbox = TestMailbox()
            assert (await honest.request(mailbox.create(honest.q()))).status is Status.OK
            assert await _put(honest, mailbox, SMALL) is Status.OK

    with siege.unharmed():
        asyncio.run(attack())


def test_flood_of_mailboxes_is_rationed(siege: Siege) -> None:
    """Creating costs the creator's prefix; others still can."""

    async def attack() -> None:
        async with AttackerLine(siege.home.link) as line:
            for _ in range(100):
                request = TestMailbox().create(line.q())
                if (await line.request(request)).status is Status.QUOTA:
                    break
            else:
                pytest.fail("creations of one prefix were never rationed")
        async with honest_line(siege.home.link) as honest:
            request = TestMailbox().create(honest.q())
            assert (await honest.request(request)).status is Status.OK

    with siege.unharmed():
        asyncio.run(attack())


async def _put(line: LineClient, mailbox: TestMailbox, size: int) -> Status:
    return (await line.request(mailbox.put(line.q(), bytes(size)))).status


def test_slow_reader_of_mailboxes_costs_little(siege: Siege) -> None:
    """Envelopes wait on the disk and not in memory until somebody reads."""
    mailboxes = [TestMailbox() for _ in range(16)]

    async def fill() -> None:
        async with honest_line(siege.home.link) as writer:
            for mailbox in mailboxes:
                reply = await writer.request(mailbox.create(writer.q()))
                assert reply.status is Status.OK
                for _ in range(30):
                    assert await _put(writer, mailbox, LARGE) is Status.OK

    async def attack() -> None:
        async with AttackerLine(siege.home.link) as reader:
            reader.stop_reading()
            for mailbox in mailboxes:
                await reader.send(mailbox.subscribe(reader.q(), reader.records.line_id))
            # The home does not say how much it has taken off the disk: let it.
            await asyncio.sleep(1.5)

    asyncio.run(fill())
    with siege.unharmed(SLOW_READERS_KIB):
        asyncio.run(attack())


def test_flood_in_a_room_is_rationed(siege: Siege) -> None:
    """A seat hears what a call may have and no more, whether it listens or lets all pile up."""

    async def attack() -> None:
        mailbox = TestMailbox()
        secret = [secrets.token_bytes(16), secrets.token_bytes(16)]
        async with honest_line(siege.home.link) as sender:
            for request in (
                mailbox.create(sender.q()),
                mailbox.subscribe(sender.q(), sender.records.line_id),
            ):
                assert (await sender.request(request)).status is Status.OK
            room, hashes = secrets.token_bytes(16), [seat_hash(each) for each in secret]
            wanted = GetGrant(sender.q(), mailbox.id, room, *hashes)
            grant = (await sender.request(wanted)).data or b""
            joined = await sender.request(Join(sender.q(), 1, grant, 0, secret[0]))
            assert joined.status is Status.OK
            async with AttackerLine(siege.home.link) as reader:
                joined = await reader.request(Join(reader.q(), 1, grant, 1, secret[1]))
                assert joined.status is Status.OK
                began = time.monotonic()
                for _ in range(1000):
                    await sender.ws.send_bytes(_SPAM)
                assert (await sender.request(Ping(sender.q()))).status is Status.OK
                assert (await reader.request(Ping(reader.q()))).status is Status.OK
                heard, rationed = reader.media.qsize(), 1 + time.monotonic() - began
                # 200 kbit/s are 25 messages of a kilobyte.
                assert 10 < heard < 30 * rationed
                reader.stop_reading()
                for number in range(3000):
                    await sender.ws.send_bytes(_SPAM)
                    if number % 20 == 0:
                        await sender.send(RoomControl(1, bytes([2]) + bytes(4096)))
            assert (await sender.request(Ping(sender.q()))).status is Status.OK

    with siege.unharmed():
        asyncio.run(attack())


def test_oversized_http_is_refused(siege: Siege) -> None:
    """What a request may weigh is fixed before it is read."""
    half_a_megabyte = b"x" * 500_000
    head = b"Host: x\r\nConnection: close\r\n"
    with siege.unharmed():
        for request in (
            b"GET /" + half_a_megabyte + b" HTTP/1.1\r\n" + head + b"\r\n",
            b"GET / HTTP/1.1\r\n" + head + b"X: " + half_a_megabyte[:5000] + b"\r\n\r\n",
            b"GET / HTTP/1.1\r\n" + head + b"X: " + half_a_megabyte + b"\r\n\r\n",
            b"GET / HTTP/1.1\r\n" + head + b"X: y\r\n" * 100_000 + b"\r\n",
        ):
            assert ask(siege.home.port, request)[9:12] in (b"", b"400")
        body = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 200000000\r\n\r\n"
        answer = ask(siege.home.port, body + half_a_megabyte * 20)
        assert answer[9:12] in (b"", b"405")


def test_oversized_messages_end_their_line(siege: Siege) -> None:
    """Neither a true nor a false length makes the home keep more than a message may have."""
    link = siege.home.link
    nested = b"\x81" * 200 + b"\x00"
    mailbox = TestMailbox()

    async def attack() -> None:
        for body in (
            mailbox.put(1, bytes(SMALL + 1)).encode(),
            mailbox.put(1, b"").encode(),
            nested,
            encode({0: 1, 1: b"x" * 16_000}),
            b"\xbf\x00\x01\xff",
            b"\x9b\xff\xff\xff\xff\xff\xff\xff\xff",
            Create(1, mailbox.id, bytes(32), sha256(b"").digest(), bytes(4000)).encode(),
        ):
            async with AttackerLine(link) as line:
                await line.ws.send_bytes(line.records.seal(RecordType.PUT, body))
                assert await line.is_closed(), body[:20]
                assert isinstance(await line.push(), Byes)
        async with AttackerLine(link) as line:
            await line.ws.send_bytes(b"\x02" + bytes(100_000))
            assert await line.is_closed()
        for claimed in (1 << 28, 1 << 40):
            async with AttackerLine(link) as line:
                # The head of a client's frame that claims so many bytes, of which some come.
                line.transport.write(b"\x82\xff" + claimed.to_bytes(8, "big") + bytes(4))
                line.transport.write(bytes(1_000_000))
                # Sooner than a mute line would be.
                assert await line.is_closed(IDLE_SECONDS / 2)
        async with AttackerLine(link) as line:
            # A media message above 1024 bytes is dropped, not forwarded, and nobody is hurt.
            await line.ws.send_bytes(b"\x03\x01" + bytes(60_000))
            assert (await line.request(Ping(line.q()))).status is Status.OK

    with siege.unharmed():
        asyncio.run(attack())
