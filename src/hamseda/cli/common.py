"""Share what the client's commands have in common: profile, times, signals."""

from __future__ import annotations

import argparse
import asyncio
import getpass
import math
import os
import signal
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import uvloop

from hamseda.cli.output import Output
from hamseda.client.api import Client
from hamseda.client.events import Accepted
from hamseda.client.profile_key import Passphrase
from hamseda.errors import UsageError, sole

PASSPHRASE = "HAMSEDA_PASSPHRASE"
NEW_PASSPHRASE = "HAMSEDA_NEW_PASSPHRASE"
PROFILE = "HAMSEDA_PROFILE"


def default_profile() -> Path:
    """Give the folder of the default profile."""
    given = os.environ.get(PROFILE)
    if given:
        return Path(given)
    base = os.environ.get("XDG_DATA_HOME") or str(Path.home() / ".local" / "share")
    return Path(base) / "hamseda" / "profile"


def add_profile(parser: argparse.ArgumentParser) -> None:
    """Add the options that every command of a person has."""
    parser.add_argument(
        "--profile", type=Path, metavar="DIR", default=default_profile(),
        help="folder of your keys and contacts (default: %(default)s, or $HAMSEDA_PROFILE)",
    )  # fmt: skip
    parser.add_argument("--json", action="store_true", help="one JSON object a line")


def seconds(text: str) -> float:
    """Read a time from the command line; less than nothing, or no end, is a usage error."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 <= value < math.inf:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of seconds, 0 or more")
    return value


def passphrase() -> Passphrase:
    """Give the profile's passphrase from the environment, or ask at a terminal when it is needed.

    There is no option for it: the options of a process can be read by others.
    """
    return os.environ.get(PASSPHRASE) or _ask_for_passphrase


def _ask_for_passphrase() -> str | None:
    return getpass.getpass("Passphrase: ") if sys.stdin.isatty() else None


def new_passphrase() -> str:
    """Take a new passphrase from the environment, or ask for it twice."""
    given = os.environ.get(NEW_PASSPHRASE)
    if given:
        return given
    if not sys.stdin.isatty():
        raise UsageError(
            "there is nobody to ask for the new passphrase",
            next=f"give it in the environment variable {NEW_PASSPHRASE}, or at a terminal",
        )
    given = getpass.getpass("New passphrase: ")
    if not given or getpass.getpass("The same again: ") != given:
        raise UsageError("nothing was changed", next="type the same passphrase twice")
    return given


def tell_rest(client: Client, output: Output, *, all_but: type[Accepted] | tuple[()] = ()) -> None:
    """Print what has happened so far and belongs to no call."""
    for event in client.events_so_far():
        if not isinstance(event, all_but):
            output.event(event)


class Stop:
    """Wait for the person's wish to stop (Ctrl-C or SIGTERM).

    While nobody waits for it, the wish ends the command wherever it is; so does a second one.
    """

    def __init__(self, running: asyncio.Task[Any]) -> None:
        self._running = running
        self._wished = asyncio.Event()
        self._waiting = 0

    async def wait(self) -> None:
        """Wait for the wish, and by that promise to heed it."""
        self._waiting += 1
        try:
            await self._wished.wait()
        finally:
            self._waiting -= 1

    def wish(self) -> None:
        """Take a signal."""
        if self._waiting == 0 or self._wished.is_set():
            self._running.cancel()
        self._wished.set()


def run_until_signal(main: Callable[[Stop], Coroutine[None, None, int]]) -> int:
    """Run a command on uvloop, with its way to hear of Ctrl-C and SIGTERM."""

    async def guarded() -> int:
        running = asyncio.current_task()
        if running is None:
            raise RuntimeError("this runs in a task")
        stop = Stop(running)
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, stop.wish)
        return await main(stop)

    try:
        return uvloop.run(guarded())
    except asyncio.CancelledError:
        raise KeyboardInterrupt from None
    except BaseExceptionGroup as group:
        raise sole(group) from None
