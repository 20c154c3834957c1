"""Offer the mailbox store to asyncio: every answer comes after the commit (spec/mailbox.md).

The store decides and keeps; it does not authenticate readers. `pending`, `ack`, `touch`,
`close_mailbox`, `put_bundle` and `end_bundle` are for a caller that has checked a signature
under `read_key`. Quotas per address prefix are the service's as well. `now` is in whole seconds.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from hamseda.errors import StoreError
from hamseda.mailbox import bundles, counters, envelopes, mailboxes, sweep
from hamseda.mailbox.bundles import Bundle, BundleState
from hamseda.mailbox.counters import Counter
from hamseda.mailbox.envelopes import Answer, Pending
from hamseda.mailbox.limits import Limits
from hamseda.mailbox.schema import open_reader, open_writer
from hamseda.mailbox.sweep import Held
from hamseda.mailbox.transaction import Arrivals, Batcher, Transaction
from hamseda.wire.status import Status

CONCURRENT_PAGES: Final = 64
"""Answers of `pending` in memory at once; further readers wait instead of failing."""


class MailboxStore:
    """Keep mailboxes, envelopes and invitations in one SQLite file.

    Writes share transactions in one thread; reads have a thread and a read-only connection of
    their own (bench/store.py: 0.1 ms under load instead of 10), and see every write that was
    answered before. Requests that find the store overloaded or its disk full end with
    `Status.UNAVAILABLE`, or `StoreError` where the answer is no status. No SQLite shows through,
    so that another database can take its place.
    """

    def __init__(self, path: Path, limits: Limits, arrivals: Arrivals | None) -> None:
        self._limits = limits
        self._writer = Batcher(
            partial(open_writer, path, limits), limits, "BEGIN IMMEDIATE", arrivals
        )
        self._reader = Batcher(partial(open_reader, path, limits), limits, "BEGIN")
        self._pages = asyncio.Semaphore(CONCURRENT_PAGES)

    @classmethod
    async def open(
        cls, path: Path, limits: Limits | None = None, arrivals: Arrivals | None = None
    ) -> Self:
        """Open or create the store at `path`. Raise `StoreError` when that fails.

        After each commit that brought envelopes, `arrivals` is called once on the event loop
        with the mailboxes they came to; it must be quick and must not raise.
        """
        store = cls(path, limits or Limits(), arrivals)
        try:
            await store._writer.start()
            await store._reader.start()
        except StoreError:
            await store.close()
            raise
        return store

    async def close(self) -> None:
        """Finish what is queued and close the file."""
        await self._reader.close()
        await self._writer.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    # Mailboxes

    async def create_mailbox(
        self,
        mailbox: bytes,
        read_pk: bytes,
        cap_hash: bytes,
        now: int,
        voucher_hash: bytes | None = None,
    ) -> Status:
        """Create a mailbox: OK (also when it was so already), TAKEN, or REFUSED (voucher spent)."""
        return await self._status(
            partial(
                mailboxes.create,
                mailbox=mailbox,
                read_pk=read_pk,
                cap_hash=cap_hash,
                now=now,
                voucher_hash=voucher_hash,
            )
        )

    async def read_key(self, mailbox: bytes, now: int) -> bytes | None:
        """Return the key that signs for the mailbox's reader, None without such a mailbox."""
        return await self._reader.submit(partial(mailboxes.read_key, mailbox=mailbox, now=now))

    async def touch(self, mailbox: bytes, now: int) -> Status:
        """Renew a mailbox that its reader uses: OK or REFUSED."""
        return await self._status(partial(mailboxes.touch, mailbox=mailbox, now=now))

    async def close_mailbox(self, mailbox: bytes) -> Status:
        """Delete a mailbox and all it holds; cancel its invitation if still open: OK."""
        return await self._status(partial(mailboxes.close, mailbox=mailbox))

    # Envelopes

    async def put(
        self, mailbox: bytes, cap: bytes, put_id: bytes, envelope: bytes, now: int
    ) -> Answer:
        """Store an envelope once per put number: OK (with `KNOWN` when it was there before).

        Or REFUSED, EXPIRED (the number), FULL, QUOTA (writers) or BAD_REQUEST.
        """
        run = partial(
            envelopes.put, mailbox=mailbox, cap=cap, put_id=put_id, envelope=envelope, now=now
        )
        try:
            return await self._writer.submit(run, len(envelope))
        except StoreError:
            return Status.UNAVAILABLE, None

    async def pending(
        self, mailbox: bytes, after_seq: int, limit: int, now: int
    ) -> Sequence[Pending]:
        """Return some of what waits behind `after_seq`, oldest first; empty when nothing does."""
        run = partial(envelopes.pending, mailbox=mailbox, after_seq=after_seq, limit=limit, now=now)
        async with self._pages:
            return await self._reader.submit(run)

    async def ack(self, mailbox: bytes, seqs: Sequence[int]) -> Status:
        """Delete fetched envelopes: OK, or BAD_REQUEST for more than 1000."""
        return await self._status(partial(envelopes.ack, mailbox=mailbox, seqs=seqs))

    # Invitations

    async def put_bundle(
        self, bundle: bytes, mailbox: bytes, blob: bytes, expires: int, now: int
    ) -> Status:
        """Keep an invitation: OK, REFUSED, TAKEN, QUOTA, EXPIRED or BAD_REQUEST (size)."""
        run = partial(
            bundles.put, bundle=bundle, mailbox=mailbox, blob=blob, expires=expires, now=now
        )
        return await self._status(run, len(blob))

    async def end_bundle(self, bundle: bytes, mailbox: bytes, state: BundleState) -> Status:
        """Delete an invitation's blob and remember why (USED or CANCELLED): OK or REFUSED."""
        return await self._status(partial(bundles.end, bundle=bundle, mailbox=mailbox, state=state))

    async def get_bundle(self, bundle: bytes, now: int) -> Bundle:
        """Return an invitation, or what became of it."""
        return await self._reader.submit(partial(bundles.get, bundle=bundle, now=now))

    # Upkeep

    async def expire(self, now: int) -> int:
        """Delete all that has expired, in slices between which others are served."""
        total = 0
        while gone := await self._writer.submit(partial(sweep.sweep, now=now)):
            total += gone
        return total

    async def add(self, amounts: Mapping[Counter, int]) -> None:
        """Add to coarse counters."""
        await self._writer.submit(partial(counters.add, amounts=amounts))

    async def counters(self) -> Mapping[Counter, int]:
        """Return the coarse counters."""
        return await self._reader.submit(counters.read)

    async def counts(self) -> Sequence[Held]:
        """Say for `hamseda audit` what is held, by kind."""
        return await self._reader.submit(sweep.counts)

    async def _status(self, run: Callable[[Transaction], Status], size: int = 0) -> Status:
        try:
            return await self._writer.submit(run, size)
        except StoreError:
            return Status.UNAVAILABLE
