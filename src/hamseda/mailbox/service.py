"""Answer a line's requests about mailboxes, and deliver what comes (spec/mailbox.md).

One `MailboxService` a home, one `Reader` a line. The service checks signatures, vouchers and
rations; the store beside it keeps.
"""

import asyncio
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Final, Protocol

from hamseda.crypto import grants
from hamseda.crypto.key_schedule import Label, h
from hamseda.crypto.signatures import verify_untrusted
from hamseda.errors import StoreError, WireError
from hamseda.mailbox.bundles import BundleState
from hamseda.mailbox.counters import Counter
from hamseda.mailbox.store import MailboxStore
from hamseda.protocol.quota import Buckets
from hamseda.wire.codes import RecordType
from hamseda.wire.mailbox import (
    Ack,
    CloseMailbox,
    Create,
    DeleteBundle,
    Deliver,
    GetVoucher,
    Put,
    PutBundle,
    Replaced,
    Subscribe,
)
from hamseda.wire.status import Status

DAY: Final = 24 * 3600
HOUR: Final = 3600
VOUCHER_DAYS: Final = 37
SUBSCRIPTIONS_A_LINE: Final = 256
PAGE: Final = 8
"""Envelopes fetched at once for one mailbox: other mailboxes of the line get their turn."""
RETRY: Final = 1.0
"""Seconds until the next try after the store could not answer."""

Answer = tuple[Status, bytes | None]


class Sink(Protocol):
    """Be what a reader needs of its line."""

    def push(self, kind: int, body: bytes) -> None:
        """Queue a record to the client."""
        ...

    async def room(self) -> None:
        """Wait until one more record may be pushed."""
        ...


@dataclass(frozen=True, slots=True)
class MailboxSettings:
    """Hold the limits that the service applies; the store has its own."""

    relay_key: bytes = field(repr=False)
    window: int = 32
    vouchers_only: bool = False
    creations_per_hour: int = 120
    puts_per_second: int = 50
    invitation_days: int = 30


class Readers:
    """Know which line reads which mailbox."""

    def __init__(self) -> None:
        self._of: dict[bytes, Reader] = {}

    def arrived(self, mailboxes: frozenset[bytes]) -> None:
        """Wake the readers of mailboxes that got something: the store's hook after a commit."""
        for mailbox in mailboxes:
            reader = self._of.get(mailbox)
            if reader is not None:
                reader.wake(mailbox)

    def take_over(self, mailbox: bytes, reader: "Reader") -> None:
        """Let `reader` have a mailbox; an earlier one is told."""
        earlier = self._of.get(mailbox)
        self._of[mailbox] = reader
        if earlier is not None and earlier is not reader:
            earlier.replaced(mailbox)

    def forget(self, mailbox: bytes, reader: "Reader") -> None:
        """Let nobody have a mailbox that `reader` had."""
        if self._of.get(mailbox) is reader:
            del self._of[mailbox]


class MailboxService:
    """Hold what all lines share: the store, the rations, and who reads which mailbox."""

    def __init__(
        self,
        store: MailboxStore,
        readers: "Readers",
        settings: MailboxSettings,
        now: Callable[[], float],
        unix_now: Callable[[], int],
    ) -> None:
        self.store = store
        self.settings = settings
        self.now = now
        self.unix_now = unix_now
        self.readers: Final = readers
        self.counts: dict[Counter, int] = {}
        rate = settings.creations_per_hour
        self._creations = Buckets(rate / HOUR, max(1, rate // 2))
        self._puts = Buckets(settings.puts_per_second, settings.puts_per_second * 10)

    def may_create(self, prefix: bytes) -> bool:
        """Take one creation of the prefix's ration."""
        return self._creations.take(prefix, self.now())

    def may_put(self, prefix: bytes) -> bool:
        """Take one put of the prefix's ration."""
        return self._puts.take(prefix, self.now())

    def count(self, counter: Counter, amount: int = 1) -> None:
        """Add to a number that the next upkeep writes to the store."""
        self.counts[counter] = self.counts.get(counter, 0) + amount


@dataclass(slots=True)
class _Subscription:
    """Know how far one mailbox was delivered on this line."""

    mailbox: bytes
    after_seq: int = 0
    unacknowledged: set[int] = field(default_factory=set[int])
    may_have_more: bool = True
    is_queued: bool = False


class Reader:
    """Serve one line: its requests, its subscriptions, its deliveries."""

    __slots__ = ("_line_id", "_prefix", "_pump", "_queue", "_service", "_sink", "_subscriptions")

    def __init__(self, service: MailboxService, sink: Sink, line_id: bytes, prefix: bytes) -> None:
        self._service = service
        self._sink = sink
        self._line_id = line_id
        self._prefix = prefix
        self._subscriptions: dict[bytes, _Subscription] = {}
        self._queue: list[_Subscription] = []
        self._pump: asyncio.Task[None] | None = None

    def owns(self, mailbox: bytes) -> bool:
        """Say whether this line is subscribed to the mailbox."""
        return mailbox in self._subscriptions

    def close(self) -> None:
        """Forget the line's subscriptions; what was not acknowledged waits for the next one."""
        for mailbox in list(self._subscriptions):
            self._forget(mailbox)
        if self._pump is not None:
            self._pump.cancel()
            self._pump = None

    # Requests. Each returns the status and the data of its reply.

    async def create(self, request: Create) -> Answer:
        """Create a mailbox, by voucher or from the prefix's ration."""
        service = self._service
        now = service.unix_now()
        voucher_hash: bytes | None = None
        if request.voucher is not None:
            try:
                grants.verify_voucher_untrusted(service.settings.relay_key, request.voucher, now)
            except grants.ExpiredError:
                return Status.EXPIRED, None
            except WireError:
                return Status.REFUSED, None
            voucher_hash = sha256(request.voucher).digest()
        elif service.settings.vouchers_only:
            return Status.REFUSED, None
        elif not service.may_create(self._prefix):
            return Status.QUOTA, None
        status = await service.store.create_mailbox(
            request.mailbox, request.read_key, request.cap_hash, now, voucher_hash
        )
        if status == Status.OK:
            service.count(Counter.MAILBOXES_CREATED)
        return status, None

    async def put(self, request: Put) -> Answer:
        """Put an envelope; OK comes after the commit."""
        service = self._service
        if not service.may_put(self._prefix):
            return Status.QUOTA, None
        status = await service.store.put(
            request.mailbox, request.cap, request.put_id, request.envelope, service.unix_now()
        )
        if status == Status.OK:
            service.count(Counter.ENVELOPES_ACCEPTED)
        elif status == Status.REFUSED:
            service.count(Counter.REQUESTS_REFUSED)
        return status, None

    async def subscribe(self, request: Subscribe) -> Answer:
        """Bind a mailbox to this line and take it over from an earlier one."""
        service, mailbox = self._service, request.mailbox
        now = service.unix_now()
        read_key = await service.store.read_key(mailbox, now)
        if read_key is None:
            return Status.REFUSED, None
        try:
            verify_untrusted(read_key, Label.READ, h(self._line_id, mailbox), request.signature)
        except WireError:
            service.count(Counter.REQUESTS_REFUSED)
            return Status.REFUSED, None
        is_new = mailbox not in self._subscriptions
        if is_new and len(self._subscriptions) >= SUBSCRIPTIONS_A_LINE:
            return Status.QUOTA, None
        status = await service.store.touch(mailbox, now)
        if status != Status.OK:
            return status, None
        # After the last await: whoever subscribes later takes over, whoever closed meanwhile
        # is not resurrected.
        service.readers.take_over(mailbox, self)
        self._subscriptions[mailbox] = _Subscription(mailbox)
        return Status.OK, None

    async def ack(self, request: Ack) -> Answer:
        """Delete what the client has stored, and let more follow."""
        subscription = self._subscriptions.get(request.mailbox)
        if subscription is None:
            return Status.REFUSED, None
        status = await self._service.store.ack(request.mailbox, request.seqs)
        if status == Status.OK:
            subscription.unacknowledged.difference_update(request.seqs)
            self._service.count(Counter.ENVELOPES_DELIVERED, len(request.seqs))
            if subscription.may_have_more:
                self._enqueue(subscription)
        return status, None

    async def close_mailbox(self, request: CloseMailbox) -> Answer:
        """Delete a mailbox with all that it holds."""
        if not self.owns(request.mailbox):
            return Status.REFUSED, None
        status = await self._service.store.close_mailbox(request.mailbox)
        if status == Status.OK:
            self._forget(request.mailbox)
        return status, None

    async def put_bundle(self, request: PutBundle) -> Answer:
        """Keep an invitation for the owner of a mailbox."""
        service = self._service
        if not self.owns(request.mailbox):
            return Status.REFUSED, None
        now = service.unix_now()
        if request.expiry > now + service.settings.invitation_days * DAY:
            return Status.BAD_REQUEST, None
        if not service.may_create(self._prefix):
            return Status.QUOTA, None
        status = await service.store.put_bundle(
            request.bundle, request.mailbox, request.blob, request.expiry, now
        )
        return status, None

    async def delete_bundle(self, request: DeleteBundle) -> Answer:
        """Remove an invitation and remember why."""
        if not self.owns(request.mailbox):
            return Status.REFUSED, None
        state = BundleState(request.state)
        status = await self._service.store.end_bundle(request.bundle, request.mailbox, state)
        if status == Status.OK and state == BundleState.USED:
            self._service.count(Counter.INVITATIONS_USED)
        return status, None

    def voucher(self, request: GetVoucher) -> Answer:
        """Mint permission to create one mailbox.

        It costs a creation: otherwise one mailbox would be a licence for any number.
        """
        service = self._service
        if not self.owns(request.mailbox):
            return Status.REFUSED, None
        if not service.may_create(self._prefix):
            return Status.QUOTA, None
        exp = service.unix_now() + VOUCHER_DAYS * DAY
        voucher = grants.mint_voucher(service.settings.relay_key, exp, secrets.token_bytes)
        return Status.OK, voucher

    def may_have_grant(self, mailbox: bytes) -> Status:
        """Say whether this line may have a grant for a room of this mailbox."""
        if not self.owns(mailbox):
            return Status.REFUSED
        return Status.OK if self._service.may_create(self._prefix) else Status.QUOTA

    # Deliveries

    def wake(self, mailbox: bytes) -> None:
        """Look into a mailbox: something came."""
        subscription = self._subscriptions.get(mailbox)
        if subscription is not None:
            subscription.may_have_more = True
            self._enqueue(subscription)

    def replaced(self, mailbox: bytes) -> None:
        """Give a mailbox up to another line, and tell the client."""
        self._forget(mailbox)
        self._sink.push(RecordType.REPLACED, Replaced(mailbox).encode())

    def _forget(self, mailbox: bytes) -> None:
        self._subscriptions.pop(mailbox, None)
        self._service.readers.forget(mailbox, self)

    def _enqueue(self, subscription: _Subscription) -> None:
        is_window_full = len(subscription.unacknowledged) >= self._service.settings.window
        if subscription.is_queued or is_window_full:
            return
        subscription.is_queued = True
        self._queue.append(subscription)
        if self._pump is None:
            self._pump = asyncio.get_running_loop().create_task(self._deliver_queued())

    async def _deliver_queued(self) -> None:
        while self._queue:
            subscription = self._queue.pop(0)
            subscription.is_queued = False
            try:
                await self._deliver_page(subscription)
            except StoreError:
                subscription.may_have_more = True
                await asyncio.sleep(RETRY)
                self._enqueue(subscription)
        self._pump = None

    async def _deliver_page(self, subscription: _Subscription) -> None:
        service, mailbox = self._service, subscription.mailbox
        # Before asking: what comes while the store answers must be looked for again.
        subscription.may_have_more = False
        limit = min(PAGE, service.settings.window - len(subscription.unacknowledged))
        if limit <= 0:
            subscription.may_have_more = True
            return
        page = await service.store.pending(
            mailbox, subscription.after_seq, limit, service.unix_now()
        )
        fetched = service.now()
        for pending in page:
            await self._sink.room()
            if self._subscriptions.get(mailbox) is not subscription:
                return
            age_s = pending.age_s + int(service.now() - fetched)
            deliver = Deliver(mailbox, pending.seq, age_s, pending.envelope)
            self._sink.push(RecordType.DELIVER, deliver.encode())
            subscription.after_seq = pending.seq
            subscription.unacknowledged.add(pending.seq)
        if page:
            subscription.may_have_more = True
            self._enqueue(subscription)
