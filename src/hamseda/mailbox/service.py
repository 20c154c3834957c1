"""Answer a line's requests about mailboxes (spec/mailbox.md).

One `MailboxService` a home, one `Reader` a line. The service checks signatures, vouchers and
rations; the store beside it keeps.
"""

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Final

from hamseda.crypto import grants
from hamseda.crypto.key_schedule import Label, h
from hamseda.crypto.signatures import verify_untrusted
from hamseda.errors import WireError
from hamseda.mailbox.bundles import BundleState
from hamseda.mailbox.counters import Counter
from hamseda.mailbox.deliveries import Deliveries, DeliveryContext, Readers, Sink
from hamseda.mailbox.envelopes import Answer
from hamseda.mailbox.store import MailboxStore
from hamseda.protocol.quota import Buckets, Payer
from hamseda.wire.mailbox import (
    Ack,
    CloseMailbox,
    Create,
    DeleteBundle,
    GetVoucher,
    Put,
    PutBundle,
    Subscribe,
)
from hamseda.wire.status import Status

DAY: Final = 24 * 3600
HOUR: Final = 3600
VOUCHER_DAYS: Final = 37
SUBSCRIPTIONS_A_LINE: Final = 2048
"""Of 410 bytes each (tracemalloc, Python 3.11); a mailbox is subscribed to on one line only."""


@dataclass(frozen=True, slots=True)
class MailboxSettings:
    """Hold the limits that the service applies; the store has its own."""

    relay_key: bytes = field(repr=False)
    window: int = 32
    vouchers_only: bool = False
    creations_per_hour: int = 120
    grants_per_hour: int = 120
    puts_per_second: int = 50
    invitation_days: int = 30


class MailboxService:
    """Hold what all lines share: the store, the rations, and who reads which mailbox."""

    def __init__(
        self,
        store: MailboxStore,
        readers: Readers,
        settings: MailboxSettings,
        now: Callable[[], float],
        unix_now: Callable[[], int],
    ) -> None:
        self.store: Final = store
        self.settings: Final = settings
        self.deliveries: Final = DeliveryContext(store, readers, settings.window, now, unix_now)
        self.unix_now: Final = unix_now
        self.counts: dict[Counter, int] = {}
        self._creations = _hourly(settings.creations_per_hour)
        self._grants = _hourly(settings.grants_per_hour)
        self._puts = Buckets(settings.puts_per_second, settings.puts_per_second * 10)

    def may_create(self, payer: Payer) -> bool:
        """Take one creation of the payer's ration."""
        return payer.take(self._creations, self.deliveries.now())

    def may_have_grant(self, mailbox: bytes) -> bool:
        """Take one grant of the ration of a mailbox's owner.

        Not of his prefix: a neighbour's creations must not cost anybody a call.
        """
        owner = grants.owner_tag(self.settings.relay_key, mailbox)
        return self._grants.take(owner, self.deliveries.now())

    def may_put(self, payer: Payer) -> bool:
        """Take one put of the payer's ration."""
        return payer.take(self._puts, self.deliveries.now())

    def count(self, counter: Counter, amount: int = 1) -> None:
        """Add to a number that the next upkeep writes to the store."""
        self.counts[counter] = self.counts.get(counter, 0) + amount


class Reader:
    """Serve one line's requests; each returns the status and the data of its reply.

    `is_at_home`: the home's operator asks, on its own machine.
    """

    __slots__ = ("_deliveries", "_is_at_home", "_line_id", "_payer", "_service")

    def __init__(
        self,
        service: MailboxService,
        sink: Sink,
        line_id: bytes,
        payer: Payer,
        *,
        is_at_home: bool = False,
    ) -> None:
        self._service = service
        self._is_at_home = is_at_home
        self._line_id = line_id
        self._payer = payer
        self._deliveries = Deliveries(service.deliveries, sink)

    async def create(self, request: Create) -> Answer:
        """Create a mailbox, by voucher or from the payer's ration."""
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
        elif service.settings.vouchers_only and not self._is_at_home:
            return Status.REFUSED, None
        elif not service.may_create(self._payer):
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
        if not service.may_put(self._payer):
            return Status.QUOTA, None
        answer = await service.store.put(
            request.mailbox, request.cap, request.put_id, request.envelope, service.unix_now()
        )
        if answer == (Status.OK, None):
            service.count(Counter.ENVELOPES_ACCEPTED)
        elif answer[0] == Status.REFUSED:
            service.count(Counter.REQUESTS_REFUSED)
        return answer

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
        status = await service.store.touch(mailbox, now)
        if status != Status.OK:
            return status, None
        # Last: subscriptions of one line are looked up together.
        is_new = mailbox not in self._deliveries
        if is_new and len(self._deliveries) >= SUBSCRIPTIONS_A_LINE:
            return Status.QUOTA, None
        self._deliveries.add(mailbox)
        return Status.OK, None

    async def ack(self, request: Ack) -> Answer:
        """Delete what the client has stored, and let more follow."""
        if request.mailbox not in self._deliveries:
            return Status.REFUSED, None
        status = await self._service.store.ack(request.mailbox, request.seqs)
        if status == Status.OK:
            self._deliveries.acknowledged(request.mailbox, request.seqs)
            self._service.count(Counter.ENVELOPES_DELIVERED, len(request.seqs))
        return status, None

    async def close_mailbox(self, request: CloseMailbox) -> Answer:
        """Delete a mailbox with all that it holds."""
        if request.mailbox not in self._deliveries:
            return Status.REFUSED, None
        status = await self._service.store.close_mailbox(request.mailbox)
        if status == Status.OK:
            self._deliveries.remove(request.mailbox)
        return status, None

    async def put_bundle(self, request: PutBundle) -> Answer:
        """Keep an invitation for the owner of a mailbox."""
        service = self._service
        if request.mailbox not in self._deliveries:
            return Status.REFUSED, None
        now = service.unix_now()
        if request.expiry > now + service.settings.invitation_days * DAY:
            return Status.BAD_REQUEST, None
        if not service.may_create(self._payer):
            return Status.QUOTA, None
        status = await service.store.put_bundle(
            request.bundle, request.mailbox, request.blob, request.expiry, now
        )
        return status, None

    async def delete_bundle(self, request: DeleteBundle) -> Answer:
        """Remove an invitation and remember why."""
        if request.mailbox not in self._deliveries:
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
        if request.mailbox not in self._deliveries:
            return Status.REFUSED, None
        if not service.may_create(self._payer):
            return Status.QUOTA, None
        exp = service.unix_now() + VOUCHER_DAYS * DAY
        voucher = grants.mint_voucher(service.settings.relay_key, exp, secrets.token_bytes)
        return Status.OK, voucher

    def may_have_grant(self, mailbox: bytes) -> Status:
        """Say whether this line may have a grant for a room of this mailbox."""
        if mailbox not in self._deliveries:
            return Status.REFUSED
        return Status.OK if self._service.may_have_grant(mailbox) else Status.QUOTA

    def may_join(self) -> bool:
        """Say whether this line may take a seat; it costs as much as a put.

        Each new seat has full rations and is announced to the other one, so seats that are taken
        and left without end would be a flood that no ration of a room holds.
        """
        return self._service.may_put(self._payer)

    def wake(self, mailbox: bytes) -> None:
        """Deliver what waits in a mailbox: to be called once its subscription was answered."""
        self._deliveries.wake(mailbox)

    def close(self) -> None:
        """Forget the line."""
        self._deliveries.close()


def _hourly(rate: int) -> Buckets:
    return Buckets(rate / HOUR, max(1, rate // 2))
