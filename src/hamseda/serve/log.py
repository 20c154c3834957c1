"""Log events and numbers, and nothing else.

A home's log must be fit to be shown to anybody (design §3): an entry is one of the names below
and whole numbers, so that an address, a token or an id cannot get in by accident.
"""

import asyncio
import json
import logging
import sys
import traceback
from collections.abc import Callable
from enum import StrEnum, unique
from pathlib import Path
from typing import Any, Final, TextIO


@unique
class Event(StrEnum):
    """Name everything that a home may log."""

    SERVING = "serving"
    STOPPING = "stopping"
    STOPPED = "stopped"
    PORT_TAKEN = "port_taken"
    CERTIFICATE_RENEWED = "certificate_renewed"
    RENEWAL_FAILED = "renewal_failed"
    DESCRIPTOR_RENEWED = "descriptor_renewed"
    FRONTS_READ = "fronts_read"
    FRONTS_FAILED = "fronts_failed"
    COUNTS = "counts"
    EXPIRED = "expired"
    STORE_FAILED = "store_failed"
    BUG = "bug"


_PACKAGE: Final = str(Path(__file__).resolve().parent.parent)


class Log:
    """Write one line an event to a stream."""

    def __init__(
        self, stream: TextIO, clock: Callable[[], float], *, is_json: bool = False
    ) -> None:
        self._stream = stream
        self._clock = clock
        self._is_json = is_json

    def event(self, event: Event, **counts: int) -> None:
        """Log an event with its numbers."""
        self._write(event, counts)

    def bug(self, error: BaseException) -> None:
        """Log the type and the place of an error that nobody expected, but not its text.

        A text may quote what a person sent.
        """
        place = "elsewhere"
        for frame in traceback.extract_tb(error.__traceback__):
            if frame.filename.startswith(_PACKAGE):
                place = f"{frame.filename[len(_PACKAGE) + 1 :]}:{frame.lineno}"
        self._write(Event.BUG, {"error": type(error).__name__, "place": place})

    def _write(self, event: Event, values: dict[str, Any]) -> None:
        entry = {"t": round(self._clock()), "event": str(event), **values}
        if self._is_json:
            line = json.dumps(entry, separators=(",", ":"))
        else:
            line = " ".join(f"{key}={value}" for key, value in entry.items())
        try:
            self._stream.write(line + "\n")
            self._stream.flush()
        except (OSError, ValueError):
            # Nobody reads the log any more: that must not stop calls.
            return


def to_standard_error(clock: Callable[[], float], *, is_json: bool) -> Log:
    """Return the log of a process, and silence what libraries would write beside it.

    They would log peers' addresses and whole requests.
    """
    logging.disable(logging.CRITICAL)
    return Log(sys.stderr, clock, is_json=is_json)


def catch_stray_errors(loop: asyncio.AbstractEventLoop, log: Log) -> None:
    """Let errors of callbacks and forgotten tasks reach the log as bugs, without their text."""

    def handle(_: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        error = context.get("exception")
        # A connection that dies in mid-handshake is a visitor's business.
        if isinstance(error, BaseException) and not isinstance(error, OSError):
            log.bug(error)

    loop.set_exception_handler(handle)
