"""Rooms: who may sit down, and where a message goes."""

from dataclasses import replace
from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from hamseda.protocol.room import (
    CONTROL_BYTES,
    CONTROL_BYTES_A_SEAT,
    CONTROL_LEAST,
    LINES_A_SEAT,
    REMEMBERED,
    JoinRequest,
    PeerChange,
    Place,
    Rooms,
)
from hamseda.wire.relay import Grant
from hamseda.wire.status import Status

FRAME = bytes(100)
SECRETS = (b"secret of seat 0", b"secret of seat 1")


def _hash(secret: bytes) -> bytes:
    return sha256(secret).digest()[:16]


GRANT = Grant(
    room=b"r" * 16,
    h0=_hash(SECRETS[0]),
    h1=_hash(SECRETS[1]),
    exp=2_000_000_000,
    owner=b"o" * 8,
    packets_per_s=120,
    kbit_per_s=200,
    mac=bytes(32),
)


def ask(handle: int, seat: int, secret: bytes | None = None, grant: Grant = GRANT) -> JoinRequest:
    """Return a join of a seat with, by default, its right secret."""
    return JoinRequest(handle, grant, seat, SECRETS[seat] if secret is None else secret)


def frame(number: int, handle: int = 0) -> bytes:
    """Return a media message of 100 bytes that differs from others behind its handle."""
    return bytes((3, handle)) + number.to_bytes(98, "big")


def lines(places: tuple[Place[str], ...]) -> list[tuple[str, int]]:
    """Say where a message goes."""
    return [(place.line, place.handle) for place in places]


@pytest.fixture
def rooms() -> Rooms[str]:
    """Return a relay where Alice sits on seat 0 (handle 1) and Bob on seat 1 (handle 2)."""
    rooms: Rooms[str] = Rooms()
    rooms.join("alice", ask(1, 0), now=0.0)
    rooms.join("bob", ask(2, 1), now=0.0)
    return rooms


def test_second_to_come_learns_that_somebody_is_there_and_the_first_is_told() -> None:
    """The caller knows from it that the callee's phone has woken up."""
    rooms: Rooms[str] = Rooms()
    first = rooms.join("alice", ask(1, 0), now=0.0)
    assert (first.status, first.is_peer_present, first.changes) == (Status.OK, False, ())
    second = rooms.join("bob", ask(2, 1), now=1.0)
    assert (second.status, second.is_peer_present) == (Status.OK, True)
    assert second.changes == (PeerChange("alice", 1, is_present=True),)


def test_frames_go_to_the_other_seat_under_its_own_handle(rooms: Rooms[str]) -> None:
    """Handles are each client's own numbers: a frame must not arrive in another call."""
    assert lines(rooms.media("alice", 1, FRAME, now=1.0)) == [("bob", 2)]


def test_without_the_secret_there_is_no_seat(rooms: Rooms[str]) -> None:
    """Whoever saw a grant on its way must not be able to listen or to interrupt."""
    for seat in (0, 1):
        for wrong in (b"", bytes(16), SECRETS[1 - seat]):
            assert rooms.join("eve", ask(0, seat, wrong), now=1.0).status == Status.REFUSED
    assert rooms.media("eve", 0, FRAME, now=1.0) == ()


def test_third_line_of_a_seat_replaces_the_silent_one(rooms: Rooms[str]) -> None:
    """A phone that changed networks twice must get its call back at once."""
    rooms.join("bob on wifi", ask(0, 1), now=1.0)
    rooms.media("bob on wifi", 0, frame(1), now=5.0)
    rooms.join("bob on mobile", ask(3, 1), now=6.0)
    assert not rooms.media("bob", 2, frame(2), now=7.0)
    assert rooms.media("bob on wifi", 0, frame(3), now=7.0)
    assert rooms.counts.lines_replaced == 1


def test_frames_go_to_every_line_of_a_seat(rooms: Rooms[str]) -> None:
    """What one line delays or swallows, the other brings in time."""
    rooms.join("bob's spare", ask(0, 1), now=1.0)
    assert lines(rooms.media("alice", 1, FRAME, now=2.0)) == [("bob", 2), ("bob's spare", 0)]
    rooms.leave("bob", 2)
    assert lines(rooms.media("alice", 1, FRAME, now=2.0)) == [("bob's spare", 0)]


def test_second_copy_of_a_frame_goes_no_further(rooms: Rooms[str]) -> None:
    """Who doubles for the sake of his own network must not double the traffic of the other's."""
    rooms.join("alice's spare", ask(0, 0), now=1.0)
    for number in range(100):
        assert rooms.media("alice", 1, frame(number, 1), now=2.0 + number / 50)
        assert not rooms.media("alice's spare", 0, frame(number), now=2.0 + number / 50)
    assert rooms.counts.dropped_twice == 100
    assert rooms.counts.forwarded == 100


def test_copy_that_comes_first_is_the_one_that_goes(rooms: Rooms[str]) -> None:
    """The lines take turns in being the faster one."""
    rooms.join("alice's spare", ask(0, 0), now=1.0)
    assert rooms.media("alice's spare", 0, frame(7), now=2.0)
    assert not rooms.media("alice", 1, frame(7, 1), now=2.1)


def test_memory_of_copies_is_short(rooms: Rooms[str]) -> None:
    """A relay keeps nothing of a call: a copy that is late by seconds is the receiver's matter."""
    rooms.join("bob's spare", ask(0, 1), now=1.0)
    for number in range(REMEMBERED + 1):
        assert rooms.media("alice", 1, frame(number), now=2.0 + number / 50)
    assert not rooms.media("alice", 1, frame(1), now=4.0)
    assert rooms.media("alice", 1, frame(0), now=4.0)
    rooms.leave("bob's spare", 0)
    assert rooms.media("alice", 1, frame(REMEMBERED), now=5.0)


def test_directions_are_told_apart(rooms: Rooms[str]) -> None:
    """An echo of the same bytes is another message."""
    rooms.join("alice's spare", ask(0, 0), now=1.0)
    assert rooms.media("alice", 1, FRAME, now=2.0)
    assert rooms.media("bob", 2, FRAME, now=2.0)


def test_controls_go_to_the_line_heard_last(rooms: Rooms[str]) -> None:
    """After a change of networks the dead line must not swallow what the other side says."""
    rooms.join("bob on mobile", ask(0, 1), now=1.0)
    for line, handle, now in (("bob on mobile", 0, 2.0), ("bob", 2, 3.0)):
        rooms.media(line, handle, frame(int(now)), now=now)
        target = rooms.control("alice", 1, 100, now=now)
        assert target is not None
        assert target.line == line


def test_peer_is_gone_only_with_its_last_line(rooms: Rooms[str]) -> None:
    """A spare line that closes is no hangup."""
    rooms.join("bob on mobile", ask(0, 1), now=1.0)
    assert rooms.leave("bob", 2) == ()
    assert rooms.leave("bob on mobile", 0) == (PeerChange("alice", 1, is_present=False),)
    assert rooms.media("alice", 1, FRAME, now=2.0) == ()


def test_room_ends_with_its_last_line_and_can_be_had_again(rooms: Rooms[str]) -> None:
    """A home that restarted knows no rooms: the same grant must open one anew."""
    rooms.leave_all("alice")
    rooms.leave_all("bob")
    assert len(rooms) == 0
    assert rooms.join("alice", ask(1, 0), now=9.0).status == Status.OK


def test_joining_again_changes_nothing(rooms: Rooms[str]) -> None:
    """A client that missed the reply repeats its request."""
    again = rooms.join("alice", ask(1, 0), now=1.0)
    assert (again.status, again.is_peer_present, again.changes) == (Status.OK, True, ())


def test_handle_in_use_is_not_moved_to_another_room(rooms: Rooms[str]) -> None:
    """Two calls under one handle would mix their frames."""
    other = replace(GRANT, room=b"s" * 16)
    assert rooms.join("alice", ask(1, 0, grant=other), now=1.0).status == Status.TAKEN


def test_owner_has_two_rooms(rooms: Rooms[str]) -> None:
    """One mailbox must not turn the relay into a conference service for strangers."""
    second, third = (replace(GRANT, room=letter * 16) for letter in (b"s", b"t"))
    assert rooms.join("alice", ask(2, 0, grant=second), now=1.0).status == Status.OK
    assert rooms.join("alice", ask(3, 0, grant=third), now=1.0).status == Status.QUOTA
    rooms.leave("alice", 2)
    assert rooms.join("alice", ask(3, 0, grant=third), now=1.0).status == Status.OK


def test_room_number_alone_squats_nothing(rooms: Rooms[str]) -> None:
    """Who learns a room's number and grants himself other seats sits in another room."""
    own = replace(GRANT, h0=_hash(b"mallory"), owner=b"m" * 8)
    assert rooms.join("mallory", ask(0, 0, b"mallory", own), now=1.0).status == Status.OK
    assert rooms.media("mallory", 0, FRAME, now=1.0) == ()


def test_seat_sends_its_ration_and_no_more(rooms: Rooms[str]) -> None:
    """A client that floods wastes its own call, not the home's line."""
    passed = sum(bool(rooms.media("alice", 1, FRAME, now=1.0)) for _ in range(500))
    assert passed == 120
    passed = sum(bool(rooms.media("alice", 1, FRAME, now=1.5)) for _ in range(500))
    assert passed == 60
    assert rooms.counts.dropped_too_fast == 500 - 120 + 500 - 60


def test_large_frames_are_rationed_by_bits(rooms: Rooms[str]) -> None:
    """120 packets of 1 KiB a second would be a megabit."""
    passed = sum(bool(rooms.media("alice", 1, bytes(1024), now=1.0)) for _ in range(100))
    assert passed == 200_000 // (1024 * 8)
    assert rooms.media("alice", 1, bytes(1025), now=60.0) == ()


def test_two_lines_of_a_seat_share_its_ration(rooms: Rooms[str]) -> None:
    """A second line is for safety, not for twice the rate."""
    rooms.join("alice's spare", ask(0, 0), now=0.0)
    for number in range(100):
        for line, handle in (("alice", 1), ("alice's spare", 0)):
            rooms.media(line, handle, frame(number, handle), now=1.0)
    assert rooms.counts.forwarded + rooms.counts.dropped_twice == 120


def test_control_is_limited_for_the_room_in_all(rooms: Rooms[str]) -> None:
    """Control goes before media and is kept: without an end to it a peer could stop the sound."""
    assert rooms.control("alice", 1, CONTROL_BYTES + 1, now=1.0) is None
    sizes = [CONTROL_BYTES] * 20
    passed = sum(rooms.control("alice", 1, size, now=1.0) is not None for size in sizes)
    assert passed == CONTROL_BYTES_A_SEAT // CONTROL_BYTES
    assert rooms.control("bob", 2, 256, now=1.0) is not None


@pytest.mark.parametrize("size", [0, 1, CONTROL_LEAST])
def test_small_controls_are_not_free(rooms: Rooms[str], size: int) -> None:
    """Empty ones without end would close the line of whoever is in a room with a hostile peer."""
    passed = sum(rooms.control("alice", 1, size, now=1.0) is not None for _ in range(1000))
    assert passed == CONTROL_BYTES_A_SEAT // CONTROL_LEAST


@given(st.integers(0, 255), st.integers(0, 2**16))
def test_foreign_handles_and_sizes_are_dropped(handle: int, size: int) -> None:
    """The handle byte comes from the network unread."""
    rooms: Rooms[str] = Rooms()
    assert rooms.media("anybody", handle, bytes(size), now=0.0) == ()
    assert rooms.control("anybody", handle, size, now=0.0) is None


class AnyOrder(RuleBasedStateMachine):
    """Let lines come, speak and go in any order: nothing may be left behind or go astray."""

    def __init__(self) -> None:
        super().__init__()
        self.rooms: Rooms[int] = Rooms()
        self.now = 0.0
        self.seats: dict[tuple[int, int], tuple[bytes, int]] = {}

    @rule(line=st.integers(0, 4), handle=st.integers(0, 2), seat=st.integers(0, 1),
          letter=st.sampled_from([b"r", b"s"]))  # fmt: skip
    def join(self, line: int, handle: int, seat: int, letter: bytes) -> None:
        """Sit down with the right secret."""
        self.now += 0.1
        grant = replace(GRANT, room=letter * 16)
        joined = self.rooms.join(line, ask(handle, seat, grant=grant), self.now)
        if joined.status == Status.OK:
            self.seats[line, handle] = (letter, seat)

    @rule(line=st.integers(0, 4), handle=st.integers(0, 2))
    def leave(self, line: int, handle: int) -> None:
        """Leave one room."""
        self.rooms.leave(line, handle)
        self.seats.pop((line, handle), None)

    @rule(line=st.integers(0, 4))
    def vanish(self, line: int) -> None:
        """Lose the connection."""
        self.rooms.leave_all(line)
        self.seats = {key: place for key, place in self.seats.items() if key[0] != line}

    @rule(line=st.integers(0, 4), handle=st.integers(0, 2))
    def speak(self, line: int, handle: int) -> None:
        """Send a frame: it reaches the other seat of the same room or nobody."""
        self.now += 0.1
        targets = self.rooms.media(line, handle, frame(round(self.now * 10)), self.now)
        assert len(targets) <= LINES_A_SEAT
        for target in targets:
            room, seat = self.seats[line, handle]
            assert self.seats[target.line, target.handle] == (room, 1 - seat)

    @invariant()
    def rooms_end_with_their_lines(self) -> None:
        """Forget a room without lines."""
        assert len(self.rooms) <= len({letter for letter, _ in self.seats.values()})


TestAnyOrder = AnyOrder.TestCase
