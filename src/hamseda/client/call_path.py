"""Carry one call over the home's line and, while it is wanted, over a spare one (spec/media.md §6).

The spare is a line of its own to the same home that knows nothing but the call's room. Media goes
on both, byte for byte; the relay passes on whichever copy is first. What comes by either line goes
the same way in, and the receiver drops the second copy of a frame.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
from typing import Final, Literal, Protocol

from hamseda.client.line import HomeLine
from hamseda.client.media_out import Drops
from hamseda.errors import NetworkError
from hamseda.wire.descriptor import Endpoint
from hamseda.wire.media import MediaMessage
from hamseda.wire.messages import Push
from hamseda.wire.relay import Join, Leave, RoomControl
from hamseda.wire.status import Status

CONTROL_SECONDS: Final = 1.0
"""A line that stands still must not keep anybody from hanging up."""
LEAVE_SECONDS: Final = 0.5
_APART = (0.0, 0.1)
"""Seconds between the wish for a spare line and its first packet: it is no clockwork."""
_WATCH_SECONDS = 0.2
"""How often a call looks whether this machine still has the address that a line began with."""
_RESEAT_SECONDS = 2.0
_REFUSED_SECONDS = 10.0
_LOOK_SECONDS = 2.0
_LOOK_PATIENCE = 3.0
"""While there are two lines one can die unheard: each is asked every 2 s, and given 3 s."""
_STILL_SECONDS = 0.6
"""With the half second before it: longer than an ordinary stall of a second."""

Why = Literal["spare_opened", "spare_closed", "line_reopened"]


class PathUser(Protocol):
    """Take what comes by either line of a call."""

    def media(self, frames: tuple[bytes, ...]) -> None:
        """Take the sealed frames of one message, perhaps for the second time."""
        ...

    def room_body(self, body: bytes) -> None:
        """Take the body of a room control, perhaps for the second time."""
        ...

    def seat_answered(self, status: Status) -> None:
        """Learn what the home said when the seat was asked for once more."""
        ...

    def path_changed(self, why: Why, endpoint: int) -> None:
        """Learn that the call goes another way, by which endpoint of the descriptor."""
        ...

    def moved(self) -> None:
        """Learn that the home's line came back by another endpoint: the far side may be told."""
        ...


class CallPath:
    """Be the way of one call. `run` keeps the spare line; all else works beside it."""

    def __init__(self, line: HomeLine, join: Join, user: PathUser) -> None:
        self._line = line
        self._join = join
        self._user = user
        self._spare: HomeLine | None = None
        self._is_spare_seated = False
        self._was_seated = False
        self._opening = 0
        self._end: Endpoint | None = None
        """Which opening of the home's line was seated last, and where it went."""
        self._is_wanted = False
        self._is_moving = False
        self._unseated = asyncio.Event()
        self._wish = asyncio.Event()
        self._end_of_spare = asyncio.Event()
        self._drops = Drops()

    @property
    def handle(self) -> int:
        """Give this side's number for the call's room, on both lines."""
        return self._join.handle

    @property
    def join(self) -> Join:
        """Give what this side shows to take its seat."""
        return self._join

    @property
    def is_doubled(self) -> bool:
        """Tell whether media goes on two lines now."""
        return self._is_spare_seated

    @property
    def outage(self) -> NetworkError | None:
        """Say why the call has no line at all now; None while it has one."""
        if self._line.is_open or (self._spare is not None and self._spare.is_open):
            return None
        return self._line.explain()

    # The seat

    async def sit_down(self) -> Status:
        """Take the seat with the home's line, for the first time or again.

        Raises `NetworkError` when that line is down or breaks.
        """
        status = (await self._line.request(self._join)).status
        if status is Status.OK:
            # A call that began while its line was opened may sit down on it twice.
            if self._was_seated and self._line.openings != self._opening:
                self._user.path_changed("line_reopened", self._line.endpoint)
                if self._line.end != self._end:
                    self._user.moved()
            self._was_seated = True
            self._opening, self._end = self._line.openings, self._line.end
        elif status is Status.QUOTA and self._was_seated:
            # A ration is over in a moment; who had a seat does not lose the call for it.
            self._unseated.set()
            return Status.OK
        return status

    async def _sit_down_later(self) -> None:
        while True:
            await self._unseated.wait()
            await asyncio.sleep(_RESEAT_SECONDS)
            self._unseated.clear()
            with contextlib.suppress(NetworkError):
                self._user.seat_answered(await self.sit_down())

    async def move(self, join: Join) -> Status:
        """Leave the room for another one; `NetworkError` as with `sit_down`."""
        with contextlib.suppress(NetworkError):
            await self._line.request(Leave(0, self.handle))
        self._join = join
        self._was_seated = False
        return await self.sit_down()

    async def leave(self) -> None:
        """Stand up, and do not wait long for the home to hear of it."""
        with contextlib.suppress(NetworkError, TimeoutError):
            async with asyncio.timeout(LEAVE_SECONDS):
                await self._line.request(Leave(0, self.handle))

    # Out

    def send_media(self, packets: tuple[bytes, ...]) -> None:
        """Send one message of sealed packets, on both lines while there are two; never waits."""
        for line in self._seated():
            line.send_media(self.handle, packets)

    async def tell(self, body: bytes) -> None:
        """Send a room control, on both lines: each end takes it once."""
        async with asyncio.TaskGroup() as tasks:
            for line in self._seated():
                tasks.create_task(self._tell(line, body))

    async def _tell(self, line: HomeLine, body: bytes) -> None:
        with contextlib.suppress(NetworkError, TimeoutError):
            async with asyncio.timeout(CONTROL_SECONDS):
                await line.tell(RoomControl(self.handle, body))

    async def probe(self) -> None:
        """Ask both lines whether they live; one that stays mute is opened again."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._line.probe())
            if self._spare is not None:
                tasks.create_task(self._spare.probe())
                tasks.create_task(self._leave_if_both_stand_still(self._spare))

    async def _leave_if_both_stand_still(self, spare: HomeLine) -> None:
        """Look for a third way soon where nothing passes on two; the first one may still wait."""
        before = self._line.progress(), spare.progress()
        await asyncio.sleep(_STILL_SECONDS)
        if None not in before and (self._line.progress(), spare.progress()) == before:
            spare.drop(is_cut=True)

    def dropped_share(self) -> float:
        """Give the share of media since the last time that left on neither line in time."""
        return self._drops.share(line.media_out for line in self._seated())

    def _seated(self) -> tuple[HomeLine, ...]:
        if self._spare is None or not self._is_spare_seated:
            return (self._line,)
        return self._line, self._spare

    # The spare line

    def want_spare(self, wanted: bool) -> None:
        """Say whether frames are to be doubled. It is done in the background, and may fail."""
        self._is_wanted = wanted
        self._wish_again()

    def _wish_again(self) -> None:
        if self._is_wanted or self._is_moving:
            self._wish.set()
        else:
            self._wish.clear()
            self._end_of_spare.set()

    async def run(self) -> None:
        """Keep the ways that are wanted, and watch this machine's addresses, until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._keep_spares())
            tasks.create_task(self._watch_addresses())
            tasks.create_task(self._sit_down_later())

    async def _keep_spares(self) -> None:
        while True:
            await self._wish.wait()
            await asyncio.sleep(random.uniform(*_APART))  # noqa: S311 - spread, no secret
            self._end_of_spare.clear()
            if not self._wish.is_set():
                continue
            await self._keep_spare()
            if self._wish.is_set():
                await asyncio.sleep(_REFUSED_SECONDS)

    async def _watch_addresses(self) -> None:
        """Drop a line whose address this machine lost; follow a better way over a spare line."""
        while True:
            await asyncio.sleep(_WATCH_SECONDS)
            for line in (self._line, self._spare):
                if line is not None:
                    line.drop_if_stranded()
            is_between = self._is_moving and not self._line.is_open
            is_moving = is_between or self._line.has_better_way
            if is_moving and self._is_spare_seated and not is_between:
                # The spare line goes the better way already; the other follows it.
                self._line.drop()
            if is_moving != self._is_moving:
                self._is_moving = is_moving
                self._wish_again()

    async def _keep_spare(self) -> None:
        """Keep a spare line until it is unwanted or refused a seat."""
        spare = self._spare = self._line.beside(self)
        spare.urgent = True
        work = [asyncio.create_task(spare.run()), asyncio.create_task(self._look_after(spare))]
        try:
            await self._end_of_spare.wait()
        finally:
            self._spare = None
            self._lost()
            for task in work:
                task.cancel()
            await asyncio.wait(work)

    async def _look_after(self, spare: HomeLine) -> None:
        while True:
            await asyncio.sleep(_LOOK_SECONDS)
            async with asyncio.TaskGroup() as tasks:
                for line in (self._line, spare):
                    tasks.create_task(line.probe(_LOOK_PATIENCE))

    def _lost(self) -> None:
        if self._is_spare_seated:
            self._is_spare_seated = False
            self._user.path_changed("spare_closed", self._line.endpoint)

    async def line_opened(self, line: HomeLine) -> None:
        """Sit down beside the home's line."""
        status = (await line.request(self._join)).status
        if status is not Status.OK:
            self._end_of_spare.set()
        elif line is self._spare:
            self._is_spare_seated = True
            self._user.path_changed("spare_opened", line.endpoint)

    def line_lost(self, line: HomeLine) -> None:
        """Go on without it; it is already being opened again."""
        if line is self._spare:
            self._lost()

    def pushed(self, line: HomeLine, push: Push) -> None:
        """Take what the room says."""
        if line is self._spare and isinstance(push, RoomControl) and push.handle == self.handle:
            self._user.room_body(push.body)

    def media(self, line: HomeLine, message: MediaMessage) -> None:
        """Take what the other side says."""
        if line is self._spare and message.handle == self.handle:
            self._user.media(message.frames)
