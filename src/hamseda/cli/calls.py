"""Run `hamseda call` and `hamseda answer`."""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext

from hamseda.cli.common import (
    Stop,
    add_profile,
    passphrase,
    run_until_signal,
    seconds,
    tell_rest,
)
from hamseda.cli.keys import keys
from hamseda.cli.output import EXIT_STATUS, Output
from hamseda.cli.sound import Sound, add_sound, check_sound, open_sound
from hamseda.cli.status_line import StatusLine
from hamseda.cli.subparsers import Subparsers
from hamseda.client.api import Client
from hamseda.client.call import Call
from hamseda.client.events import Connected, Ringing
from hamseda.errors import NetworkError, UsageError
from hamseda.media.modes import LADDER, STANDARD, Mode
from hamseda.protocol.caller import RING_SECONDS


def add_parsers(subparsers: Subparsers) -> None:
    """Add the two commands."""
    parser = subparsers.add_parser(
        "call", help="call a contact", description="Call a contact and talk."
    )
    add_profile(parser)
    parser.add_argument("name", metavar="NAME", help="as in `hamseda contacts`")
    _add_talk(parser)
    parser.add_argument(
        "--patience", type=float, default=RING_SECONDS, metavar="S",
        help="give up when nobody answered for S seconds (default and most: %(default)g)",
    )  # fmt: skip
    parser.set_defaults(run=call)

    parser = subparsers.add_parser(
        "answer",
        help="wait for calls",
        description="Wait for calls and pick them up. Only contacts can ring.",
    )
    add_profile(parser)
    _add_talk(parser)
    parser.add_argument("--once", action="store_true", help="stop after the first call")
    parser.add_argument(
        "--ring", type=seconds, default=0.0, metavar="S", help="let it ring S seconds first"
    )
    parser.add_argument("--decline", action="store_true", help="decline instead of picking up")
    parser.set_defaults(run=answer)


def _add_talk(parser: argparse.ArgumentParser) -> None:
    add_sound(parser)
    parser.add_argument(
        "--mode", choices=[mode.name for mode in LADDER], default=STANDARD.name,
        help="the largest mode to speak in: standard sounds best, last-resort needs least; a bad"
        " network takes smaller ones by itself (default: %(default)s)",
    )  # fmt: skip
    parser.add_argument(
        "--duration", type=seconds, metavar="S", help="hang up S seconds after the first sound"
    )


def _mode(args: argparse.Namespace) -> Mode:
    return next(mode for mode in LADDER if mode.name == args.mode)


def call(args: argparse.Namespace) -> int:
    """Call a contact; the exit status says how it ended."""
    output = Output(as_json=args.json)
    if not 0 < args.patience <= RING_SECONDS:
        raise UsageError(
            f"a call rings for at most {RING_SECONDS:g} seconds",
            next=f"give --patience a number above 0 and up to {RING_SECONDS:g}",
        )

    async def main(stop: Stop) -> int:
        with open_sound(args, _note_from_threads(output)) as sound:
            async with (
                Client.open(args.profile, passphrase=passphrase()) as client,
                asyncio.TaskGroup() as tasks,
            ):
                telling = tasks.create_task(_tell_all(client, output))
                try:
                    ours = await client.call(
                        args.name, sound.source, sound.sink, patience=args.patience
                    )
                    ours.choose_mode(_mode(args))
                    stopping = tasks.create_task(_hang_up_on(stop, ours))
                    await _follow(ours, args.duration, sound, output)
                    stopping.cancel()
                finally:
                    telling.cancel()
                    tell_rest(client, output)
        return EXIT_STATUS[await ours.ended()]

    return run_until_signal(main)


def answer(args: argparse.Namespace) -> int:
    """Wait for calls; with `--once` the exit status says how the first one ended."""
    output = Output(as_json=args.json)
    # What is missing is told now, not to the first caller.
    check_sound(args)

    async def main(stop: Stop) -> int:
        async with (
            Client.open(args.profile, passphrase=passphrase()) as client,
            asyncio.TaskGroup() as tasks,
        ):
            telling = tasks.create_task(_tell_all(client, output))
            waiting = tasks.create_task(_announce_ready(client, output))
            status = await _answer_calls(client, args, stop, output)
            telling.cancel()
            waiting.cancel()
            tell_rest(client, output)
        return status

    return run_until_signal(main)


async def _answer_calls(
    client: Client, args: argparse.Namespace, stop: Stop, output: Output
) -> int:
    stopped = asyncio.create_task(stop.wait())
    try:
        while True:
            incoming = asyncio.create_task(client.incoming())
            await asyncio.wait({incoming, stopped}, return_when=asyncio.FIRST_COMPLETED)
            if not incoming.done():
                incoming.cancel()
                return 0
            status = await _take(incoming.result(), args, stop, output)
            if args.once:
                return status
    finally:
        stopped.cancel()


async def _take(call: Call, args: argparse.Namespace, stop: Stop, output: Output) -> int:
    with open_sound(args, _note_from_threads(output)) as sound:
        call.attach(sound.source, sound.sink)
        call.choose_mode(_mode(args))
        async with asyncio.TaskGroup() as tasks:
            stopping = tasks.create_task(_hang_up_on(stop, call))
            deciding = tasks.create_task(_decide(call, args))
            await _follow(call, args.duration, sound, output)
            stopping.cancel()
            deciding.cancel()
    return EXIT_STATUS[await call.ended()]


async def _decide(call: Call, args: argparse.Namespace) -> None:
    await asyncio.sleep(args.ring)
    if args.decline:
        call.decline()
    else:
        call.answer()


async def _follow(call: Call, duration: float | None, sound: Sound, output: Output) -> None:
    """Show a call to its end; hang up `duration` seconds after the first sound."""
    loop = asyncio.get_running_loop()
    timer: asyncio.TimerHandle | None = None
    status = StatusLine()

    def show() -> None:
        output.status(status.text(loop.time(), is_muted=sound.source.is_muted))

    with _keys(call, sound, show, output):
        ticking = asyncio.create_task(_each_second(show)) if output.has_status_line else None
        try:
            async for event in call:
                status.take(event, loop.time())
                output.event(event)
                if isinstance(event, Connected) and duration is not None and timer is None:
                    timer = loop.call_later(duration, call.hang_up)
                if isinstance(event, Ringing) and event.direction == "in":
                    output.line("\a")
        finally:
            if timer is not None:
                timer.cancel()
            if ticking is not None:
                ticking.cancel()
            output.end_status()


def _keys(
    call: Call, sound: Sound, show: Callable[[], None], output: Output
) -> AbstractContextManager[None]:
    """Listen to the keys of a person at a terminal."""

    def mute() -> None:
        sound.source.is_muted = not sound.source.is_muted
        show()

    if not output.has_status_line:
        return nullcontext()
    handlers: dict[str, Callable[[], None]] = {"m": mute, "q": call.hang_up}
    desk = sound.desk
    if desk is not None:
        handlers["i"] = lambda: desk.next_device("microphone")
        handlers["o"] = lambda: desk.next_device("speaker")
    return keys(handlers)


async def _each_second(show: Callable[[], None]) -> None:
    while True:
        show()
        await asyncio.sleep(1.0)


def _note_from_threads(output: Output) -> Callable[[str], None]:
    """Let the devices' thread print without crossing the status line."""
    loop = asyncio.get_running_loop()

    def note(text: str) -> None:
        loop.call_soon_threadsafe(output.note, text)

    return note


async def _hang_up_on(stop: Stop, call: Call) -> None:
    await stop.wait()
    call.hang_up()


async def _tell_all(client: Client, output: Output) -> None:
    while True:
        output.event(await client.event())


async def _announce_ready(client: Client, output: Output) -> None:
    """Say when calls can come; keep trying while the home cannot be reached."""
    told = False
    while True:
        try:
            for ready in await client.ready():
                output.event(ready)
        except NetworkError as error:
            if not told:
                output.failure(error)
                told = True
            await asyncio.sleep(1.0)
        else:
            return
