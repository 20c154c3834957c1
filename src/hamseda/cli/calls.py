"""Run `hamseda call` and `hamseda answer`."""

from __future__ import annotations

import argparse
import asyncio

from hamseda.cli.common import (
    Stop,
    add_profile,
    add_sound,
    open_sound,
    passphrase,
    run_until_signal,
    seconds,
)
from hamseda.cli.output import EXIT_STATUS, Output
from hamseda.cli.subparsers import Subparsers
from hamseda.client.api import Client
from hamseda.client.call import Call
from hamseda.client.events import Connected, Ringing
from hamseda.errors import NetworkError, UsageError
from hamseda.protocol.caller import RING_SECONDS
from hamseda.transport.wav import WavSource


def add_parsers(subparsers: Subparsers) -> None:
    """Add the two commands."""
    parser = subparsers.add_parser(
        "call", help="call a contact", description="Call a contact and talk."
    )
    add_profile(parser)
    parser.add_argument("name", metavar="NAME", help="as in `hamseda contacts`")
    add_sound(parser)
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
    add_sound(parser)
    parser.add_argument("--once", action="store_true", help="stop after the first call")
    parser.add_argument(
        "--ring", type=seconds, default=0.0, metavar="S", help="let it ring S seconds first"
    )
    parser.add_argument("--decline", action="store_true", help="decline instead of picking up")
    parser.set_defaults(run=answer)


def call(args: argparse.Namespace) -> int:
    """Call a contact; the exit status says how it ended."""
    output = Output(as_json=args.json)
    if not 0 < args.patience <= RING_SECONDS:
        raise UsageError(
            f"a call rings for at most {RING_SECONDS:g} seconds",
            next=f"give --patience a number above 0 and up to {RING_SECONDS:g}",
        )

    async def main(stop: Stop) -> int:
        with open_sound(args, output.note) as (source, sink):
            async with (
                Client.open(args.profile, passphrase=passphrase()) as client,
                asyncio.TaskGroup() as tasks,
            ):
                telling = tasks.create_task(_tell_all(client, output))
                try:
                    ours = await client.call(args.name, source, sink, patience=args.patience)
                    stopping = tasks.create_task(_hang_up_on(stop, ours))
                    await _follow(ours, args.duration, output)
                    stopping.cancel()
                finally:
                    telling.cancel()
        return EXIT_STATUS[await ours.ended()]

    return run_until_signal(main)


def answer(args: argparse.Namespace) -> int:
    """Wait for calls; with `--once` the exit status says how the first one ended."""
    output = Output(as_json=args.json)
    if args.play:
        # A missing file is told now, not to the first caller.
        WavSource(args.play).close()

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
    with open_sound(args, output.note) as (source, sink):
        call.attach(source, sink)
        async with asyncio.TaskGroup() as tasks:
            stopping = tasks.create_task(_hang_up_on(stop, call))
            deciding = tasks.create_task(_decide(call, args))
            await _follow(call, args.duration, output)
            stopping.cancel()
            deciding.cancel()
    return EXIT_STATUS[await call.ended()]


async def _decide(call: Call, args: argparse.Namespace) -> None:
    await asyncio.sleep(args.ring)
    if args.decline:
        call.decline()
    else:
        call.answer()


async def _follow(call: Call, duration: float | None, output: Output) -> None:
    """Print a call's events to its end; hang up `duration` seconds after the first sound."""
    loop = asyncio.get_running_loop()
    timer: asyncio.TimerHandle | None = None
    async for event in call:
        output.event(event)
        if isinstance(event, Connected) and duration is not None and timer is None:
            timer = loop.call_later(duration, call.hang_up)
        if isinstance(event, Ringing) and event.direction == "in":
            output.line("\a")
    if timer is not None:
        timer.cancel()


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
