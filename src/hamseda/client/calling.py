"""Place calls and take them: one at a time, whoever called first (spec/call.md)."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import logging
import secrets
import time
from collections import defaultdict
from collections.abc import Callable

from hamseda.client.book import Book
from hamseda.client.call import Call, Machine
from hamseda.client.draft import Draft
from hamseda.client.events import Event, Missed, Problem
from hamseda.client.line import HomeLine
from hamseda.client.lines import PATIENCE
from hamseda.client.notices import Security, notice
from hamseda.client.post import After, Post, nothing
from hamseda.client.records import MissedCall
from hamseda.client.replies import require_ok
from hamseda.crypto.call_keys import Parties, offer_wins
from hamseda.crypto.grants import seat_hash
from hamseda.crypto.signatures import SigningKey
from hamseda.errors import NewerReleaseError, RefusedError, UsageError, WireError
from hamseda.media.modes import STANDARD
from hamseda.protocol.call_events import CallEvent, EndReason, SendEnvelope
from hamseda.protocol.callee import Callee
from hamseda.protocol.caller import RING_SECONDS, Caller
from hamseda.protocol.contact import Contact, Standing, require_callable, require_room
from hamseda.transport.audio_source import AudioSink, AudioSource
from hamseda.wire.call import CallRef, Hangup
from hamseda.wire.codes import BodyKind, HangupReason
from hamseda.wire.relay import GetGrant, Join

log = logging.getLogger(__name__)

LAST_WORDS_SECONDS = 2.0
_HANDLES = 8
_SEAT_BYTES = 16
_INCOMING_MOST = 4


class Calling:
    """Be the telephone of one client."""

    def __init__(
        self, book: Book, post: Post, tell: Callable[[Event], None], tasks: asyncio.TaskGroup
    ) -> None:
        self._book = book
        self._post = post
        self._tell = tell
        self._tasks = tasks
        self._next_handle = 0
        self._ringing: dict[Call, list[tuple[bytes, bytes]]] = defaultdict(list)
        """Offers that rang in a call, each with the missed call that it will be otherwise."""
        self.current: Call | None = None
        self.incoming: asyncio.Queue[Call] = asyncio.Queue(_INCOMING_MOST)

    # Outgoing

    async def call(
        self,
        contact: Contact,
        line: HomeLine,
        source: AudioSource,
        sink: AudioSink,
        patience: float,
    ) -> Call:
        """Offer a call; the seat is taken while the other side rings."""
        room, secret0, secret1 = (secrets.token_bytes(_SEAT_BYTES) for _ in range(3))
        mailbox = contact.inbox.address.mailbox
        require_room(contact)
        request = GetGrant(0, mailbox, room, seat_hash(secret0), seat_hash(secret1))
        reply = await line.request_surely(request, PATIENCE)
        grant = require_ok(reply, "the home gives no room for a call")
        now = asyncio.get_running_loop().time()
        ringing = await self._make_way(contact)
        if ringing is not None:
            ringing.attach(source, sink)
            ringing.is_taken = True
            self._tasks.create_task(_pick_up(ringing))
            return ringing
        # The mailbox may have said meanwhile that this contact is out of step.
        require_callable(self._book.contact(contact.id) or contact)
        machine = Caller(
            _parties(contact, i_call=True),
            SigningKey(contact.identity_seed),
            grant,
            secret1,
            STANDARD.code,
            secrets.token_bytes,
            now,
        )
        machine.give_up_by(now + patience)
        call = Call(contact, machine, line, Join(0, self._handle(), grant, 0, secret0), self)
        call.attach(source, sink)
        self._start(call)
        return call

    async def _make_way(self, contact: Contact) -> Call | None:
        """Give the call of this very contact if it rings here; others that ring hear "busy"."""
        while (call := self.current) is not None:
            machine = call.machine
            if not machine.is_over:
                if isinstance(machine, Caller) or machine.is_talking or call.is_taken:
                    raise UsageError("this side is in a call already", next="end that call first")
                if call.contact.id == contact.id:
                    return call
                call.step(lambda _, ringing=machine: ringing.busy())
            await call.ended()
        return None

    def _handle(self) -> int:
        self._next_handle = (self._next_handle + 1) % _HANDLES
        return self._next_handle

    def _start(self, call: Call) -> None:
        self.current = call
        self._tasks.create_task(call.run())

    # Incoming

    def took(
        self, draft: Draft, contact: Contact, kind: int, body: bytes, age_s: int, line: HomeLine
    ) -> After:
        """Take one authentic call message, within the step that commits the contact's record."""
        draft.put_contact(contact)
        if kind == BodyKind.OFFER:
            return self._took_offer(draft, contact, body, age_s, line)

        def after() -> None:
            call = self.current
            if call is None or call.contact.id != contact.id:
                return
            with contextlib.suppress(WireError):
                self._pass_on(call, call.machine, kind, body)

        return after

    def _pass_on(self, call: Call, machine: Machine, kind: int, body: bytes) -> None:
        if kind == BodyKind.ANSWER and isinstance(machine, Caller):
            call.step(lambda now: machine.answer_untrusted(body, now))
        elif kind == BodyKind.HANGUP:
            hangup = Hangup.parse_untrusted(body)
            if hangup.call_id == machine.call_id:
                call.step(lambda _: machine.hung_up(hangup.reason))
        elif kind in (BodyKind.DECLINE, BodyKind.BUSY, BodyKind.CANCEL):
            call_id = CallRef.parse_untrusted(body).call_id
            if kind == BodyKind.CANCEL and isinstance(machine, Caller):
                call.rival_cancelled(call_id)
            if call_id != machine.call_id:
                return
            if isinstance(machine, Callee):
                if kind == BodyKind.CANCEL:
                    call.step(lambda _: machine.cancelled())
            elif kind == BodyKind.DECLINE:
                call.step(lambda _: machine.declined())
            elif kind == BodyKind.BUSY:
                call.step(lambda _: machine.busy())

    def _took_offer(
        self, draft: Draft, contact: Contact, body: bytes, age_s: int, line: HomeLine
    ) -> After:
        if age_s > RING_SECONDS or contact.standing is Standing.OUT_OF_STEP:
            draft.add_missed(_missed(contact, age_s))
            return lambda: self._tell(Missed(contact.name, age_s))
        now = asyncio.get_running_loop().time()
        try:
            machine = Callee(
                _parties(contact, i_call=False),
                SigningKey(contact.identity_seed),
                body,
                age_s,
                secrets.token_bytes,
                now,
            )
        except NewerReleaseError as error:
            newer = Problem(str(error), error.next)
            return lambda: self._tell(newer)
        except WireError:
            return lambda: self._tell(notice(Security.OFFER_UNSIGNED, contact.name))
        mailbox = contact.inbox.address.mailbox
        call_digest = hashlib.sha256(b"call" + machine.call_id).digest()
        if self._book.is_seen(mailbox, call_digest):
            return nothing
        draft.see(mailbox, (call_digest,))
        # Missed until it is not: this process may die before anybody hears it ring.
        ringing = draft.add_missed(_missed(contact, age_s), is_ringing=True)
        return lambda: self._ring(contact, machine, age_s, ringing, line)

    def _ring(
        self, contact: Contact, machine: Callee, age_s: int, ringing: bytes, line: HomeLine
    ) -> None:
        """Let an offer ring, give way to it, or say "busy"."""
        now = asyncio.get_running_loop().time()
        current = self.current
        if current is not None and current.machine.is_over:
            # Its last words are on their way; whoever calls back at once is not told "busy".
            current = None
        if current is not None and _is_left(current, contact, now):
            current.step(lambda _, left=current.machine: left.left())
            current = None
        if current is not None and not self._yields(current, machine):
            if _is_glare(current, contact):
                self._book.rang(ringing, was_missed=False)
            else:
                self._say_busy(contact, machine.busy(), ringing)
                self._tell(Missed(contact.name, age_s))
            return
        if current is not None:
            # Both want to talk: theirs is answered as soon as they say that they are there.
            self._ringing[current].append((machine.call_id, ringing))
            current.yield_to(machine, self._handle())
            return
        join = Join(0, self._handle(), machine.grant, 1, machine.seat_secret)
        call = Call(contact, machine, line, join, self)
        self._ringing[call].append((machine.call_id, ringing))
        self._start(call)
        self._tasks.create_task(self._announce(call))

    def _yields(self, current: Call, theirs: Callee) -> bool:
        """Tell whether our own offer gives way to theirs: both called at once (glare)."""
        mine = current.machine
        return (
            _is_glare(current, None)
            and isinstance(mine, Caller)
            and mine.parties.id_callee == theirs.parties.id_caller
            and mine.parties.sid == theirs.parties.sid
            and offer_wins(theirs.offer_body, mine.offer_body)
        )

    async def _announce(self, call: Call) -> None:
        """Show an incoming call to the application as soon as it rings."""
        if await call.rang() and not call.is_taken:
            await self.incoming.put(call)

    def _say_busy(self, contact: Contact, events: list[CallEvent], ringing: bytes) -> None:
        """Tell a caller that this side is in a call; the call stays a missed one."""
        with self._book.change() as draft:
            draft.rang(ringing, was_missed=True)
            for event in events:
                if isinstance(event, SendEnvelope):
                    draft.seal(contact.id, event.kind, event.body)
        self._post.wake(contact.home_id)

    # For calls

    def seal_for_call(
        self, contact_id: bytes, kind: BodyKind, body: bytes, answered: bytes
    ) -> bytes | None:
        """Seal and commit one body, start sending it, and return its envelope.

        None when the contact was deleted or renewed in mid-call, or takes no more messages.
        """
        if self._book.contact(contact_id) is None:
            return None
        try:
            item = self._book.seal(contact_id, kind, body, answered=answered)
        except RefusedError:
            # The turn is full: the room's copy has to do.
            return None
        self._post.wake(item.home_id)
        return item.envelope

    def came_through_room(self, call: Call, envelope: bytes) -> None:
        """Take the copy of an envelope that came through a call's room."""
        mailbox = call.contact.inbox.address.mailbox
        self._post.came_through_room(call.contact.home_id, mailbox, envelope)

    async def call_ended(self, call: Call) -> None:
        """Let a call's last words leave and forget it."""
        machine = call.machine
        now = asyncio.get_running_loop().time()
        rang = self._ringing.pop(call, [])
        ages = {call_id: _missed_for(call, call_id, now) for call_id, _ in rang}
        with self._book.change() as draft:
            draft.call_over(machine.call_id)
            for call_id, ringing in rang:
                draft.rang(ringing, was_missed=ages[call_id] is not None)
        for age_s in ages.values():
            if age_s is not None:
                self._tell(Missed(call.contact.name, age_s))
        await self._post.flushed(call.contact.home_id, LAST_WORDS_SECONDS)
        if self.current is call:
            self.current = None

    def end_left_over(self) -> None:
        """End the calls that an earlier process answered: their keys are gone for good."""
        for call_id, contact_id in self._book.answered():
            with self._book.change() as draft:
                draft.call_over(call_id)
                if draft.contact(contact_id) is not None:
                    body = Hangup(call_id, HangupReason.FAILED).encode()
                    with contextlib.suppress(RefusedError):
                        draft.seal(contact_id, BodyKind.HANGUP, body)

    def unreadable(self, contact: Contact, age_s: int) -> None:
        """End a call whose answer may be what came altered; older noise says nothing of it."""
        call = self.current
        if call is None or call.contact.id != contact.id:
            return
        machine = call.machine
        is_of_now = age_s <= asyncio.get_running_loop().time() - call.began_at
        if isinstance(machine, Caller) and is_of_now:
            call.step(lambda _: machine.altered())

    def put_failed(self, contact_id: bytes, reason: EndReason) -> None:
        """End the call whose offer the home would not take."""
        call = self.current
        if call is None or call.contact.id != contact_id or call.machine.is_talking:
            return
        call.step(lambda _: call.machine.fail(reason))


async def _pick_up(call: Call) -> None:
    """Answer the call of somebody whom we were about to call (spec/call.md §6)."""
    if await call.rang():
        call.answer()


def _missed_for(call: Call, call_id: bytes, now: float) -> int | None:
    """Give how many seconds ago an offer came that nobody answered; None for another."""
    machine, unmet = call.machine, call.unmet
    if isinstance(machine, Callee) and machine.call_id == call_id and machine.was_missed:
        return round(now - call.began_at)
    if unmet is not None and unmet.call_id == call_id:
        return round(now - unmet.give_up_at + RING_SECONDS)
    return None


def _missed(contact: Contact, age_s: int) -> MissedCall:
    return MissedCall(contact.name, max(0, int(time.time()) - age_s))


def _is_glare(current: Call, contact: Contact | None) -> bool:
    mine = current.machine
    if not isinstance(mine, Caller) or mine.is_talking or mine.is_over:
        return False
    return contact is None or current.contact.id == contact.id


def _is_left(current: Call, contact: Contact, now: float) -> bool:
    """Tell whether a new offer of this contact says that the present call is dead.

    A caller has one call at a time: who calls again has lost the earlier one, with its keys
    (spec/call.md §5). One that is heard goes on: an old offer may come late.
    """
    if current.contact.id != contact.id:
        return False
    machine = current.machine
    return machine.is_silent(now) or (isinstance(machine, Callee) and not machine.is_talking)


def _parties(contact: Contact, *, i_call: bool) -> Parties:
    me, peer = contact.ratchet.my_id, contact.ratchet.peer_id
    caller, callee = (me, peer) if i_call else (peer, me)
    return Parties(contact.ratchet.sid, caller, callee)
