"""Name the numbers of the registry (spec/registry.md §3 and §5, ratchet §5, call §4)."""

from enum import IntEnum, unique
from typing import Final


@unique
class RecordType(IntEnum):
    """Say what the body of a line's record is (registry §3)."""

    CREATE = 0x10
    PUT = 0x11
    SUBSCRIBE = 0x12
    ACK = 0x13
    CLOSE_MAILBOX = 0x14
    PUT_BUNDLE = 0x15
    DELETE_BUNDLE = 0x16
    VOUCHER = 0x17
    GRANT = 0x18
    JOIN = 0x19
    LEAVE = 0x1A
    PING = 0x1B
    DOCUMENT = 0x1C
    ROOM_CONTROL = 0x20
    HELLO = 0x30
    REPLY = 0x31
    DELIVER = 0x32
    REPLACED = 0x33
    ROOM_PEER = 0x34
    BYE = 0x35


@unique
class Bye(IntEnum):
    """Say why a home closes a line (registry §5)."""

    UNKNOWN = 0
    """Never sent: stands for a reason of a later release."""
    STOPPING = 1
    TOO_MANY_LINES = 2
    TOO_SLOW = 3
    IDLE = 4
    BAD_REQUEST = 5


@unique
class Feature(IntEnum):
    """Say what a home does beyond version 1's beginnings (registry §7).

    A side may name numbers that are not here: they are of a later release.
    """

    PUT_NUMBERS = 1


FEATURES: Final = (int(Feature.PUT_NUMBERS),)
"""What a home of this release does."""
FEATURES_MOST: Final = 32
"""How many numbers a home may name."""


@unique
class BundleEnd(IntEnum):
    """Say why an invitation bundle is deleted (spec/mailbox.md)."""

    USED = 1
    CANCELLED = 2


@unique
class RefusedReason(IntEnum):
    """Say why an accept was refused (registry §5)."""

    USED = 1
    EXPIRED = 2


@unique
class HangupReason(IntEnum):
    """Say why a call was ended by its other side (registry §5)."""

    HUNG_UP = 1
    ALARM = 2
    LOST = 3
    FAILED = 4


@unique
class ControlKind(IntEnum):
    """Say what a control message in a room means (spec/call.md §4)."""

    RINGING = 1
    ALIVE = 2
    CANCEL = 3
    DECLINE = 4
    BUSY = 5
    REVEAL = 6
    REVEAL_ACK = 7
    HANGUP = 8
    MOVED = 9


@unique
class RoomBody(IntEnum):
    """Say what the body of a room control is: its first byte (spec/call.md §4)."""

    ENVELOPE = 1
    CONTROL = 2


@unique
class BodyKind(IntEnum):
    """Say what a message of the contact channel carries (spec/ratchet.md §5).

    A receiver ignores other numbers after authentication: a later version may have more.
    """

    WELCOME = 1
    REFUSED = 2
    CONFIRM = 3
    OFFER = 4
    ANSWER = 5
    CANCEL = 6
    DECLINE = 7
    BUSY = 8
    HANGUP = 9
    OUT_OF_STEP = 10
    ENDPOINTS = 11
    ABLE = 12
