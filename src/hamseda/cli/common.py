"""Share what the client's commands have in common: profile, sound, signals."""

from __future__ import annotations

import argparse
import asyncio
import math
import os
import signal
from collections.abc import Awaitable, Callable, Generator
from contextlib import contextmanager
from pathlib import Path

import uvloop

from hamseda.errors import AudioError, sole
from hamseda.transport.audio_source import AudioSink, AudioSource, DeafSink, SilentSource
from hamseda.transport.wav import WavSink, WavSource

PASSPHRASE = "HAMSEDA_PASSPHRASE"
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


def add_sound(parser: argparse.ArgumentParser) -> None:
    """Add the options that say where sound comes from and goes to."""
    parser.add_argument("--play", type=Path, metavar="FILE", help="speak this WAV file")
    parser.add_argument("--record", type=Path, metavar="FILE", help="write what is played out")
    parser.add_argument(
        "--duration", type=seconds, metavar="S", help="hang up S seconds after the first sound"
    )


def passphrase() -> str | None:
    """Read the profile's passphrase from the environment.

    There is no option for it: the options of a process can be read by others.
    """
    return os.environ.get(PASSPHRASE) or None


@contextmanager
def open_sound(
    args: argparse.Namespace, note: Callable[[str], None]
) -> Generator[tuple[AudioSource, AudioSink]]:
    """Open the files that were named, else the sound device, else silence with a remark."""
    source: AudioSource | None = WavSource(args.play) if args.play else None
    sink: AudioSink | None = WavSink(args.record) if args.record else None
    if source is None and sink is None:
        source, sink = _device(note)
    source, sink = source or SilentSource(), sink or DeafSink()
    try:
        yield source, sink
    finally:
        source.close()
        sink.close()


def _device(note: Callable[[str], None]) -> tuple[AudioSource | None, AudioSink | None]:
    from hamseda.transport.sound_device import Microphone, Speaker  # noqa: PLC0415 - optional

    try:
        return Microphone(), Speaker()
    except AudioError as error:
        note(f"No sound device: {error}. Sending silence. {error.next}")
        return None, None


def run_until_signal(main: Callable[[asyncio.Event], Awaitable[int]]) -> int:
    """Run a command on uvloop; the event is set by the first Ctrl-C or SIGTERM.

    A second one ends the command wherever it waits.
    """

    async def guarded() -> int:
        stop = asyncio.Event()
        running = asyncio.current_task()

        def on_signal() -> None:
            if stop.is_set() and running is not None:
                running.cancel()
            stop.set()

        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, on_signal)
        return await main(stop)

    try:
        return uvloop.run(guarded())
    except asyncio.CancelledError:
        raise KeyboardInterrupt from None
    except BaseExceptionGroup as group:
        raise sole(group) from None
