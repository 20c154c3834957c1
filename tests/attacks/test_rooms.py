"""A third line gets no seat in a room, and hears nothing."""

import asyncio
import secrets
from dataclasses import replace

import pytest

from hamseda.crypto.grants import seat_hash
from hamseda.wire.link import HomeLink, parse_link
from hamseda.wire.relay import Join, RoomControl
from hamseda.wire.status import Status
from tests.attacks.conftest import Couple
from tests.serve.line_client import LineClient

pytestmark = pytest.mark.attacks


def test_third_line_in_a_room_gets_no_seat(couple: Couple) -> None:
    """A grant may leak, or be shown by a contact: without a seat's secret it opens nothing."""
    waiting = couple.maryam.start_answer("--once")
    calling = couple.ali.start_call("maryam", duration=3)
    calling.wait_for("connected")
    _, join = couple.evil.notes.joins[0]
    link = parse_link(couple.evil.link)
    assert isinstance(link, HomeLink)
    tried, heard = asyncio.run(_intrude(link, join))
    assert tried == {Status.REFUSED}
    assert heard == 0
    assert (calling.wait(), waiting.wait()) == (0, 0)
    assert calling.last("ended")["reason"] == "hangup"


async def _intrude(link: HomeLink, seen: Join) -> tuple[set[Status], int]:
    """Try all that a grant without a secret suggests; give the replies and what was heard."""
    room, h0, h1 = seen.grant[:16], seen.grant[16:32], seen.grant[32:48]
    guesses = [h0, h1, room, bytes(16), b"\xff" * 16, *(secrets.token_bytes(16) for _ in range(20))]
    forged = bytearray(seen.grant)
    forged[16:48] = 2 * seat_hash(bytes(16))
    tries = [(seen.grant, seat, secret) for seat in (0, 1) for secret in guesses]
    tries += [(bytes(forged), seat, bytes(16)) for seat in (0, 1)]
    async with LineClient(link) as line:
        statuses = set[Status]()
        for grant, seat, secret in tries:
            join = replace(seen, q=line.q(), grant=grant, seat=seat, secret=secret)
            statuses.add((await line.request(join)).status)
            # Who was refused may still try to speak.
            await line.ws.send_bytes(b"\x03" + bytes([seen.handle]) + b"\x00\x04spam")
            await line.send(RoomControl(seen.handle, b"\x02" + bytes(256)))
        return statuses, line.media.qsize() + line.pushes.qsize()
