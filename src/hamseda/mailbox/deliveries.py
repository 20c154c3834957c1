"""Deliver what comes to the mailboxes that a line is subscribed to (spec/mailbox.md §1).

What waits stays in the store: a line holds one page of one mailbox in memory, and at most a
window of each is on its way without an acknowledgement.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

from hamseda.errors import StoreError
from hamseda.mailbox.store import MailboxStore
from hamseda.wire.codes import RecordType
from hamseda.wire.mailbox import Deliver, Replaced

PAGE: Final = 8
"""Envelopes fetched at once for one mailbox: other mailboxes of the line get their turn."""
RETRY: Final = 1.0
"""Seconds until the next try after the store could not answer."""


class Sink(Protocol):
    """Be what deliveries need of their line."""

    def push(self, kind: int, body: bytes) -> None:
        """Queue a record to the client."""
        ...

    async def room(self) -> None:
        """Wait until one more record may be pushed."""
        ...


class Readers:
    """Know on which line each mailbox is read: on one at a time."""

    def __init__(self) -> None:
        self._of: dict[bytes, Deliveries] = {}

    def arrived(self, mailboxes: frozenset[bytes]) -> None:
        """Wake the readers of mailboxes that got something: the store's hook after a commit."""
        for mailbox in mailboxes:
            reader = self._of.get(mailbox)
            if reader is not None:
                reader.wake(mailbox)

    def take_over(self, mailbox: bytes, reader: "Deliveries") -> None:
        """Let `reader` have a mailbox; an earlier one is told."""
        earlier = self._of.get(mailbox)
        self._of[mailbox] = reader
        if earlier is not None and earlier is not reader:
            earlier.replaced(mailbox)

    def forget(self, mailbox: bytes, reader: "Deliveries") -> None:
        """Let nobody have a mailbox that `reader` had."""
        if self._of.get(mailbox) is reader:
            del self._of[mailbox]


@dataclass(slots=True)
class _Subscription:
    """Know how far one mailbox was delivered on this line."""

    mailbox: bytes
    after_seq: int = 0
    unacknowledged: set[int] = field(default_factory=set[int])
    may_have_more: bool = True
    is_queued: bool = False


@dataclass(frozen=True, slots=True)
class DeliveryContext:
    """Hold what the deliveries of all lines share."""

    store: MailboxStore
    readers: Readers
    window: int
    now: Callable[[], float]
    """Monotonic seconds."""
    unix_now: Callable[[], int]


class Deliveries:
    """Own the subscriptions of one line and bring it what waits for them."""

    __slots__ = ("_context", "_pump", "_queue", "_sink", "_subscriptions")

    def __init__(self, context: DeliveryContext, sink: Sink) -> None:
        self._context = context
        self._sink = sink
        self._subscriptions: dict[bytes, _Subscription] = {}
        self._queue: list[_Subscription] = []
        self._pump: asyncio.Task[None] | None = None

    def __contains__(self, mailbox: bytes) -> bool:
        return mailbox in self._subscriptions

    def __len__(self) -> int:
        return len(self._subscriptions)

    def add(self, mailbox: bytes) -> None:
        """Subscribe this line, from the oldest envelope on; nothing comes before `wake`."""
        self._context.readers.take_over(mailbox, self)
        self._subscriptions[mailbox] = _Subscription(mailbox)

    def wake(self, mailbox: bytes) -> None:
        """Look into a mailbox: something may have come."""
        subscription = self._subscriptions.get(mailbox)
        if subscription is not None:
            subscription.may_have_more = True
            self._enqueue(subscription)

    def acknowledged(self, mailbox: bytes, seqs: Sequence[int]) -> None:
        """Let more follow for what the client has stored."""
        subscription = self._subscriptions.get(mailbox)
        if subscription is not None:
            subscription.unacknowledged.difference_update(seqs)
            if subscription.may_have_more:
                self._enqueue(subscription)

    def replaced(self, mailbox: bytes) -> None:
        """Give a mailbox up to another line, and tell the client."""
        self.remove(mailbox)
        self._sink.push(RecordType.REPLACED, Replaced(mailbox).encode())

    def remove(self, mailbox: bytes) -> None:
        """End a subscription."""
        self._subscriptions.pop(mailbox, None)
        self._context.readers.forget(mailbox, self)

    def close(self) -> None:
        """End all: what was not acknowledged waits for the next subscription."""
        for mailbox in list(self._subscriptions):
            self.remove(mailbox)
        if self._pump is not None:
            self._pump.cancel()

    def _enqueue(self, subscription: _Subscription) -> None:
        is_window_full = len(subscription.unacknowledged) >= self._context.window
        if subscription.is_queued or is_window_full:
            return
        subscription.is_queued = True
        self._queue.append(subscription)
        if self._pump is None:
            self._pump = asyncio.get_running_loop().create_task(self._deliver_queued())

    async def _deliver_queued(self) -> None:
        try:
            while self._queue:
                subscription = self._queue.pop(0)
                subscription.is_queued = False
                try:
                    await self._deliver_page(subscription)
                except StoreError:
                    subscription.may_have_more = True
                    await asyncio.sleep(RETRY)
                    self._enqueue(subscription)
        finally:
            self._pump = None

    async def _deliver_page(self, subscription: _Subscription) -> None:
        context, mailbox = self._context, subscription.mailbox
        limit = min(PAGE, context.window - len(subscription.unacknowledged))
        if limit <= 0:
            return
        # Before asking: what comes while the store answers must be looked for again.
        subscription.may_have_more = False
        page = await context.store.pending(
            mailbox, subscription.after_seq, limit, context.unix_now()
        )
        fetched = context.now()
        for pending in page:
            await self._sink.room()
            if self._subscriptions.get(mailbox) is not subscription:
                return
            # A slow line must not make an old call look new.
            age_s = pending.age_s + int(context.now() - fetched)
            deliver = Deliver(mailbox, pending.seq, age_s, pending.envelope)
            self._sink.push(RecordType.DELIVER, deliver.encode())
            subscription.after_seq = pending.seq
            subscription.unacknowledged.add(pending.seq)
        if page:
            subscription.may_have_more = True
            self._enqueue(subscription)
