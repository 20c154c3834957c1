"""What a line may do with mailboxes, and what comes to it."""

import asyncio
import secrets
from collections.abc import Awaitable, Callable
from hashlib import sha256
from pathlib import Path

import pytest

from hamseda.crypto import grants
from hamseda.crypto.key_schedule import Label, h
from hamseda.crypto.signatures import SigningKey
from hamseda.mailbox.deliveries import Readers
from hamseda.mailbox.limits import Limits
from hamseda.mailbox.service import (
    SUBSCRIPTIONS_A_LINE,
    MailboxService,
    MailboxSettings,
    Reader,
)
from hamseda.mailbox.store import MailboxStore
from hamseda.protocol.quota import Payer
from hamseda.wire.codes import BundleEnd, RecordType
from hamseda.wire.mailbox import (
    Ack,
    CloseMailbox,
    Create,
    DeleteBundle,
    Deliver,
    GetVoucher,
    Put,
    PutBundle,
    Subscribe,
)
from hamseda.wire.status import Status
from tests.mailbox.desk import fresh_put_id

RELAY_KEY = b"k" * 32
PREFIX = b"prefix"
ENVELOPE = bytes(4096)
BLOB = bytes(4112)
DAY = 24 * 3600


class Box:
    """Hold the keys of one mailbox."""

    def __init__(self) -> None:
        self.id = secrets.token_bytes(16)
        self.cap = secrets.token_bytes(32)
        self.key = SigningKey(secrets.token_bytes(32))

    def create(self, voucher: bytes | None = None) -> Create:
        """Ask for its creation."""
        return Create(1, self.id, self.key.public, sha256(self.cap).digest(), voucher)

    def subscribe(self, line: "FakeLine", key: SigningKey | None = None) -> Subscribe:
        """Ask for its envelopes on a line."""
        signature = (key or self.key).sign(Label.READ, h(line.id, self.id))
        return Subscribe(1, self.id, signature)

    def put(self, number: int = 0, cap: bytes | None = None) -> Put:
        """Put an envelope that tells its number."""
        envelope = number.to_bytes(2, "big") + ENVELOPE[2:]
        return Put(1, self.id, cap or self.cap, fresh_put_id(), envelope)


class FakeLine:
    """Be a line that takes as much as it is told to."""

    def __init__(self, service: MailboxService, prefix: bytes = PREFIX) -> None:
        self.id = secrets.token_bytes(32)
        self.pushed: list[tuple[int, bytes]] = []
        self.news = asyncio.Event()
        self.has_room = asyncio.Event()
        self.has_room.set()
        self.reader = Reader(service, self, self.id, Payer(prefix))

    def push(self, kind: int, body: bytes) -> None:
        """Take a record."""
        self.pushed.append((kind, body))
        self.news.set()

    async def room(self) -> None:
        """Wait until told."""
        await self.has_room.wait()

    async def delivered(self, count: int) -> list[Deliver]:
        """Wait for that many deliveries."""
        async with asyncio.timeout(10):
            while len(self.deliveries()) < count:
                self.news.clear()
                await self.news.wait()
        return self.deliveries()

    def deliveries(self) -> list[Deliver]:
        """Return what was delivered so far."""
        return [
            Deliver.parse_untrusted(body)
            for kind, body in self.pushed
            if kind == RecordType.DELIVER
        ]

    async def open(self, box: Box) -> None:
        """Create a mailbox and subscribe to it."""
        assert (await self.reader.create(box.create()))[0] == Status.OK
        assert (await self.reader.subscribe(box.subscribe(self)))[0] == Status.OK


class Clock:
    """Stand still until moved."""

    def __init__(self) -> None:
        self.unix = 1_800_000_000

    def unix_now(self) -> int:
        """Return the home's clock."""
        return self.unix

    def now(self) -> float:
        """Return the monotonic one."""
        return float(self.unix)


def play(
    path: Path,
    scene: Callable[[MailboxService, Clock], Awaitable[None]],
    settings: MailboxSettings | None = None,
    limits: Limits | None = None,
) -> None:
    """Run a scene with a service on a fresh store."""

    async def run() -> None:
        clock, readers = Clock(), Readers()
        async with await MailboxStore.open(path / "db", limits, readers.arrived) as store:
            options = settings or MailboxSettings(RELAY_KEY)
            await scene(MailboxService(store, readers, options, clock.now, clock.unix_now), clock)

    asyncio.run(run())


def test_envelope_reaches_the_subscribed_line(tmp_path: Path) -> None:
    """The way of every message: put by one, delivered to the other, gone when acknowledged."""

    async def scene(service: MailboxService, clock: Clock) -> None:
        box, alice, bob = Box(), FakeLine(service), FakeLine(service)
        await alice.open(box)
        assert (await bob.reader.put(box.put(7)))[0] == Status.OK
        (delivery,) = await alice.delivered(1)
        assert (delivery.mailbox, delivery.age_s, delivery.envelope[:2]) == (box.id, 0, b"\0\7")
        assert (await alice.reader.ack(Ack(1, box.id, (delivery.seq,))))[0] == Status.OK
        later = FakeLine(service)
        assert (await later.reader.subscribe(box.subscribe(later)))[0] == Status.OK
        later.reader.wake(box.id)
        assert (await bob.reader.put(box.put(8)))[0] == Status.OK
        assert [each.envelope[1] for each in await later.delivered(1)] == [8]

    play(tmp_path, scene)


def test_what_waited_is_delivered_with_its_age(tmp_path: Path) -> None:
    """A call of an hour ago must be shown as missed, not ring."""

    async def scene(service: MailboxService, clock: Clock) -> None:
        box, alice, bob = Box(), FakeLine(service), FakeLine(service)
        await alice.reader.create(box.create())
        for number in range(3):
            await bob.reader.put(box.put(number))
        clock.unix += 3600
        await alice.reader.subscribe(box.subscribe(alice))
        alice.reader.wake(box.id)
        found = await alice.delivered(3)
        assert [(each.age_s, each.envelope[1]) for each in found] == [
            (3600, 0),
            (3600, 1),
            (3600, 2),
        ]

    play(tmp_path, scene)


def test_window_bounds_what_is_on_its_way(tmp_path: Path) -> None:
    """A reader gets no more than it acknowledges: its memory is its own to plan."""

    async def scene(service: MailboxService, clock: Clock) -> None:
        box, alice, bob = Box(), FakeLine(service), FakeLine(service)
        await alice.open(box)
        for number in range(20):
            assert (await bob.reader.put(box.put(number)))[0] == Status.OK
        first = await alice.delivered(5)
        await asyncio.sleep(0)
        assert len(alice.deliveries()) == 5
        await alice.reader.ack(Ack(1, box.id, tuple(each.seq for each in first[:3])))
        assert len(await alice.delivered(8)) == 8
        for _ in range(10):
            seqs = tuple(each.seq for each in alice.deliveries())
            await alice.reader.ack(Ack(1, box.id, seqs))
        everything = await alice.delivered(20)
        assert [each.envelope[1] for each in everything] == list(range(20))

    play(tmp_path, scene, MailboxSettings(RELAY_KEY, window=5))


def test_slow_line_leaves_its_envelopes_on_the_disk(tmp_path: Path) -> None:
    """Who does not read must not make the home hold a mailbox in memory."""

    async def scene(service: MailboxService, clock: Clock) -> None:
        box, alice, bob = Box(), FakeLine(service), FakeLine(service)
        alice.has_room.clear()
        await alice.open(box)
        for number in range(10):
            await bob.reader.put(box.put(number))
        assert alice.deliveries() == []
        clock.unix += 60
        alice.has_room.set()
        found = await alice.delivered(10)
        assert {each.age_s for each in found} == {60}

    play(tmp_path, scene)


def test_later_line_takes_over(tmp_path: Path) -> None:
    """Of two lines of one mailbox one gets everything, and the other knows that it does not."""

    async def scene(service: MailboxService, clock: Clock) -> None:
        box, first, second, bob = Box(), FakeLine(service), FakeLine(service), FakeLine(service)
        await first.open(box)
        await bob.reader.put(box.put(1))
        await first.delivered(1)
        assert (await second.reader.subscribe(box.subscribe(second)))[0] == Status.OK
        second.reader.wake(box.id)
        assert first.pushed[-1][0] == RecordType.REPLACED
        assert [each.envelope[1] for each in await second.delivered(1)] == [1]
        assert (await first.reader.ack(Ack(1, box.id, (1,))))[0] == Status.REFUSED
        first.reader.close()
        await bob.reader.put(box.put(2))
        assert len(await second.delivered(2)) == 2

    play(tmp_path, scene)


def test_signature_of_another_key_or_line_is_refused(tmp_path: Path) -> None:
    """Who listens in on a subscription must not be able to repeat it on a line of his own."""

    async def scene(service: MailboxService, clock: Clock) -> None:
        box, alice, eve = Box(), FakeLine(service), FakeLine(service)
        await alice.open(box)
        attempts = [
            box.subscribe(alice),
            box.subscribe(eve, SigningKey(bytes(32))),
            Subscribe(1, secrets.token_bytes(16), bytes(64)),
            Subscribe(1, box.id, bytes(64)),
        ]
        for attempt in attempts:
            assert (await eve.reader.subscribe(attempt))[0] == Status.REFUSED

    play(tmp_path, scene)


def test_without_subscription_nothing_of_a_mailbox_can_be_done(tmp_path: Path) -> None:
    """Knowing a mailbox's id and capability is the sender's right, and no more than that."""

    async def scene(service: MailboxService, clock: Clock) -> None:
        box, alice, eve = Box(), FakeLine(service), FakeLine(service)
        await alice.open(box)
        bundle = secrets.token_bytes(16)
        expiry = clock.unix + DAY
        assert (await alice.reader.put_bundle(PutBundle(1, box.id, bundle, BLOB, expiry)))[0] == 0
        reader = eve.reader
        for status in (
            (await reader.ack(Ack(1, box.id, (1,))))[0],
            (await reader.close_mailbox(CloseMailbox(1, box.id)))[0],
            (await reader.put_bundle(PutBundle(1, box.id, bytes(16), BLOB, expiry)))[0],
            (await reader.delete_bundle(DeleteBundle(1, box.id, bundle, BundleEnd.USED)))[0],
            reader.voucher(GetVoucher(1, box.id))[0],
            reader.may_have_grant(box.id),
        ):
            assert status == Status.REFUSED

    play(tmp_path, scene)


def test_voucher_creates_one_mailbox(tmp_path: Path) -> None:
    """An invited person needs no ration of their own; a copied voucher is worth nothing."""

    async def scene(service: MailboxService, clock: Clock) -> None:
        box, alice, bob = Box(), FakeLine(service), FakeLine(service, b"elsewhere")
        await alice.open(box)
        status, voucher = alice.reader.voucher(GetVoucher(1, box.id))
        assert status == Status.OK
        invited, second = Box(), Box()
        assert (await bob.reader.create(invited.create(voucher)))[0] == Status.OK
        assert (await bob.reader.create(invited.create(voucher)))[0] == Status.OK
        assert (await bob.reader.create(second.create(voucher)))[0] == Status.REFUSED
        forged = grants.mint_voucher(b"x" * 32, clock.unix + DAY, secrets.token_bytes)
        assert (await bob.reader.create(Box().create(forged)))[0] == Status.REFUSED
        clock.unix += 38 * DAY
        assert (await bob.reader.create(Box().create(voucher)))[0] == Status.EXPIRED

    play(tmp_path, scene)


def test_home_may_take_guests_with_vouchers_only(tmp_path: Path) -> None:
    """A family's home need not serve the whole Internet."""

    async def scene(service: MailboxService, clock: Clock) -> None:
        line = FakeLine(service)
        assert (await line.reader.create(Box().create()))[0] == Status.REFUSED
        voucher = grants.mint_voucher(RELAY_KEY, clock.unix + DAY, secrets.token_bytes)
        assert (await line.reader.create(Box().create(voucher)))[0] == Status.OK

    play(tmp_path, scene, MailboxSettings(RELAY_KEY, vouchers_only=True))


def test_creations_of_a_prefix_are_rationed(tmp_path: Path) -> None:
    """A mailbox flood from one network is bounded, whatever the requests are called."""

    async def scene(service: MailboxService, clock: Clock) -> None:
        box, line, other = Box(), FakeLine(service), FakeLine(service, b"other")
        await line.open(box)
        assert line.reader.voucher(GetVoucher(1, box.id))[0] == Status.OK
        bundle = PutBundle(1, box.id, bytes(16), BLOB, clock.unix + DAY)
        assert (await line.reader.put_bundle(bundle))[0] == Status.OK
        for _ in range(2):
            assert (await line.reader.create(Box().create()))[0] == Status.OK
        assert (await line.reader.create(Box().create()))[0] == Status.QUOTA
        assert (await line.reader.put_bundle(bundle))[0] == Status.QUOTA
        assert line.reader.voucher(GetVoucher(1, box.id))[0] == Status.QUOTA
        assert line.reader.may_have_grant(box.id) == Status.OK
        assert (await other.reader.create(Box().create()))[0] == Status.OK
        clock.unix += 360
        assert (await line.reader.create(Box().create()))[0] == Status.OK

    play(tmp_path, scene, MailboxSettings(RELAY_KEY, creations_per_hour=10))


def test_grants_are_rationed_by_mailbox(tmp_path: Path) -> None:
    """A neighbour's creations must not cost anybody a call, nor one contact's calls another's."""

    async def scene(service: MailboxService, clock: Clock) -> None:
        box, other, line = Box(), Box(), FakeLine(service)
        await line.open(box)
        await line.open(other)
        seen = [line.reader.may_have_grant(box.id) for _ in range(6)]
        assert seen == [Status.OK] * 5 + [Status.QUOTA]
        assert line.reader.may_have_grant(other.id) == Status.OK
        assert (await line.reader.create(Box().create()))[0] == Status.OK
        clock.unix += 360
        assert line.reader.may_have_grant(box.id) == Status.OK

    play(tmp_path, scene, MailboxSettings(RELAY_KEY, grants_per_hour=10))


def test_puts_of_a_prefix_are_rationed(tmp_path: Path) -> None:
    """Somebody who guesses capabilities does it at fifty a second, not at fifty thousand."""

    async def scene(service: MailboxService, clock: Clock) -> None:
        box, line = Box(), FakeLine(service)
        await line.reader.create(box.create())
        answers = [(await line.reader.put(box.put(cap=bytes(32))))[0] for _ in range(25)]
        assert answers == [Status.REFUSED] * 20 + [Status.QUOTA] * 5

    play(tmp_path, scene, MailboxSettings(RELAY_KEY, puts_per_second=2))


def test_full_mailbox_says_so(tmp_path: Path) -> None:
    """The sender's user must learn that the message did not arrive."""

    async def scene(service: MailboxService, clock: Clock) -> None:
        box, alice, bob = Box(), FakeLine(service), FakeLine(service)
        await alice.reader.create(box.create())
        answers = [(await bob.reader.put(box.put(n)))[0] for n in range(4)]
        assert answers == [Status.OK, Status.OK, Status.OK, Status.FULL]

    play(tmp_path, scene, limits=Limits(mailbox_envelopes=3))


def test_line_has_so_many_subscriptions(tmp_path: Path) -> None:
    """One line must not be able to hold the whole home's mailboxes in memory."""

    async def scene(service: MailboxService, clock: Clock) -> None:
        line = FakeLine(service)
        boxes = [Box() for _ in range(SUBSCRIPTIONS_A_LINE + 1)]
        for box in boxes[:-1]:
            await line.open(box)
        await line.reader.create(boxes[-1].create())
        assert (await line.reader.subscribe(boxes[-1].subscribe(line)))[0] == Status.QUOTA
        assert (await line.reader.subscribe(boxes[0].subscribe(line)))[0] == Status.OK

    play(tmp_path, scene, MailboxSettings(RELAY_KEY, creations_per_hour=100_000))


@pytest.mark.parametrize("days", [31, 400])
def test_invitation_of_more_than_thirty_days_is_refused(tmp_path: Path, days: int) -> None:
    """What lies about for a year is found by somebody else."""

    async def scene(service: MailboxService, clock: Clock) -> None:
        box, line = Box(), FakeLine(service)
        await line.open(box)
        request = PutBundle(1, box.id, bytes(16), BLOB, clock.unix + days * DAY)
        assert (await line.reader.put_bundle(request))[0] == Status.BAD_REQUEST

    play(tmp_path, scene)


def test_closed_line_is_forgotten(tmp_path: Path) -> None:
    """Nobody must be woken, or kept in memory, for a line that ended."""

    async def scene(service: MailboxService, clock: Clock) -> None:
        box, alice, bob = Box(), FakeLine(service), FakeLine(service)
        await alice.open(box)
        alice.reader.close()
        assert (await bob.reader.put(box.put()))[0] == Status.OK
        assert alice.deliveries() == []
        again = FakeLine(service)
        await again.reader.subscribe(box.subscribe(again))
        again.reader.wake(box.id)
        assert len(await again.delivered(1)) == 1

    play(tmp_path, scene)
