"""Remember what was received, so that it does nothing when it comes again (spec/ratchet.md §3).

Hashes are kept for each mailbox by itself: nobody's flood removes what another sent.
"""

from __future__ import annotations

from dataclasses import dataclass, field

MAX_SEEN = 4096
"""Hashes that are remembered of one mailbox."""
SEEN_DAYS = 40
"""How long: ten days more than an envelope waits at a home."""
DAY = 24 * 3600
SHARED = bytes(16)
"""Stands for the mailbox of what an earlier release remembered for all contacts together."""

_COUNTER_BYTES = 8
_DAY_BYTES = 4


@dataclass(frozen=True, slots=True)
class Seen:
    """Be one remembered hash, of an envelope or of a call's id."""

    mailbox: bytes = field(repr=False)
    counter: int
    """Its place in the order of arrival, over the whole profile."""
    day: int
    """Unix days."""
    digest: bytes = field(repr=False)

    @property
    def id(self) -> bytes:
        """Give the id under which the profile keeps it: sorted by mailbox, then by arrival."""
        return self.mailbox + self.counter.to_bytes(_COUNTER_BYTES, "big")

    def encode(self) -> bytes:
        """Write it down for the profile."""
        return self.day.to_bytes(_DAY_BYTES, "big") + self.digest


def decode_seen(id: bytes, value: bytes, today: int) -> Seen:
    """Read a stored hash back; one of an earlier release has neither mailbox nor day."""
    if len(id) == _COUNTER_BYTES:
        return Seen(SHARED, int.from_bytes(id, "big"), today, value)
    mailbox, counter = id[:-_COUNTER_BYTES], int.from_bytes(id[-_COUNTER_BYTES:], "big")
    return Seen(mailbox, counter, int.from_bytes(value[:_DAY_BYTES], "big"), value[_DAY_BYTES:])


class SeenDigests:
    """Be all remembered hashes in memory."""

    def __init__(self) -> None:
        self._by_mailbox: dict[bytes, dict[bytes, Seen]] = {}

    def __contains__(self, key: tuple[bytes, bytes]) -> bool:
        """Tell whether (mailbox, hash) was received."""
        mailbox, digest = key
        return any(digest in self._by_mailbox.get(box, ()) for box in (mailbox, SHARED))

    def add(self, seen: Seen) -> None:
        """Remember one more, the newest of its mailbox."""
        self._by_mailbox.setdefault(seen.mailbox, {})[seen.digest] = seen

    def surplus(self, mailbox: bytes, coming: int, today: int) -> list[Seen]:
        """List what of a mailbox may be forgotten when so many come: too old, or too many."""
        kept = list(self._by_mailbox.get(mailbox, {}).values())
        many = max(0, len(kept) + coming - MAX_SEEN)
        old = (seen for seen in kept[many:] if today - seen.day > SEEN_DAYS)
        return [*kept[:many], *old]

    def of(self, mailbox: bytes) -> list[Seen]:
        """List what is remembered of one mailbox, oldest first."""
        return list(self._by_mailbox.get(mailbox, {}).values())

    def forget(self, seen: Seen) -> None:
        """Forget one."""
        of_mailbox = self._by_mailbox.get(seen.mailbox, {})
        of_mailbox.pop(seen.digest, None)
        if not of_mailbox:
            self._by_mailbox.pop(seen.mailbox, None)
