"""Run `hamseda endpoints`: see, pass on and take in the ways to a home."""

from __future__ import annotations

import argparse
import sys
from datetime import UTC, datetime
from pathlib import Path

from hamseda.cli.common import Stop, add_profile, passphrase, run_until_signal
from hamseda.cli.output import Output
from hamseda.cli.qr import qr_code
from hamseda.cli.subparsers import Subparsers
from hamseda.client.api import Client
from hamseda.client.book import Book
from hamseda.client.endpoint_lists import address, homes_named, judge_text, sole_home
from hamseda.client.homes import HomeDirectory, KnownHome, Use
from hamseda.client.profile import Profile
from hamseda.errors import UsageError
from hamseda.transport.websocket import Web
from hamseda.wire.document import LIST_BYTES_MOST, LIST_PREFIX, format_list

_FILE_MOST = 4 * LIST_BYTES_MOST


def add_parser(subparsers: Subparsers) -> None:
    """Add the command."""
    parser = subparsers.add_parser(
        "endpoints",
        help="see, pass on or take in the ways to a home",
        description="List the ways to your homes. A list is signed by its home: pass it on, or take"
        " one in, by chat, file or QR code, when a home is blocked.",
    )
    add_profile(parser)
    parser.add_argument(
        "home", nargs="?", metavar="HOME",
        help="one home only: its host, its link, or the name of a contact who lives there",
    )  # fmt: skip
    what = parser.add_mutually_exclusive_group()
    what.add_argument("--export", action="store_true", help="print the list as text")
    what.add_argument(
        "--import", dest="taken", metavar="TEXT|FILE|-", help="take in a list of a home you know"
    )
    what.add_argument("--send", metavar="NAME", help="send the list to this contact")
    parser.add_argument("--qr", action="store_true", help="with --export: draw a QR code too")
    parser.set_defaults(run=endpoints)


def endpoints(args: argparse.Namespace) -> int:
    """Do the one thing that the options ask for."""
    output = Output(as_json=args.json)
    if args.qr and not args.export:
        raise UsageError("--qr draws what --export prints", next="add --export")
    if args.send:
        return _send(args, output)

    async def main(_: Stop) -> int:
        profile = Profile.open(args.profile, passphrase=passphrase())
        try:
            # The web stays closed: a list must be had where no home can be reached.
            homes = HomeDirectory(Web(), profile)
            if args.taken:
                _take(args.taken, homes, output)
                return 0
            found = await homes_named(args.home, homes, Book(profile))
            if args.export:
                _export(sole_home(found), output, with_qr=args.qr)
                return 0
            for known in found:
                _show(known, output)
            if not found:
                output.line("No home yet. Accept an invitation, or make one at a home.")
        finally:
            profile.close()
        return 0

    return run_until_signal(main)


def _send(args: argparse.Namespace, output: Output) -> int:
    async def main(_: Stop) -> int:
        async with Client.open(args.profile, passphrase=passphrase()) as client:
            await client.pass_on_endpoints(args.send, args.home)
            for event in client.events_so_far():
                output.event(event)
        if args.json:
            output.object("endpoints_sent", {"contact": args.send})
        output.line(f"The list is on its way to {args.send}.")
        return 0

    return run_until_signal(main)


def _show(known: KnownHome, output: Output) -> None:
    if output.as_json:
        ends = [
            {"address": address(end), "tls_name": end.tls_name, "web": end.web}
            for end in known.endpoints
        ]
        fields = {"version": known.version, "expires": known.expiry, "endpoints": ends}
        output.object("endpoints", {"home": known.home_id, **fields})
    until = datetime.fromtimestamp(known.expiry, UTC)
    output.line(f"{address(known.endpoints[0])}  (home {known.home_id[:8]}…, until {until:%Y-%m})")
    for number, end in enumerate(known.endpoints):
        name = f", shows the name {end.tls_name}" if end.tls_name else ""
        where = "also in a browser" if end.web else "installed clients only"
        output.line(f"  {number}  {address(end)}  ({where}{name})")


def _export(known: KnownHome, output: Output, *, with_qr: bool) -> None:
    text = format_list(known.signed)
    if output.as_json:
        output.object("endpoints_text", {"home": known.home_id, "text": text})
        return
    output.line(text)
    if with_qr:
        output.line(qr_code(text))
    output.note("Whoever has this text can find the home. It opens no mailbox and no contact.")


def _take(given: str, homes: HomeDirectory, output: Output) -> None:
    found = judge_text(list_text(given), homes)
    if found.use is Use.STRANGE:
        raise UsageError(
            "this is the list of a home that this profile does not know",
            next="a home is met by an invitation; where that home is blocked, both together do:"
            " hamseda accept LINK --name NAME --endpoints LIST",
        )
    if found.use is Use.NEAR:
        raise UsageError(
            "this list names nothing but places on this device or in its own network",
            next="ask whoever runs the home for another one",
        )
    is_newer = found.use is Use.NEWER
    homes.take_list(found)
    if output.as_json:
        fields = {"version": found.descriptor.version, "taken": is_newer}
        output.object("endpoints_taken", {"home": found.home_id, **fields})
    count = len(found.descriptor.endpoints)
    home = address(found.descriptor.endpoints[0])
    output.line(
        f"{count} ways to {home} from now on."
        if is_newer
        else "You have this list already, or a newer one."
    )


def list_text(given: str) -> str:
    """Read a list from the argument itself, from standard input, or from a file."""
    if given.lstrip().startswith(LIST_PREFIX):
        return given
    try:
        if given == "-":
            return sys.stdin.read(_FILE_MOST + 1)
        with Path(given).open(encoding="utf-8", errors="replace") as file:
            return file.read(_FILE_MOST + 1)
    except OSError as error:
        raise UsageError(
            f"{given!r} is neither a list nor a file: {error.strerror}",
            next=f"copy the whole text, from {LIST_PREFIX} to its last letter",
        ) from None
