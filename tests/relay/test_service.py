"""The relay at work: grants are checked, frames are passed on unread."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from hashlib import sha256

from hypothesis import given
from hypothesis import strategies as st

from hamseda.crypto import grants
from hamseda.relay.service import HOUR, Relay, RelaySettings
from hamseda.transport.outbox import Outbox
from hamseda.wire.codes import RecordType
from hamseda.wire.media import MediaMessage
from hamseda.wire.relay import GetGrant, Join, RoomControl, RoomPeer, parse_grant_untrusted
from hamseda.wire.status import Status

KEY = b"k" * 32
SECRETS = (b"0" * 16, b"1" * 16)
NOW = 1_800_000_000


class FakeLine:
    """Be a line that takes everything at once."""

    def __init__(self) -> None:
        self.sent: list[bytes] = []
        self.outbox = Outbox(self, lambda kind, body: bytes([2, kind]) + body, lambda: 0.0, self.no)

    def is_clear(self) -> bool:
        """Take it."""
        return True

    async def send(self, message: bytes) -> None:
        """Keep it."""
        self.sent.append(message)

    def no(self) -> None:
        """Refuse to overflow."""
        raise AssertionError

    async def records(self) -> list[tuple[int, bytes]]:
        """Return the records written so far."""
        for _ in range(20):
            await asyncio.sleep(0)
        return [(message[1], message[2:]) for message in self.sent if message[0] == 2]


class Scene:
    """Hold a relay, two lines and a grant."""

    def __init__(self) -> None:
        self.unix = NOW
        self.relay = Relay(RelaySettings(KEY), lambda: float(self.unix), lambda: self.unix)
        self.alice, self.bob = FakeLine(), FakeLine()
        h0, h1 = (sha256(secret).digest()[:16] for secret in SECRETS)
        self.grant = self.relay.grant(GetGrant(1, b"m" * 16, b"r" * 16, h0, h1))

    def join(self, line: FakeLine, handle: int, seat: int, grant: bytes | None = None) -> Status:
        """Sit down."""
        request = Join(1, handle, grant or self.grant, seat, SECRETS[seat])
        return self.relay.join(line.outbox, request)[0]


def play(scene: Callable[[Scene], Awaitable[None]]) -> None:
    """Run a scene on a loop."""

    async def run() -> None:
        await scene(Scene())

    asyncio.run(run())


def test_grant_says_what_the_home_allows_and_not_whose_it_is() -> None:
    """It travels to the contact: the mailbox of its owner must not travel with it."""
    scene_grant: list[bytes] = []

    async def scene(scene: Scene) -> None:
        scene_grant.append(scene.grant)

    play(scene)
    grant = parse_grant_untrusted(scene_grant[0])
    assert (grant.exp, grant.packets_per_s, grant.kbit_per_s) == (NOW + 6 * HOUR, 120, 200)
    assert grant.owner == grants.owner_tag(KEY, b"m" * 16)
    assert b"m" * 8 not in scene_grant[0]


def test_forged_and_expired_grants_open_nothing() -> None:
    """The relay is not free for all, and yesterday's call cannot be resumed."""

    async def scene(scene: Scene) -> None:
        grant = parse_grant_untrusted(scene.grant)
        forged = replace(grant, kbit_per_s=9999).encode()
        other_home = grants.mint_grant(
            b"x" * 32, room=grant.room, h0=grant.h0, h1=grant.h1, exp=grant.exp,
            owner=grant.owner, packets_per_s=120, kbit_per_s=200,
        )  # fmt: skip
        assert scene.join(scene.alice, 0, 0, forged) == Status.REFUSED
        assert scene.join(scene.alice, 0, 0, other_home) == Status.REFUSED
        assert scene.join(scene.alice, 0, 0) == Status.OK
        scene.unix += 6 * HOUR + 1
        assert scene.join(scene.bob, 0, 1) == Status.EXPIRED

    play(scene)


def test_second_to_come_hears_it_in_the_reply_and_the_first_by_a_push() -> None:
    """The reply says 01 when the other seat is taken (spec/relay.md §1)."""

    async def scene(scene: Scene) -> None:
        first = Join(1, 3, scene.grant, 0, SECRETS[0])
        second = Join(1, 4, scene.grant, 1, SECRETS[1])
        assert scene.relay.join(scene.alice.outbox, first) == (Status.OK, b"\x00")
        assert scene.relay.join(scene.bob.outbox, second) == (Status.OK, b"\x01")
        told = RoomPeer(3, present=True).encode()
        assert await scene.alice.records() == [(RecordType.ROOM_PEER, told)]
        scene.relay.close(scene.bob.outbox)
        gone = RoomPeer(3, present=False).encode()
        assert (await scene.alice.records())[1:] == [(RecordType.ROOM_PEER, gone)]

    play(scene)


def test_frames_and_control_change_nothing_but_the_handle() -> None:
    """What is sealed between two people arrives as it was sent."""

    async def scene(scene: Scene) -> None:
        scene.join(scene.alice, 3, 0)
        scene.join(scene.bob, 4, 1)
        frames = (bytes(range(90)), b"again")
        await scene.relay.media(scene.alice.outbox, MediaMessage(3, frames).encode())
        assert scene.bob.sent[-1] == MediaMessage(4, frames).encode()
        scene.relay.control(scene.bob.outbox, RoomControl(4, b"\x02sealed"))
        control = (await scene.alice.records())[-1]
        assert control == (RecordType.ROOM_CONTROL, RoomControl(3, b"\x02sealed").encode())

    play(scene)


def test_a_frame_reaches_both_lines_of_a_seat_under_their_own_handles() -> None:
    """A spare line is a line of its own: it knows the room by another number."""

    async def scene(scene: Scene) -> None:
        spare = FakeLine()
        for line, handle, seat in ((scene.alice, 3, 0), (scene.bob, 4, 1), (spare, 5, 1)):
            scene.join(line, handle, seat)
        for _ in range(2):
            await scene.relay.media(scene.alice.outbox, MediaMessage(3, (b"sealed",)).encode())
        assert scene.bob.sent[-1] == MediaMessage(4, (b"sealed",)).encode()
        assert spare.sent == [MediaMessage(5, (b"sealed",)).encode()]
        assert scene.relay.counts.dropped_twice == 1

    play(scene)


@given(st.binary(max_size=40))
def test_noise_as_media_goes_nowhere(noise: bytes) -> None:
    """Media is not authenticated by the line: anything may come in its place."""

    async def scene(scene: Scene) -> None:
        scene.join(scene.alice, 3, 0)
        scene.join(scene.bob, 4, 1)
        await scene.relay.media(scene.alice.outbox, b"\x03" + noise)
        forwarded = [message for message in scene.bob.sent if message[0] == 3]
        is_for_bob = len(noise) > 1 and noise[0] == 3
        assert forwarded == ([b"\x03\x04" + noise[1:]] if is_for_bob else [])

    play(scene)
