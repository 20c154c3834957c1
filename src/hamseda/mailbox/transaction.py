"""Run requests in shared transactions: one thread, one commit, one wake-up per batch."""

import asyncio
import contextlib
import logging
import sqlite3
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from typing import Any, Final, TypeVar

from hamseda.errors import StoreError
from hamseda.mailbox.limits import Limits

LOG: Final = logging.getLogger(__name__)

T = TypeVar("T")

Arrivals = Callable[[frozenset[bytes]], None]


class BusyError(StoreError):
    """More waits for the store than memory should hold."""


@dataclass(slots=True)
class Transaction:
    """Carry what one batch of requests shares.

    A request is a function of a transaction that returns a value. It may run twice (when a
    neighbour in its batch fails), so its only effects are on `db` and on these fields.
    """

    db: sqlite3.Connection
    limits: Limits
    arrived: set[bytes] = field(default_factory=set[bytes])
    """Mailboxes that got something new."""
    wants_scrub: bool = False
    """Empty the write-ahead log after the commit: it still holds what was deleted."""
    _free_bytes: int | None = None

    @property
    def free_bytes(self) -> int:
        """Say how much the database may still grow by, as of this batch's first question."""
        if self._free_bytes is None:
            used = self._number("page_count") - self._number("freelist_count")
            self._free_bytes = self.limits.database_bytes - used * self._number("page_size")
        return self._free_bytes

    def _number(self, name: str) -> int:
        return int(self.db.execute(f"PRAGMA {name}").fetchone()[0])


@dataclass(slots=True)
class _Request:
    run: Callable[[Transaction], Any]
    size: int
    future: asyncio.Future[Any]
    result: Any = None
    error: Exception | None = None


class Batcher:
    """Own one connection and one thread, and commit what is waiting together.

    While one batch is synced to disk the next one gathers, so load makes batches larger
    instead of queues longer. Nothing is answered, and `arrivals` is not called, before the
    commit. To be created and used on one event loop. What waits is bounded by
    `Limits.waiting_items` and `Limits.waiting_bytes`.
    """

    def __init__(
        self,
        open_database: Callable[[], sqlite3.Connection],
        limits: Limits,
        begin: str,
        arrivals: Arrivals | None = None,
    ) -> None:
        self._open_database = open_database
        self._limits = limits
        self._begin: Final = begin
        self._arrivals = arrivals
        self._loop = asyncio.get_running_loop()
        self._queue: SimpleQueue[_Request | None] = SimpleQueue()
        self._waiting_items = 0
        self._waiting_bytes = 0
        self._opened: asyncio.Future[None] = self._loop.create_future()
        self._closed: asyncio.Future[None] = self._loop.create_future()
        self._is_closing = False
        self._thread = threading.Thread(target=self._work, name="hamseda-store", daemon=True)

    async def start(self) -> None:
        """Open the database in the thread. Raise `StoreError` when that fails."""
        self._thread.start()
        await self._opened

    def submit(self, run: Callable[[Transaction], T], size: int = 0) -> asyncio.Future[T]:
        """Queue one request that keeps `size` bytes of memory; its future ends after the commit.

        Raise `BusyError` when too much waits. The future raises `StoreError` when the database
        cannot do it. A cancelled future does not undo the request.
        """
        limits = self._limits
        if self._is_closing:
            raise BusyError("the mailbox store is closing")
        if (
            self._waiting_items >= limits.waiting_items
            or self._waiting_bytes + size > limits.waiting_bytes
        ):
            raise BusyError("too many requests wait for the mailbox store")
        future: asyncio.Future[T] = self._loop.create_future()
        self._waiting_items += 1
        self._waiting_bytes += size
        self._queue.put(_Request(run, size, future))
        return future

    async def close(self) -> None:
        """Finish what is queued, close the connection, end the thread."""
        if not self._is_closing:
            self._is_closing = True
            self._queue.put(None)
        if self._thread.is_alive():
            await asyncio.shield(self._closed)
            self._thread.join()

    # In the thread.

    def _work(self) -> None:
        try:
            db = self._open_database()
        except StoreError as error:
            self._wake(self._opened.set_exception, error)
            return
        self._wake(self._opened.set_result, None)
        try:
            is_open = True
            while is_open:
                batch, is_open = self._next_batch()
                if batch:
                    self._run_batch(db, batch)
        finally:
            db.close()
            self._wake(self._closed.set_result, None)

    def _next_batch(self) -> tuple[list[_Request], bool]:
        batch: list[_Request] = []
        request = self._queue.get()
        while request is not None:
            batch.append(request)
            if len(batch) == self._limits.batch_items:
                return batch, True
            try:
                request = self._queue.get_nowait()
            except Empty:
                return batch, True
        return batch, False

    def _run_batch(self, db: sqlite3.Connection, batch: list[_Request]) -> None:
        arrived: set[bytes] = set()
        try:
            self._commit(db, batch, arrived)
        except Exception as failure:  # noqa: BLE001 -- whatever it was: spare the neighbours
            LOG.warning("a batch of the mailbox store failed, trying one by one: %s", failure)
            for request in batch:
                try:
                    self._commit(db, [request], arrived)
                except sqlite3.Error as error:
                    request.error = StoreError(f"the mailbox store failed: {error}")
                except Exception as error:  # noqa: BLE001 -- a bug: its caller shall see it
                    request.error = error
        self._wake(self._deliver, batch, frozenset(arrived))

    def _commit(self, db: sqlite3.Connection, batch: list[_Request], arrived: set[bytes]) -> None:
        transaction = Transaction(db, self._limits)
        try:
            db.execute(self._begin)
            for request in batch:
                request.result = request.run(transaction)
            db.execute("COMMIT")
        except BaseException:
            if db.in_transaction:
                db.execute("ROLLBACK")
            raise
        arrived |= transaction.arrived
        if transaction.wants_scrub:
            # Best effort: a reader in its way only means that the next sweep does it.
            # An error must not get out either: the batch would be taken for failed, and run again.
            with contextlib.suppress(sqlite3.Error):
                db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    def _wake(self, call: Callable[..., object], *args: object) -> None:
        try:
            self._loop.call_soon_threadsafe(call, *args)
        except RuntimeError:
            # The loop is gone, and with it everybody who could want the answer.
            return

    # On the loop.

    def _deliver(self, batch: list[_Request], arrived: frozenset[bytes]) -> None:
        for request in batch:
            self._waiting_items -= 1
            self._waiting_bytes -= request.size
            if request.future.done():
                continue
            if request.error is not None:
                request.future.set_exception(request.error)
            else:
                request.future.set_result(request.result)
        if arrived and self._arrivals is not None:
            self._arrivals(arrived)
