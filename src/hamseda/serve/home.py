"""Hold what all lines of a home share."""

import asyncio
import secrets
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final

from hamseda.errors import StoreError
from hamseda.mailbox.counters import Counter
from hamseda.mailbox.deliveries import Readers
from hamseda.mailbox.limits import Limits
from hamseda.mailbox.service import MailboxService, MailboxSettings
from hamseda.mailbox.store import MailboxStore
from hamseda.protocol.quota import Concurrency, Shares
from hamseda.relay.service import Relay, RelaySettings
from hamseda.serve.certificates import Tls
from hamseda.serve.config import Settings
from hamseda.serve.fronts import Fronts
from hamseda.serve.identity import HomeIdentity
from hamseda.serve.keys import HomeKeys
from hamseda.serve.log import Event, Log
from hamseda.serve.page import Page
from hamseda.serve.prefixes import Prefixes
from hamseda.serve.unfinished import Unfinished

if TYPE_CHECKING:
    from hamseda.serve.line_connection import LineConnection

STORE_NAME: Final = "mailboxes.db"
RECORDS_A_PREFIX: Final = 50
"""How many lines' records a second all lines of one prefix may take."""
UPKEEP: Final = 3600.0
"""Seconds between two sweeps of what has expired."""


def unix_now() -> int:
    """Return the home's clock in whole seconds."""
    return int(time.time())


@dataclass(slots=True)
class Counts:
    """Count connections, coarsely, since the start."""

    lines: int = 0
    refused: int = 0
    handshakes_failed: int = 0
    frames_too_old: int = 0


@dataclass(slots=True)
class Home:
    """Be the one object that a connection needs to know."""

    settings: Settings
    keys: HomeKeys = field(repr=False)
    identity: HomeIdentity
    store: MailboxStore
    mailboxes: MailboxService
    relay: Relay
    log: Log
    prefixes: Prefixes
    fronts: Fronts
    unfinished: Unfinished
    lines_of: Concurrency
    records_of: Shares
    now: Callable[[], float]
    lines: "set[LineConnection]" = field(default_factory=set["LineConnection"])
    counts: Counts = field(default_factory=Counts)
    page: Page | None = field(default=None, repr=False)
    """None: this home serves none."""
    tls: Tls | None = None
    """None: TLS, if any, ends before this process."""

    async def keep_up(self) -> None:
        """Delete what has expired and write down the counters, every hour until cancelled."""
        while True:
            try:
                gone = await self.store.expire(unix_now())
                if gone:
                    self.log.event(Event.EXPIRED, rows=gone)
                await self.write_counters()
            except StoreError:
                self.log.event(Event.STORE_FAILED)
            await asyncio.sleep(UPKEEP)

    async def close_idle(self) -> None:
        """Close lines that were silent too long, until cancelled."""
        idle = self.settings.idle_seconds
        while True:
            await asyncio.sleep(min(5.0, idle / 4))
            oldest = self.now() - idle
            for line in [line for line in self.lines if line.heard < oldest]:
                line.end_idle()

    async def write_counters(self) -> None:
        """Add what was counted since the last time to the store's coarse counters."""
        counts, rooms = self.mailboxes.counts, self.relay.counts
        self.mailboxes.counts = {}
        dropped = (
            rooms.dropped_too_fast + rooms.dropped_too_large + rooms.dropped_nobody_there
        ) + self.counts.frames_too_old
        amounts = {
            **counts,
            Counter.FRAMES_FORWARDED: rooms.forwarded,
            Counter.FRAMES_DROPPED: dropped,
        }
        self.relay.forget_counts()
        self.counts.frames_too_old = 0
        amounts = {counter: amount for counter, amount in amounts.items() if amount}
        if amounts:
            await self.store.add(amounts)


def store_limits(settings: Settings) -> Limits:
    """Return the store's limits under these settings."""
    return Limits(
        mailbox_weeks=settings.mailbox_weeks,
        envelope_days=settings.envelope_days,
        invitation_days=settings.invitation_days,
        mailbox_envelopes=settings.mailbox_envelopes,
        mailbox_bytes=settings.mailbox_bytes,
        database_bytes=settings.database_bytes,
    )


@asynccontextmanager
async def open_home(
    data: Path,
    settings: Settings,
    keys: HomeKeys,
    identity: HomeIdentity,
    fronts: Fronts,
    log: Log,
) -> AsyncGenerator[Home]:
    """Open the store and compose a home around it, on the running loop."""
    now = asyncio.get_running_loop().time
    mailbox_settings = MailboxSettings(
        relay_key=keys.relay_key,
        window=settings.window,
        vouchers_only=settings.vouchers_only,
        creations_per_hour=settings.creations_per_hour,
        puts_per_second=settings.puts_per_second,
        grants_per_hour=settings.grants_per_hour,
        invitation_days=settings.invitation_days,
    )
    relay_settings = RelaySettings(
        keys.relay_key, settings.grant_hours, settings.room_packets, settings.room_kbit
    )
    readers = Readers()
    async with await MailboxStore.open(
        data / STORE_NAME, store_limits(settings), readers.arrived
    ) as store:
        yield Home(
            settings=settings,
            keys=keys,
            identity=identity,
            store=store,
            mailboxes=MailboxService(store, readers, mailbox_settings, now, unix_now),
            relay=Relay(relay_settings, now, unix_now),
            log=log,
            prefixes=Prefixes(secrets.token_bytes(32), settings.trusted_proxy),
            fronts=fronts,
            unfinished=Unfinished(settings.handshakes_per_prefix),
            lines_of=Concurrency(settings.lines_per_prefix),
            records_of=Shares(RECORDS_A_PREFIX * settings.records_per_second),
            now=now,
        )
