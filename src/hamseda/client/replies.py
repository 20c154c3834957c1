"""Say in words what a home's replies mean."""

from __future__ import annotations

from hamseda.errors import HamsedaError, NetworkError, NewerReleaseError
from hamseda.wire.codes import Bye
from hamseda.wire.line import Reply
from hamseda.wire.status import Status

BYE_WORDS = {
    Bye.UNKNOWN: "for a reason that this release does not know",
    Bye.STOPPING: "it stops",
    Bye.TOO_MANY_LINES: "too many lines from this network",
    Bye.TOO_SLOW: "this side reads too slowly",
    Bye.IDLE: "nothing was said for too long",
    Bye.BAD_REQUEST: "it did not understand a request",
}


def too_new(error: NewerReleaseError) -> NetworkError:
    """Say that a home cannot be talked to because this program is too old for it."""
    return NetworkError(str(error), failure="newer_release", next=error.next)


def require_ok(reply: Reply, what: str) -> bytes:
    """Return the data of a good reply; raise what a bad one means in words."""
    if reply.status is Status.OK:
        return reply.data or b""
    raise StatusError(reply.status, what)


class StatusError(HamsedaError):
    """The home answered a request with another status than ok."""

    exit_status = 3

    def __init__(self, status: Status, what: str) -> None:
        super().__init__(f"{what}: {_STATUS_WORDS[status]}", next=_STATUS_NEXT[status])
        self.status = status


_STATUS_WORDS = {
    Status.OK: "done",
    Status.REFUSED: "the home refused",
    Status.FULL: "the mailbox is full",
    Status.QUOTA: "too much was asked from this network in a short time",
    Status.EXPIRED: "it has expired",
    Status.BAD_REQUEST: "the home did not understand the request",
    Status.TAKEN: "it exists already",
    Status.UNAVAILABLE: "the home cannot do it now",
}
_STATUS_NEXT = {
    Status.OK: "",
    Status.REFUSED: "ask your contact for a new invitation",
    Status.FULL: "try again when your contact has been online",
    Status.QUOTA: "wait some minutes and try again",
    Status.EXPIRED: "try again",
    Status.BAD_REQUEST: "update hamseda on this device or on the home",
    Status.TAKEN: "try again",
    Status.UNAVAILABLE: "try again in a minute",
}
