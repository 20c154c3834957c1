"""Hold the whole exception tree of hamseda: whose fault it is, and what to do next.

Every error carries a sentence for a person (`str(error)`) and, where there is one, the next
step (`error.next`). `exit_status` is what a command returns for it (docs/reference/commands.md).
No error text contains a key, a capability, a token or an address of a person.
"""

from __future__ import annotations

from typing import ClassVar


class HamsedaError(Exception):
    """Be the base of everything that hamseda raises on purpose."""

    exit_status: ClassVar[int] = 1

    def __init__(self, message: str, *, next: str = "") -> None:
        super().__init__(message)
        self.next = next


class WireError(HamsedaError):
    """Foreign bytes are not what the specification allows.

    Parsing, decapsulation and authentication failures are all this one error, with the one
    meaning "bad message": a peer must not learn which check failed (spec/handshake.md §1).
    """


class NewerReleaseError(WireError):
    """Foreign bytes are of a version that only a newer release of hamseda understands."""

    def __init__(self, what: str) -> None:
        super().__init__(
            f"{what} is of a newer release of hamseda than this program",
            next="update hamseda on this device",
        )


class UsageError(HamsedaError):
    """The caller asked for something that cannot be meant."""

    exit_status: ClassVar[int] = 2


class RefusedError(HamsedaError):
    """The other side, or the home, said no."""

    exit_status: ClassVar[int] = 3


class NoAnswerError(HamsedaError):
    """Nobody answered."""

    exit_status: ClassVar[int] = 4


class NetworkError(HamsedaError):
    """The network or the home cannot be reached.

    `failure` is one string of the closed list in spec/failures.md.
    """

    exit_status: ClassVar[int] = 5

    def __init__(self, message: str, *, failure: str = "unknown_failure", next: str = "") -> None:
        super().__init__(message, next=next)
        self.failure = failure


class TrustError(HamsedaError):
    """Something was altered, does not match, or is out of step: do not go on."""

    exit_status: ClassVar[int] = 6


class OutOfStepError(TrustError):
    """The keys of a contact no longer fit the other side's: one of the two is an old copy."""


class ProfileError(HamsedaError):
    """A profile cannot be opened, is in use, or is damaged."""


class ConfigError(HamsedaError):
    """A setting of a home is unknown or has a value that cannot be."""

    exit_status: ClassVar[int] = 2

    def __init__(self, message: str, *, next: str = "") -> None:
        super().__init__(
            message, next=next or "see `hamseda serve --help` and docs/reference/settings.md"
        )


class StoreError(HamsedaError):
    """The home's database cannot be used."""


class AudioError(HamsedaError):
    """A sound file or a sound device cannot be used."""


def sole(error: BaseException) -> BaseException:
    """Give the one error inside a group of groups, or the group where there are several."""
    inner: tuple[BaseException, ...] = getattr(error, "exceptions", ())
    return sole(inner[0]) if len(inner) == 1 else error
