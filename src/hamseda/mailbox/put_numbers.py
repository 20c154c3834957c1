"""Recognise a put that comes again by its writer's number (spec/mailbox.md §1).

A put id is `writer(8) ‖ n(8)`. Of each writer of a mailbox the highest number is kept and which of
the 64 below it were taken: 30 bytes, where a memory of the ids themselves would be 95 for each put
of a month. A mailbox has one writer as a rule, kept in its own row, which each put writes anyway;
others (the guests of an invitation, a restored copy) stand in a table.
"""

from dataclasses import dataclass
from enum import Enum
from typing import Final, Self

from hamseda.mailbox.limits import DAY, round_up
from hamseda.mailbox.transaction import Transaction

WRITER_BYTES: Final = 8
WINDOW: Final = 64
NUMBER_MOST: Final = 2**63 - 1
_ALL: Final = 2**WINDOW - 1


class Verdict(Enum):
    """Say what a number is to its writer's window."""

    NEW = "new"
    KNOWN = "known"
    EXPIRED = "expired"
    """Below the window: nobody remembers whether it was taken."""


@dataclass(frozen=True, slots=True)
class Window:
    """Hold one writer's highest number; bit i of `seen` is the number `high - 1 - i`."""

    high: int = 0
    seen: int = 0

    @classmethod
    def stored(cls, high: int, seen: int) -> Self:
        """Read the two columns; SQLite's integers are signed."""
        return cls(high, seen & _ALL)

    @property
    def signed_seen(self) -> int:
        """Give `seen` as SQLite keeps it."""
        return self.seen - 2**WINDOW if self.seen >> (WINDOW - 1) else self.seen

    def judge(self, number: int) -> Verdict:
        """Tell whether this number was taken."""
        below = self.high - number
        if below < 0:
            return Verdict.NEW
        if below > WINDOW:
            return Verdict.EXPIRED
        is_taken = below == 0 or self.seen >> (below - 1) & 1
        return Verdict.KNOWN if is_taken else Verdict.NEW

    def taking(self, number: int) -> Self:
        """Give the window with this new number taken."""
        above = number - self.high
        if above < 0:
            return type(self)(self.high, self.seen | 1 << (-above - 1))
        # The old highest becomes one of those below.
        shifted = (self.seen << 1 | 1) << (above - 1) if above <= WINDOW else 0
        return type(self)(number, shifted & _ALL)


@dataclass(frozen=True, slots=True)
class Slot:
    """Hold the put numbers that stand in a mailbox's own row; an empty one has no writer."""

    writer: bytes | None = None
    high: int | None = None
    seen: int | None = None
    expires: int | None = None

    @property
    def columns(self) -> tuple[bytes | None, int | None, int | None, int | None]:
        """Give writer, put_high, put_seen and put_expires."""
        return self.writer, self.high, self.seen, self.expires

    def is_free(self, now: int) -> bool:
        """Tell whether any writer may have it."""
        return self.expires is None or self.expires <= now


class Numbers:
    """Be what one mailbox remembers of one writer, for the length of one request."""

    def __init__(
        self, tx: Transaction, mailbox: bytes, writer: bytes, slot: Slot, now: int
    ) -> None:
        self._tx, self._mailbox, self._writer, self._slot, self._now = (
            tx,
            mailbox,
            writer,
            slot,
            now,
        )
        self.window = Window()
        self._is_listed = False
        self._in_slot = slot.writer == writer and not slot.is_free(now)
        if self._in_slot:
            self.window = Window.stored(slot.high or 0, slot.seen or 0)
            return
        row = tx.db.execute(
            "SELECT high, seen FROM writers WHERE mailbox = ? AND writer = ? AND expires > ?",
            (mailbox, writer, now),
        ).fetchone()
        self._is_listed = row is not None
        if row is not None:
            self.window = Window.stored(*row)
        else:
            self._in_slot = slot.is_free(now)

    def has_room(self) -> bool:
        """Tell whether the mailbox may remember this writer: it does, or has not too many."""
        if self._in_slot or self._is_listed:
            return True
        (count,) = self._tx.db.execute(
            "SELECT count(*) FROM writers WHERE mailbox = ?", (self._mailbox,)
        ).fetchone()
        return count < self._tx.limits.mailbox_writers

    def take(self, number: int) -> Slot:
        """Remember a number that is stored now; give what the mailbox's own row is to say."""
        window = self.window.taking(number)
        expires = round_up(self._now + self._tx.limits.put_number_days * DAY, DAY)
        if self._in_slot:
            return Slot(self._writer, window.high, window.signed_seen, expires)
        self._tx.db.execute(
            "INSERT OR REPLACE INTO writers (mailbox, writer, high, seen, expires)"
            " VALUES (?, ?, ?, ?, ?)",
            (self._mailbox, self._writer, window.high, window.signed_seen, expires),
        )
        return self._slot
