"""Name the one-byte answers of a home (spec/registry.md)."""

from enum import IntEnum, unique


@unique
class Status(IntEnum):
    """Say how a request to a home ended.

    `REFUSED` covers an unknown mailbox and a wrong capability alike: a guesser
    must not learn which mailboxes exist.
    """

    OK = 0
    REFUSED = 1
    FULL = 2
    QUOTA = 3
    EXPIRED = 4
    BAD_REQUEST = 5
    TAKEN = 6
    UNAVAILABLE = 7
