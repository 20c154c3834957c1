"""Bound what a home holds, and blur when it was used."""

from dataclasses import dataclass
from typing import Final

DAY: Final = 24 * 60 * 60
WEEK: Final = 7 * DAY
KIB: Final = 1024
MIB: Final = 1024 * KIB
SMALLEST_BYTES: Final = 4 * KIB
"""An envelope of the smallest size: a call takes no larger ones."""


@dataclass(frozen=True, slots=True)
class Limits:
    """Hold every bound of the store, with defaults for a small home (spec/registry.md §4)."""

    mailbox_weeks: int = 26
    """A mailbox nobody reads for so long is deleted with all it holds."""
    mailbox_envelopes: int = 1000
    mailbox_bytes: int = 16 * MIB
    """Of an empty database; the fuller this is, the less (`bytes_for_a_mailbox`)."""
    mailbox_writers: int = 1000
    """Writers remembered per mailbox, beside the one of its own row; further ones wait."""
    mailbox_bundles: int = 1
    envelope_days: int = 30
    """An envelope nobody fetches for so long is deleted."""
    voucher_days: int = 37
    """How long a spent voucher is remembered: no shorter than one is valid."""
    invitation_days: int = 30
    """The longest life of an invitation, and how long after it a late visitor is told why."""
    envelope_bytes: int = 64 * KIB
    bundle_bytes: int = 16_400
    batch_items: int = 512
    """Requests that share one transaction, at most."""
    waiting_items: int = 8192
    waiting_bytes: int = 32 * MIB
    """Requests and their bytes that wait for a thread; more are answered with UNAVAILABLE."""
    page_bytes: int = 64 * KIB
    """Envelope bytes that one answer of `pending` carries, at most (but at least one envelope)."""
    database_bytes: int = 8 * 1024 * MIB
    """The file grows no further; writes are then answered with UNAVAILABLE."""
    cache_bytes: int = 16 * MIB

    def bytes_for_a_mailbox(self, free: int) -> int:
        """Say how many bytes a mailbox may hold while the database has so many `free`.

        The last quarter is for mailboxes that hold little: some dozen small envelopes. Else as
        many hostile mailboxes as the database has room for would end everybody's calls.
        """
        kept = self.database_bytes // 4
        share = self.mailbox_bytes * (free - kept) // (self.database_bytes - kept)
        return min(self.mailbox_bytes, max(share, self.mailbox_bytes // 256, SMALLEST_BYTES))

    @property
    def put_number_days(self) -> int:
        """Say how long the resend of an envelope is recognised: longer than the first waits.

        A sender who comes back after three weeks resends; a shorter memory would let the reader,
        who comes back after four, find the envelope twice.
        """
        return self.envelope_days + 1


def round_up(moment: int, unit: int) -> int:
    """Return the first whole multiple of `unit` at or after `moment` (seconds)."""
    return -(-moment // unit) * unit
