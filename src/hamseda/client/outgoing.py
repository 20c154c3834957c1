"""Put what waits for one home: a queue for each mailbox, a call's envelopes first.

Envelopes of one mailbox leave one after another, those of several at once: one mailbox that is
full, or one slow envelope, holds up nobody else's (spec/mailbox.md §1).
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable

from hamseda.client.book import Book
from hamseda.client.line import HomeLine
from hamseda.client.records import OutboxItem
from hamseda.errors import NetworkError
from hamseda.wire.mailbox import Put
from hamseda.wire.status import Status

log = logging.getLogger(__name__)

MAX_PUTS = 8
"""Mailboxes that are put into at once."""
RETRY_SECONDS = 5.0
FULL_SECONDS = 600.0
"""How long a full mailbox is left alone at first; twice as long each further time."""
MAX_FULL_SECONDS = 6 * 3600.0
KEPT_SECONDS = 30 * 24 * 3600
"""How long an envelope is tried; the home would not keep it any longer either."""


class Outgoing:
    """Be what leaves for one home, over all its lines."""

    def __init__(
        self, book: Book, line: HomeLine, failed: Callable[[OutboxItem, Status], None]
    ) -> None:
        self._book = book
        self._line = line
        self._failed = failed
        self._wake = asyncio.Event()
        self._under_way: set[bytes] = set()
        self._attempted: set[bytes] = set()
        """Put ids that this process has sent: a home may know them."""
        self._held: dict[bytes, float] = {}
        """Until when a mailbox is left alone, by the loop's clock."""
        self._full: dict[bytes, float] = {}
        """How long a full mailbox was left alone last."""

    def wake(self) -> None:
        """Send now what waits."""
        self._wake.set()

    def release(self, mailbox: bytes) -> None:
        """Try a mailbox at once: its reader has been there."""
        if self._full.pop(mailbox, None) is not None:
            self._held.pop(mailbox, None)
            self.wake()

    def is_busy(self) -> bool:
        """Tell whether anything waits, but for mailboxes that are full."""
        waiting = self._book.waiting(self._line.home_id)
        return any(item.to.mailbox not in self._full for item in waiting)

    async def run(self) -> None:
        """Put what waits, until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            while True:
                await self._wake.wait()
                self._wake.clear()
                if not self._line.is_open:
                    continue
                for item in self._ready():
                    if len(self._under_way) >= MAX_PUTS:
                        break
                    if item.to.mailbox not in self._under_way:
                        self._under_way.add(item.to.mailbox)
                        tasks.create_task(self._put(item))

    def _ready(self) -> list[OutboxItem]:
        now = asyncio.get_running_loop().time()
        return [
            item
            for item in self._book.waiting(self._line.home_id)
            if self._held.get(item.to.mailbox, 0.0) <= now
        ]

    async def _put(self, item: OutboxItem) -> None:
        """Put one envelope, and let the next of its mailbox follow."""
        mailbox = item.to.mailbox
        is_first = item.put_id not in self._attempted
        self._attempted.add(item.put_id)
        request = Put(0, mailbox, item.to.cap, item.put_id, item.envelope)
        try:
            reply = await self._line.request(request)
        except NetworkError:
            # A new line wakes the loop; a line that was only slow does not.
            self._hold(mailbox, RETRY_SECONDS)
        else:
            # It may have been deleted or renumbered meanwhile.
            if self._book.is_waiting(item):
                is_strange = reply.status is Status.OK and bool(reply.data) and is_first
                self._judge(item, Status.EXPIRED if is_strange else reply.status)
        finally:
            self._under_way.discard(mailbox)
        self.wake()

    def _judge(self, item: OutboxItem, status: Status) -> None:
        mailbox = item.to.mailbox
        is_over = time.time() - item.made > KEPT_SECONDS
        if status is Status.EXPIRED:
            # The home knows a number that this process has not sent: an older copy of this
            # profile, or a crash before the answer. A double is dropped where it is read.
            log.info("an envelope gets a new number")
            with self._book.change() as draft:
                draft.renumber(item)
        elif status in (Status.QUOTA, Status.UNAVAILABLE) and not is_over:
            self._hold(mailbox, RETRY_SECONDS)
        elif status is Status.FULL and not item.is_of_call and not is_over:
            seconds = self._full.get(mailbox, FULL_SECONDS / 2) * 2
            is_news = mailbox not in self._full
            self._full[mailbox] = min(seconds, MAX_FULL_SECONDS)
            self._hold(mailbox, self._full[mailbox])
            if is_news:
                self._failed(item, status)
        else:
            self._book.sent(item)
            self._attempted.discard(item.put_id)
            if status is Status.OK:
                self._full.pop(mailbox, None)
            else:
                self._failed(item, status)

    def _hold(self, mailbox: bytes, seconds: float) -> None:
        loop = asyncio.get_running_loop()
        self._held[mailbox] = loop.time() + seconds
        loop.call_later(seconds, self.wake)

    def line_opened(self) -> None:
        """Begin on a new line: what only waited for the old one waits no longer."""
        self._held = {box: until for box, until in self._held.items() if box in self._full}
        self.wake()
