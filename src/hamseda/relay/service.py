"""Forward between the lines of a room, and keep nothing of it (spec/relay.md)."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from hamseda.crypto import grants
from hamseda.errors import WireError
from hamseda.protocol.room import MEDIA_HEAD, JoinRequest, PeerChange, RoomCounts, Rooms
from hamseda.transport.outbox import Outbox
from hamseda.wire.codes import RecordType
from hamseda.wire.relay import GetGrant, Join, RoomControl, RoomPeer
from hamseda.wire.status import Status

HOUR: Final = 3600
MEDIA_KIND: Final = b"\x03"


@dataclass(frozen=True, slots=True)
class RelaySettings:
    """Hold what every grant of this home says."""

    relay_key: bytes = field(repr=False)
    grant_hours: int = 6
    packets_per_s: int = 120
    kbit_per_s: int = 200


class Relay:
    """Seat lines in rooms and pass on what they send there.

    `now` is monotonic and in seconds; `unix_now` is the home's clock, which grants name.
    """

    def __init__(
        self, settings: RelaySettings, now: Callable[[], float], unix_now: Callable[[], int]
    ) -> None:
        self._settings = settings
        self._now = now
        self._unix_now = unix_now
        self._rooms: Rooms[Outbox] = Rooms()

    @property
    def counts(self) -> RoomCounts:
        """Return what was forwarded and dropped so far."""
        return self._rooms.counts

    def forget_counts(self) -> None:
        """Count from nothing again: the numbers were written down."""
        self._rooms.counts = RoomCounts()

    def grant(self, request: GetGrant) -> bytes:
        """Mint a grant. The caller has checked that the line owns the mailbox."""
        settings = self._settings
        return grants.mint_grant(
            settings.relay_key,
            room=request.room,
            h0=request.h0,
            h1=request.h1,
            exp=self._unix_now() + settings.grant_hours * HOUR,
            owner=grants.owner_tag(settings.relay_key, request.mailbox),
            packets_per_s=settings.packets_per_s,
            kbit_per_s=settings.kbit_per_s,
        )

    def join(self, line: Outbox, request: Join) -> tuple[Status, bytes | None]:
        """Seat a line; with OK the second value says 01 when the other seat is taken, else 00."""
        try:
            grant = grants.verify_grant_untrusted(
                self._settings.relay_key, request.grant, self._unix_now()
            )
        except grants.ExpiredError:
            return Status.EXPIRED, None
        except WireError:
            return Status.REFUSED, None
        shown = JoinRequest(request.handle, grant, request.seat, request.secret)
        joined = self._rooms.join(line, shown, self._now())
        self._tell(joined.changes)
        if joined.status != Status.OK:
            return joined.status, None
        return Status.OK, bytes([joined.is_peer_present])

    def leave(self, line: Outbox, handle: int) -> None:
        """Take a line out of a room."""
        self._tell(self._rooms.leave(line, handle))

    def is_seated(self, line: Outbox) -> bool:
        """Say whether a line is in a call."""
        return self._rooms.is_seated(line)

    def close(self, line: Outbox) -> None:
        """Take a line that ended out of all its rooms."""
        self._tell(self._rooms.leave_all(line))

    async def media(self, line: Outbox, message: bytes) -> None:
        """Forward one media message (kind byte included) or drop it.

        Of foreign bytes it looks at the handle and the length only, and compares whole frames
        where a seat has a spare line: they are sealed, and each microsecond here is one that the
        home cannot give to another call.
        """
        if len(message) <= MEDIA_HEAD:
            return
        handle = message[1]
        for target in self._rooms.media(line, handle, message, self._now()):
            if target.handle != handle:
                handle = target.handle
                message = MEDIA_KIND + bytes((handle,)) + message[MEDIA_HEAD:]
            await target.line.media(message)

    def control(self, line: Outbox, request: RoomControl) -> None:
        """Forward a control body to the other seat, or drop it."""
        target = self._rooms.control(line, request.handle, len(request.body), self._now())
        if target is not None:
            body = RoomControl(target.handle, request.body).encode()
            target.line.push(RecordType.ROOM_CONTROL, body)

    def _tell(self, changes: tuple[PeerChange[Outbox], ...]) -> None:
        for change in changes:
            body = RoomPeer(change.handle, change.is_present).encode()
            change.line.push(RecordType.ROOM_PEER, body)
