"""Let two seats meet in a room, and decide for each message where it goes (spec/relay.md).

No sockets, no clock: a line is any hashable object, time is an argument in monotonic seconds.
The caller verifies the grant's MAC and expiry; this module opens seats, counts, and forgets a
room with its last line.
"""

import hmac
from collections import deque
from collections.abc import Hashable
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Final, Generic, TypeVar

from hamseda.wire.relay import Grant
from hamseda.wire.status import Status

Line = TypeVar("Line", bound=Hashable)

LINES_A_SEAT: Final = 2
REMEMBERED: Final = 32
"""Media messages to a seat of which a second copy is known: 0.6 s of standard mode."""
MEDIA_HEAD: Final = 2
"""Bytes of a media message before its frames; the handle among them differs from line to line."""
ROOMS_AN_OWNER: Final = 2
MEDIA_BYTES: Final = 1024
CONTROL_BYTES: Final = 4097
CONTROL_LEAST: Final = 256
"""What a control body costs at least: each is a record of the line, even an empty one."""
CONTROL_BYTES_A_SEAT: Final = 64 * 1024


@dataclass(slots=True)
class RoomCounts:
    """Count what the relay did, over all rooms and without saying which."""

    forwarded: int = 0
    controls: int = 0
    dropped_too_fast: int = 0
    dropped_too_large: int = 0
    dropped_nobody_there: int = 0
    dropped_twice: int = 0
    """Second copies, which came by the other line of a seat."""
    lines_replaced: int = 0


class Place(Generic[Line]):
    """Be one line's place in a seat: `line` knows the room as `handle`."""

    __slots__ = ("handle", "heard", "line", "seat")

    def __init__(self, line: Line, handle: int, seat: "_Seat[Line]", heard: float) -> None:
        self.line: Final = line
        self.handle: Final = handle
        self.seat: Final = seat
        self.heard = heard


class _Seat(Generic[Line]):
    """Hold the lines of one side and the rations that they share."""

    __slots__ = (
        "bits", "control_left", "filled", "opposite", "packets", "places", "recent", "room",
    )  # fmt: skip

    opposite: "_Seat[Line]"

    def __init__(self, room: "_Room[Line]", now: float) -> None:
        self.room: Final = room
        self.places: tuple[Place[Line], ...] = ()
        """A tuple, so that it can be handed out as it is: it is replaced, never changed."""
        self.recent: deque[bytes] | None = None
        """What was forwarded to here, while one of the two seats has two lines."""
        self.packets = float(room.packets_per_s)
        self.bits = float(room.bits_per_s)
        self.filled = now
        self.control_left = CONTROL_BYTES_A_SEAT

    def seat(self, places: tuple[Place[Line], ...]) -> None:
        """Change who sits here, and begin or end to remember with the first spare line."""
        self.places = places
        is_doubled = len(places) > 1 or len(self.opposite.places) > 1
        for side in (self, self.opposite):
            if not is_doubled:
                side.recent = None
            elif side.recent is None:
                side.recent = deque(maxlen=REMEMBERED)

    def newest(self) -> Place[Line] | None:
        """Return the most recently heard line."""
        places = self.places
        if len(places) == 1:
            return places[0]
        return max(places, key=lambda place: place.heard) if places else None


class _Room(Generic[Line]):
    __slots__ = ("bits_per_s", "key", "owner", "packets_per_s", "seats")

    def __init__(self, key: bytes, grant: Grant, now: float) -> None:
        self.key: Final = key
        self.owner: Final = grant.owner
        self.packets_per_s: Final = grant.packets_per_s
        self.bits_per_s: Final = grant.kbit_per_s * 1000
        self.seats: Final[tuple[_Seat[Line], _Seat[Line]]] = (_Seat(self, now), _Seat(self, now))
        self.seats[0].opposite = self.seats[1]
        self.seats[1].opposite = self.seats[0]


@dataclass(frozen=True, slots=True)
class PeerChange(Generic[Line]):
    """Tell `line` that the other seat of its room `handle` got its first line or lost its last."""

    line: Line
    handle: int
    is_present: bool


@dataclass(frozen=True, slots=True)
class Joined(Generic[Line]):
    """Say how a join ended; `is_peer_present` counts only with status OK."""

    status: Status
    is_peer_present: bool = False
    changes: tuple[PeerChange[Line], ...] = ()


@dataclass(frozen=True, slots=True)
class JoinRequest:
    """Carry what a client shows to be seated."""

    handle: int
    grant: Grant = field(repr=False)
    seat: int
    secret: bytes = field(repr=False)


class Rooms(Generic[Line]):
    """Keep the live rooms of one relay."""

    def __init__(self) -> None:
        self.counts = RoomCounts()
        self._rooms: dict[bytes, _Room[Line]] = {}
        self._places: dict[tuple[Line, int], Place[Line]] = {}
        self._rooms_of: dict[bytes, int] = {}

    def __len__(self) -> int:
        return len(self._rooms)

    def join(self, line: Line, request: JoinRequest, now: float) -> Joined[Line]:
        """Seat a line. The grant must have been verified.

        REFUSED without the seat's secret, TAKEN when the line uses the handle for another seat,
        QUOTA when the grant's owner has two other rooms alive. Joining again changes nothing.
        """
        grant = request.grant
        expected = grant.h1 if request.seat else grant.h0
        if not hmac.compare_digest(sha256(request.secret).digest()[:16], expected):
            return Joined(Status.REFUSED)
        # With the hashes: who knows only a room's id cannot squat it with other seats.
        key = grant.room + grant.h0 + grant.h1
        room = self._rooms.get(key)
        held = self._places.get((line, request.handle))
        if held is not None:
            if room is None or held.seat is not room.seats[request.seat]:
                return Joined(Status.TAKEN)
            held.heard = now
            return Joined(Status.OK, is_peer_present=bool(held.seat.opposite.places))
        if room is None:
            alive = self._rooms_of.get(grant.owner, 0)
            if alive >= ROOMS_AN_OWNER:
                return Joined(Status.QUOTA)
            room = self._rooms[key] = _Room(key, grant, now)
            self._rooms_of[grant.owner] = alive + 1
        return self._sit_down(line, request.handle, room.seats[request.seat], now)

    def _sit_down(self, line: Line, handle: int, seat: _Seat[Line], now: float) -> Joined[Line]:
        was_empty = not seat.places
        staying = seat.places
        if len(staying) >= LINES_A_SEAT:
            silent = min(staying, key=lambda place: place.heard)
            staying = tuple(place for place in staying if place is not silent)
            del self._places[silent.line, silent.handle]
            self.counts.lines_replaced += 1
        place = Place(line, handle, seat, now)
        seat.seat((*staying, place))
        self._places[line, handle] = place
        changes = _changes(seat.opposite, is_present=True) if was_empty else ()
        return Joined(Status.OK, bool(seat.opposite.places), changes)

    def leave(self, line: Line, handle: int) -> tuple[PeerChange[Line], ...]:
        """Take a line out of a room; nothing happens when it is not there."""
        place = self._places.pop((line, handle), None)
        if place is None:
            return ()
        seat = place.seat
        seat.seat(tuple(other for other in seat.places if other is not place))
        if seat.places:
            return ()
        if not seat.opposite.places:
            self._forget(seat.room)
        return _changes(seat.opposite, is_present=False)

    def leave_all(self, line: Line, handles: range = range(8)) -> tuple[PeerChange[Line], ...]:
        """Take a line out of all its rooms."""
        return tuple(change for handle in handles for change in self.leave(line, handle))

    def is_seated(self, line: Line, handles: range = range(8)) -> bool:
        """Say whether a line has a seat in any room."""
        return any((line, handle) in self._places for handle in handles)

    def _forget(self, room: _Room[Line]) -> None:
        del self._rooms[room.key]
        left = self._rooms_of[room.owner] - 1
        if left:
            self._rooms_of[room.owner] = left
        else:
            del self._rooms_of[room.owner]

    def media(self, line: Line, handle: int, message: bytes, now: float) -> tuple[Place[Line], ...]:
        """Return where a media message goes: to every line of the other seat, or nowhere."""
        place = self._places.get((line, handle))
        if place is None:
            self.counts.dropped_nobody_there += 1
            return ()
        place.heard = now
        size = len(message)
        if size > MEDIA_BYTES:
            self.counts.dropped_too_large += 1
            return ()
        seat = place.seat
        if not _may_send(seat, size * 8, now):
            self.counts.dropped_too_fast += 1
            return ()
        target = seat.opposite
        if not target.places:
            self.counts.dropped_nobody_there += 1
            return ()
        recent = target.recent
        if recent is not None:
            frames = message[MEDIA_HEAD:]
            if frames in recent:
                self.counts.dropped_twice += 1
                return ()
            recent.append(frames)
        self.counts.forwarded += 1
        return target.places

    def control(self, line: Line, handle: int, size: int, now: float) -> Place[Line] | None:
        """Return where a control body of `size` bytes goes, or None when it is to be dropped."""
        place = self._places.get((line, handle))
        if place is None:
            self.counts.dropped_nobody_there += 1
            return None
        place.heard = now
        seat = place.seat
        cost = max(size, CONTROL_LEAST)
        if size > CONTROL_BYTES or cost > seat.control_left:
            self.counts.dropped_too_large += 1
            return None
        target = seat.opposite.newest()
        if target is None:
            self.counts.dropped_nobody_there += 1
            return None
        seat.control_left -= cost
        self.counts.controls += 1
        return target


def _may_send(seat: _Seat[Line], bits: int, now: float) -> bool:
    """Take one packet and its bits from the seat's ration; a second's worth may come at once."""
    room = seat.room
    passed = now - seat.filled
    seat.filled = now
    packets = min(room.packets_per_s, seat.packets + passed * room.packets_per_s)
    left = min(room.bits_per_s, seat.bits + passed * room.bits_per_s)
    is_within = packets >= 1.0 and left >= bits
    if is_within:
        packets -= 1.0
        left -= bits
    seat.packets = packets
    seat.bits = left
    return is_within


def _changes(seat: _Seat[Line], *, is_present: bool) -> tuple[PeerChange[Line], ...]:
    return tuple(PeerChange(place.line, place.handle, is_present) for place in seat.places)
