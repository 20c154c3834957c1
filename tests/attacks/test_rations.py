"""Rations are charged to who spends: a neighbour's waste costs nobody else a call."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import socket
import subprocess
import sys

import pytest

from hamseda.crypto.grants import seat_hash
from hamseda.wire.mailbox import ENVELOPE_SIZES
from hamseda.wire.media import MediaMessage
from hamseda.wire.relay import GetGrant, Join
from hamseda.wire.status import Status
from tests.attacks.attacker_line import AttackerLine, honest_line
from tests.attacks.mutations import ROOT
from tests.attacks.reverse_proxy import PROXY, listening, passing_on
from tests.attacks.sockets import ATTACKER, connect_tls
from tests.integration.world import Person, World
from tests.serve.line_client import TestMailbox

pytestmark = pytest.mark.attacks

NEIGHBOUR = "127.9.9.8"
"""An honest person in the attacker's own prefix."""
CALLERS_NEIGHBOUR = "127.0.0.2"
"""The other way round: honest people call from 127.0.0.1."""
PLACES = 32
FRAMES = 400
ASK = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"


def _visit(port: int, source: str) -> socket.socket:
    """Open the site outside the door, as a browser does, and keep the connection."""
    connection = connect_tls(port, source)
    connection.sendall(ASK)
    assert connection.recv(12) == b"HTTP/1.1 200"
    return connection


def test_idle_visits_shut_no_neighbour_out(world: World) -> None:
    """Five browsers that have loaded the page hold as many connections; nobody means ill."""
    home = world.home()
    with contextlib.ExitStack() as stack:
        idle = [stack.enter_context(_visit(home.port, ATTACKER)) for _ in range(PLACES)]
        for _ in range(3):
            stack.enter_context(_visit(home.port, NEIGHBOUR))
        # The longest idle made room, and no other one.
        closed = [connection for connection in idle if _is_closed(connection)]
        assert closed == idle[:3]


def _is_closed(connection: socket.socket) -> bool:
    connection.settimeout(0.2)
    try:
        while connection.recv(65_536):
            continue
    except TimeoutError:
        return False
    except OSError:
        return True
    return True


def test_silent_connections_shut_no_neighbour_out(world: World) -> None:
    """They are cut off after some seconds, and could be opened anew for as long as one likes."""
    home = world.home(handshake_seconds=60)
    with contextlib.ExitStack() as stack:
        for _ in range(PLACES):
            stack.enter_context(
                socket.create_connection(("127.0.0.1", home.port), 10, (ATTACKER, 0))
            )
        stack.enter_context(_visit(home.port, NEIGHBOUR))


def _spend_all_creations(home_link: str, source: str, headers: dict[str, str] | None = None) -> int:
    """Create mailboxes until the home refuses, and say how many there are."""

    async def attack() -> int:
        line = AttackerLine(home_link, source)
        line.headers.update(headers or {})
        async with line:
            for made in range(500):
                reply = await line.request(TestMailbox().create(line.q()))
                if reply.status is Status.QUOTA:
                    return made
        pytest.fail("creations were never rationed")

    return asyncio.run(attack())


def _call(ali: Person, maryam: Person) -> None:
    waiting = maryam.start_answer("--once")
    calling = ali.start_call(maryam.name, duration=1)
    assert calling.wait() == 0
    assert waiting.wait() == 0


def test_neighbour_who_creates_all_mailboxes_stops_no_call(world: World) -> None:
    """A call cost one creation of the prefix: a few kilobytes silenced a whole mobile network."""
    home = world.home()
    pair = world.pair(home)
    assert _spend_all_creations(home.link, CALLERS_NEIGHBOUR) > 40
    _call(pair.ali, pair.maryam)


def test_calls_of_one_mailbox_are_rationed(world: World) -> None:
    """Whoever owns a mailbox has calls for himself, but not without end."""
    home = world.home(grants_per_hour=6)

    async def attack() -> list[Status]:
        async with AttackerLine(home.link) as line:
            seen: list[Status] = []
            for mailbox in (TestMailbox(), TestMailbox()):
                await line.request(mailbox.create(line.q()))
                await line.request(mailbox.subscribe(line.q(), line.records.line_id))
                for _ in range(4):
                    wanted = GetGrant(line.q(), mailbox.id, bytes(16), bytes(16), bytes(16))
                    seen.append((await line.request(wanted)).status)
            return seen

    assert asyncio.run(attack()) == [*[Status.OK] * 3, Status.QUOTA] * 2


def test_flood_through_the_reverse_proxy_is_the_flooders(world: World) -> None:
    """Behind a web server all people were one prefix, and one of them had all its rations."""
    with listening() as sock:
        public = f"https://127.0.0.1:{sock.getsockname()[1]}"
        home = world.home("--public", public, trusted_proxy=PROXY)
        with passing_on(sock, home):
            ali, maryam = world.person("ali"), world.person("maryam")
            # What he says of himself stands before what the proxy says of him.
            lies = [{"X-Forwarded-For": f"198.51.{number}.1"} for number in range(3)]
            assert [_spend_all_creations(home.link, ATTACKER, lie) for lie in lies] == [60, 0, 0]
            with contextlib.ExitStack() as stack:
                port = sock.getsockname()[1]
                for _ in range(2 * PLACES):
                    stack.enter_context(_visit(port, ATTACKER))
                world.befriend(home, ali, maryam)
                _call(ali, maryam)


def test_nobody_else_is_believed_about_who_asks(world: World) -> None:
    """Else everybody would have as many rations as there are addresses."""
    home = world.home("--public", "https://127.0.0.1:9", trusted_proxy=PROXY)
    link = home.link.replace("127.0.0.1:9", f"127.0.0.1:{home.port}")
    lies = [{"X-Forwarded-For": f"198.51.{number}.1"} for number in range(2)]
    assert [_spend_all_creations(link, ATTACKER, lie) for lie in lies] == [60, 0]


def test_full_mailboxes_leave_room_for_honest_offers(world: World) -> None:
    """As many mailboxes as the database has room for, all full: calls were over for thirty days."""
    home = world.home(
        database_bytes=64 * 1024 * 1024,
        mailbox_bytes=128 * 1024,
        creations_per_hour=1_000_000,
        puts_per_second=1_000_000,
        records_per_second=1_000_000,
    )
    pair = world.pair(home)

    async def attack() -> None:
        async with AttackerLine(home.link) as line:
            for _ in range(512):
                mailbox = TestMailbox()
                assert (await line.request(mailbox.create(line.q()))).status is Status.OK
                for size in reversed(ENVELOPE_SIZES):
                    while (
                        await line.request(mailbox.put(line.q(), bytes(size)))
                    ).status is Status.OK:
                        continue

    asyncio.run(attack())
    _call(pair.ali, pair.maryam)

    async def offer() -> list[Status]:
        async with AttackerLine(home.link, "127.0.0.1") as line:
            mailboxes = [TestMailbox() for _ in range(50)]
            for mailbox in mailboxes:
                assert (await line.request(mailbox.create(line.q()))).status is Status.OK
            offer = bytes(ENVELOPE_SIZES[0])
            return [(await line.request(each.put(line.q(), offer))).status for each in mailboxes]

    assert asyncio.run(offer()) == [Status.OK] * 50


async def _room(line: AttackerLine) -> tuple[bytes, list[bytes]]:
    """Give a grant for a room, and the secrets of both seats."""
    mailbox, chosen = TestMailbox(), [secrets.token_bytes(16), secrets.token_bytes(16)]
    await line.request(mailbox.create(line.q()))
    await line.request(mailbox.subscribe(line.q(), line.records.line_id))
    wanted = GetGrant(line.q(), mailbox.id, secrets.token_bytes(16), *map(seat_hash, chosen))
    return (await line.request(wanted)).data or b"", chosen


async def _frames_within(link: str, seconds: float, flood: subprocess.Popen[str]) -> float:
    """Talk for eight seconds while a flood goes on; give the share that came in time at the end.

    In the first half lines still use up what they may ask at once.
    """
    async with honest_line(link) as speaker, honest_line(link) as hearer:
        grant, chosen = await _room(speaker)
        for seat, line in enumerate((speaker, hearer)):
            joined = await line.request(Join(line.q(), 0, grant, seat, chosen[seat]))
            assert joined.status is Status.OK
        loop, sent, in_time = asyncio.get_running_loop(), dict[bytes, float](), 0

        async def speak() -> None:
            begin = loop.time()
            for number in range(FRAMES):
                await asyncio.sleep(begin + number / 50 - loop.time())
                frame = number.to_bytes(4, "big") + bytes(80)
                sent[frame] = loop.time()
                await speaker.ws.send_bytes(MediaMessage(0, (frame,)).encode())

        assert flood.stdin is not None
        flood.stdin.write("go\n")
        flood.stdin.flush()
        speaking = asyncio.create_task(speak())
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(FRAMES / 50 + 2):
                for _ in range(FRAMES):
                    message = MediaMessage.parse_untrusted(await hearer.media.get())
                    number = int.from_bytes(message.frames[0][:4], "big")
                    is_early = number < FRAMES // 2
                    in_time += not is_early and loop.time() - sent[message.frames[0]] <= seconds
        await speaking
        return in_time / (FRAMES // 2)


def test_lines_that_ask_without_end_do_not_silence_a_call(world: World) -> None:
    """Of 400 frames 89 came within 200 ms beside 200 lines of pings: each had 64 KiB at a turn."""
    home = world.home()
    command = [sys.executable, "-m", "tests.attacks.pinger", home.link, "200", "800"]
    with subprocess.Popen(
        command, cwd=ROOT, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as flood:
        try:
            assert flood.stdout is not None
            assert flood.stdout.readline() == "ready\n"
            in_time = asyncio.run(_frames_within(home.link, 0.2, flood))
        finally:
            flood.kill()
    print(f"{in_time:.1%} of the later frames came within 200 ms")
    # Of all frames 79 to 99 % on a quiet machine; never asserted tightly.
    assert in_time > 0.6
