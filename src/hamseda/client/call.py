"""Run one call: its state machine, its seat in a room, and its voice (spec/call.md)."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable
from typing import Literal

from hamseda.client.call_path import CallPath, Why
from hamseda.client.call_post import CallPost
from hamseda.client.events import (
    Answered,
    CallEvent,
    Connected,
    Ended,
    PathChanged,
    Problem,
    RemoteMoved,
    Ringing,
    Sas,
)
from hamseda.client.glare import Glare
from hamseda.client.line import HomeLine
from hamseda.client.voice import MediaKeys, Voice
from hamseda.crypto.emoji import EMOJI
from hamseda.crypto.sframe import SFrameReceiver, SFrameSender
from hamseda.errors import HamsedaError, NetworkError, WireError, sole
from hamseda.media.modes import STANDARD, Mode
from hamseda.protocol import call_events as want
from hamseda.protocol.call_events import EndReason
from hamseda.protocol.callee import Callee
from hamseda.protocol.caller import Caller
from hamseda.protocol.contact import Contact
from hamseda.transport.audio_source import AudioSink, AudioSource
from hamseda.wire.call import join_room_body, split_room_body_untrusted
from hamseda.wire.codes import BodyKind, RoomBody
from hamseda.wire.relay import Join
from hamseda.wire.status import Status

log = logging.getLogger(__name__)

Machine = Caller | Callee
Step = Callable[[float], list[want.CallEvent]]


_EVENTS_MOST = 4096
_STEPS_MOST = 1024
_LOOK_SECONDS = 1.0
_OUTAGE_SECONDS = 5.0
"""Without any line for so long: the person hears why."""


class Call:
    """Be one call, from the first ring to the end. Iterate it for its events.

    `answer`, `decline` and `hang_up` may be called at any time; what makes no sense is ignored.
    """

    def __init__(
        self,
        contact: Contact,
        machine: Machine,
        line: HomeLine,
        join: Join,
        post: CallPost,
    ) -> None:
        self.contact = contact
        self.direction: Literal["in", "out"] = "out" if isinstance(machine, Caller) else "in"
        self.machine = machine
        self.line = line
        self.reason: EndReason | None = None
        self.is_taken = False
        """Somebody here decided on it already: it need not be announced."""
        self.path = CallPath(line, join, self)
        self._post = post
        self._glare: Glare | None = None
        self.unmet: Callee | None = None
        """A call of the other side that yielded nothing: nobody said that he is there."""
        self._steps: asyncio.Queue[Step] = asyncio.Queue(_STEPS_MOST)
        self._rivals: asyncio.Queue[tuple[Callee, int]] = asyncio.Queue(_STEPS_MOST)
        self._events: asyncio.Queue[CallEvent] = asyncio.Queue(_EVENTS_MOST)
        self._source: AudioSource | None = None
        self._sink: AudioSink | None = None
        self._voice: Voice | None = None
        self._ceiling = STANDARD
        self._early: list[tuple[bytes, float]] = []
        self._keys: asyncio.Future[MediaKeys] = asyncio.get_running_loop().create_future()
        self._connected_at: float | None = None
        self._seat_asked = asyncio.Event()
        self._over = asyncio.Event()
        self._rang = asyncio.Event()
        self._background: set[asyncio.Task[None]] = set()
        self.began_at = asyncio.get_running_loop().time()

    @property
    def handle(self) -> int:
        """Give this side's number for the call's room on its line."""
        return self.path.handle

    # For the application

    def __aiter__(self) -> AsyncIterator[CallEvent]:
        """Iterate over the events, the last of which is `Ended`."""
        return self._all_events()

    async def _all_events(self) -> AsyncIterator[CallEvent]:
        while True:
            event = await self._events.get()
            yield event
            if isinstance(event, Ended):
                return

    def attach(self, source: AudioSource, sink: AudioSink) -> None:
        """Say where sound comes from and goes to, before the call is answered."""
        self._source, self._sink = source, sink

    def choose_mode(self, ceiling: Mode) -> None:
        """Speak in no larger mode than this one, from now on; a bad network takes smaller ones."""
        self._ceiling = ceiling
        if self._voice is not None:
            self._voice.choose(ceiling)

    def answer(self) -> None:
        """Pick up an incoming call that rings."""
        machine = self.machine
        if isinstance(machine, Callee):
            self.step(lambda now: machine.answer(STANDARD.code, now))

    def decline(self) -> None:
        """Say no to an incoming call."""
        machine = self.machine
        if isinstance(machine, Callee):
            self.step(lambda _: machine.decline())

    def hang_up(self) -> None:
        """End the call, or cancel it while it rings."""
        self.step(lambda _: self.machine.hang_up())

    async def ended(self) -> EndReason:
        """Wait for the end and give its reason."""
        await self._over.wait()
        return self.reason or EndReason.FAILED

    # For the client

    def step(self, step: Step) -> None:
        """Let the state machine take something in, in the order of arrival."""
        with contextlib.suppress(asyncio.QueueFull):
            self._steps.put_nowait(step)

    def yield_to(self, theirs: Callee, handle: int) -> None:
        """Answer their call in place of our own offer, once they say that they are there."""
        with contextlib.suppress(asyncio.QueueFull):
            self._rivals.put_nowait((theirs, handle))
        self.step(lambda _: [])

    def rival_cancelled(self, call_id: bytes) -> None:
        """Take the other side's `cancel` of the call that we ask for."""
        self.step(lambda _: [] if self._glare is None else self._glare.cancelled(call_id))

    async def rang(self) -> bool:
        """Wait until it rings here; False when it ended before."""
        await self._rang.wait()
        return not self.machine.is_over

    def room_body(self, body: bytes) -> None:
        """Take the body of a room control from the other seat."""
        try:
            kind, content = split_room_body_untrusted(body)
        except WireError:
            return
        if kind is RoomBody.ENVELOPE:
            self._post.came_through_room(self, content)
        else:
            self.step(lambda now: self._control(content, now))

    def _control(self, sealed: bytes, now: float) -> list[want.CallEvent]:
        try:
            if self._glare is not None:
                return self._glare.control_untrusted(sealed, now)
            return self.machine.control_untrusted(sealed, now)
        except WireError:
            # Noise from whoever sits in the middle; it cannot end a call.
            return []

    def media(self, frames: tuple[bytes, ...]) -> None:
        """Take sealed frames from the other seat, by either line."""
        now = asyncio.get_running_loop().time()
        for frame in frames:
            if self._voice is None:
                self._early.append((frame, now))
                del self._early[:-100]
            else:
                self._voice.receive(frame, now)

    async def line_opened(self) -> None:
        """Take the seat again: a new line, or a restarted home, knows nothing of it."""
        self.seat_answered(await self.path.sit_down())

    def path_changed(self, why: Why, endpoint: int) -> None:
        """Tell that a line of this call was opened or closed."""
        self._tell(PathChanged("line", endpoint, why))

    def moved(self) -> None:
        """Tell the far side that this one goes another way, and no more (ADR 0020)."""
        self.step(self.machine.moved)

    def seat_answered(self, status: Status) -> None:
        """Go on with a seat; without one this call is over."""
        if status is not Status.OK and self._glare is not None:
            # Their room is gone, and so are they; our own waits.
            self.rival_cancelled(self._glare.theirs.call_id)
        elif status is not Status.OK:
            reason = EndReason.UNREACHABLE if status is Status.QUOTA else EndReason.FAILED
            self.step(lambda _: self.machine.fail(reason))
        self._seat_asked.set()

    async def run(self) -> None:
        """Run the call to its end; never raises for what networks and peers do."""
        self.line.urgent = True
        try:
            async with asyncio.TaskGroup() as tasks:
                work = [
                    tasks.create_task(self._take_seat()),
                    tasks.create_task(self._talk()),
                    tasks.create_task(self.path.run()),
                    tasks.create_task(self._tell_of_outages()),
                ]
                await self._decide()
                for task in (*work, *self._background):
                    task.cancel()
        except ExceptionGroup as group:
            # A sound device that was unplugged, or a bug of ours, ends this call and no other.
            error = sole(group)
            trace = None if isinstance(error, HamsedaError) else error
            log.error("a call failed: %s", type(error).__name__, exc_info=trace)  # noqa: TRY400
            await self._do(self.machine.fail(EndReason.FAILED))
        finally:
            self.line.urgent = False
            try:
                await self._leave()
            finally:
                self._rang.set()
                self._over.set()

    async def _take_seat(self) -> None:
        with contextlib.suppress(NetworkError):
            self.seat_answered(await self.path.sit_down())

    async def _decide(self) -> None:
        if isinstance(self.machine, Caller):
            await self._do(self.machine.begin())
        else:
            # The first question goes through the room; an offer that gets too old meanwhile ends.
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout_at(self.machine.give_up_at):
                    await self._seat_asked.wait()
        while not self.machine.is_over:
            events = await self._next()
            if self._glare is not None:
                events += await self._judge(self._glare)
            await self._do(events)
            if not self._rivals.empty():
                await self._ask_rival(*self._rivals.get_nowait())

    async def _next(self) -> list[want.CallEvent]:
        """Wait for a step, or for what is due."""
        loop = asyncio.get_running_loop()
        glare, due = self._glare, self.machine.next_deadline()
        if glare is not None:
            due = min(due, glare.next_deadline())
        try:
            async with asyncio.timeout_at(due):
                step = await self._steps.get()
        except TimeoutError:
            events = self.machine.expire(loop.time())
            return events if glare is None else [*events, *glare.theirs.expire(loop.time())]
        return step(loop.time())

    async def _ask_rival(self, theirs: Callee, handle: int) -> None:
        """Go to their room and ask; our own offer stands until they say that they are there."""
        clock = asyncio.get_running_loop().time
        if isinstance(self.machine, Callee) or self.machine.is_talking or self.machine.is_over:
            return
        mine = self.path.join if self._glare is None else self._glare.mine
        glare = self._glare = Glare(theirs, handle, mine, clock())
        await self._move(glare.seat)
        await self._do(theirs.begin(clock()))

    async def _judge(self, glare: Glare) -> list[want.CallEvent]:
        """Answer when they are there; wait in our own room again when asking is of no use."""
        now = asyncio.get_running_loop().time()
        if glare.is_over(self.machine, now):
            self._glare = None
            self.unmet = None if self.machine.is_talking else glare.theirs
            await self._move(glare.mine)
        elif glare.theirs.is_ringing and isinstance(self.machine, Caller):
            # What still waits for our own offer finds it over.
            self.machine.give_way()
            self.machine, self._glare = glare.theirs, None
            return glare.theirs.answer(STANDARD.code, now)
        return []

    async def _move(self, join: Join) -> None:
        with contextlib.suppress(NetworkError):
            self.seat_answered(await self.path.move(join))

    async def _do(self, events: list[want.CallEvent]) -> None:
        for event in events:
            match event:
                case want.SendEnvelope():
                    await self._send_envelope(event)
                case want.SendControl(body=body):
                    await self.path.tell(body)
                case want.Rang():
                    self._tell(Ringing(self.contact.name, self.direction))
                    self._rang.set()
                case want.MediaOpened():
                    self._tell(Answered())
                    self._keys.set_result(
                        MediaKeys(SFrameSender(event.send_key), SFrameReceiver(event.receive_key))
                    )
                case want.SasReady(indices=indices):
                    shown = [EMOJI[index] for index in indices]
                    self._tell(Sas(tuple(e.symbol for e in shown), tuple(e.en for e in shown)))
                case want.Moved():
                    self._tell(RemoteMoved())
                case want.Ended(reason=reason):
                    self.reason = reason

    async def _send_envelope(self, event: want.SendEnvelope) -> None:
        answered = self.machine.call_id if event.kind is BodyKind.ANSWER else b""
        envelope = self._post.seal_for_call(self.contact.id, event.kind, event.body, answered)
        if event.in_room and envelope is not None:
            await self.path.tell(join_room_body(RoomBody.ENVELOPE, envelope))

    async def _tell_of_outages(self) -> None:
        """Say in words why nothing works, while the call waits for the network."""
        seconds = 0.0
        while True:
            await asyncio.sleep(_LOOK_SECONDS)
            why = self.path.outage
            seconds = 0.0 if why is None else seconds + _LOOK_SECONDS
            if why is not None and seconds == _OUTAGE_SECONDS:
                self._tell(Problem(str(why), "wait: the call goes on when the network is back"))

    async def _talk(self) -> None:
        keys = await self._keys
        if self._source is None or self._sink is None:
            raise RuntimeError("attach a source and a sink before the call is answered")
        voice = Voice(
            self._source,
            self._sink,
            self.path,
            heard=self._heard,
            tell=self._tell,
            probe=self._probe,
        )
        voice.choose(self._ceiling)
        for frame, at in self._early:
            voice.receive(frame, at)
        self._early.clear()
        self._voice = voice
        await voice.run(keys)

    def _heard(self) -> None:
        due = self.machine.next_deadline()
        self.machine.heard(asyncio.get_running_loop().time())
        if self.machine.next_deadline() < due:
            # The alarm clock of the reveal was set: sleep no longer than it.
            self.step(lambda _: [])

    def _probe(self) -> None:
        task = asyncio.get_running_loop().create_task(self.path.probe())
        self._background.add(task)
        task.add_done_callback(self._background.discard)

    def _tell(self, event: CallEvent) -> None:
        if isinstance(event, Connected):
            self._connected_at = asyncio.get_running_loop().time()
        if self._events.full():
            # Somebody does not look: the newest second matters more than the oldest.
            self._events.get_nowait()
        self._events.put_nowait(event)

    async def _leave(self) -> None:
        await self.path.leave()
        await self._post.call_ended(self)
        now = asyncio.get_running_loop().time()
        duration = 0.0 if self._connected_at is None else now - self._connected_at
        self._tell(Ended(self.reason or EndReason.FAILED, round(duration, 1)))
