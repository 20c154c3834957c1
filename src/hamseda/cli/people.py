"""Run `hamseda invite`, `accept`, `contacts` and `erase`."""

from __future__ import annotations

import argparse
import asyncio
import getpass
import sys

from hamseda.cli.common import (
    Stop,
    add_profile,
    passphrase,
    run_until_signal,
    tell_rest,
)
from hamseda.cli.endpoints import list_text
from hamseda.cli.output import Output
from hamseda.cli.qr import qr_code
from hamseda.cli.subparsers import Subparsers
from hamseda.client.api import Client
from hamseda.client.events import Accepted
from hamseda.client.inviting import INVITATION_DAYS
from hamseda.client.profile import erase
from hamseda.errors import UsageError
from hamseda.protocol.contact import Standing

WELCOME_SECONDS = 5.0
_DAYS_MOST = 30
_LINE_MOST = 4096
_CANNOT_PROMISE = (
    "What this cannot promise: copies in backups, snapshots and swap, and what the disk's own "
    "firmware or a copy-on-write file system keeps. With a passphrase those copies stay locked."
)


def add_parsers(subparsers: Subparsers) -> None:
    """Add the four commands."""
    parser = subparsers.add_parser(
        "invite", help="invite one person", description="Make an invitation link for one person."
    )
    add_profile(parser)
    parser.add_argument("--home", required=True, metavar="LINK", help="the home to meet at")
    parser.add_argument("--name", metavar="NAME", help="what you call this person")
    parser.add_argument(
        "--days", type=int, default=INVITATION_DAYS, help="valid for (default: %(default)s)"
    )
    parser.add_argument("--wait", action="store_true", help="wait until it was accepted")
    parser.set_defaults(run=invite)

    parser = subparsers.add_parser(
        "accept", help="accept an invitation", description="Accept an invitation link."
    )
    add_profile(parser)
    parser.add_argument(
        "link", metavar="LINK",
        help="the whole link, in quotes; - reads it from standard input or asks for it, so that it "
        "stands in no list of processes and no history of the shell",
    )  # fmt: skip
    parser.add_argument("--name", required=True, metavar="NAME", help="who sent it to you")
    parser.add_argument(
        "--endpoints", metavar="TEXT|FILE|-",
        help="a list of ways to the home (see `hamseda endpoints`), where its address is blocked",
    )  # fmt: skip
    parser.set_defaults(run=accept)

    parser = subparsers.add_parser(
        "contacts", help="list your contacts", description="List contacts and open invitations."
    )
    add_profile(parser)
    parser.add_argument("--verify", metavar="NAME", help="mark: we compared the five words")
    parser.add_argument("--delete", metavar="NAME", help="forget this contact")
    parser.set_defaults(run=contacts)

    parser = subparsers.add_parser(
        "erase",
        help="erase a profile",
        description=f"Overwrite and remove all keys and contacts. {_CANNOT_PROMISE}",
    )
    add_profile(parser)
    parser.add_argument("--yes", action="store_true", help="do not ask")
    parser.set_defaults(run=run_erase)


def invite(args: argparse.Namespace) -> int:
    """Make an invitation and print its link."""
    output = Output(as_json=args.json)
    if not 1 <= args.days <= _DAYS_MOST:
        raise UsageError(
            f"an invitation is valid for 1 to {_DAYS_MOST} days",
            next=f"give --days a number from 1 to {_DAYS_MOST}",
        )

    async def main(stop: Stop) -> int:
        async with Client.open(args.profile, passphrase=passphrase()) as client:
            made = await client.invite(args.home, name=args.name, days=args.days)
            output.event(made)
            if not args.json and sys.stdout.isatty():
                output.line(qr_code(made.link))
            if not args.wait:
                return 0
            stopped = asyncio.create_task(stop.wait())
            while not stopped.done():
                next_event = asyncio.create_task(client.event())
                await asyncio.wait({next_event, stopped}, return_when=asyncio.FIRST_COMPLETED)
                if not next_event.done():
                    next_event.cancel()
                    break
                output.event(next_event.result())
                if isinstance(next_event.result(), Accepted):
                    await client.settled(2.0)
                    break
            stopped.cancel()
            # A second who used the link is told of after the first.
            tell_rest(client, output)
        return 0

    return run_until_signal(main)


def accept(args: argparse.Namespace) -> int:
    """Accept an invitation."""
    output = Output(as_json=args.json)
    if args.link == args.endpoints == "-":
        raise UsageError(
            "the link and the list cannot both come from standard input",
            next="give the list as text or as a file",
        )
    link = _read_link() if args.link == "-" else args.link
    ways = None if args.endpoints is None else list_text(args.endpoints)

    async def main(_: Stop) -> int:
        async with Client.open(args.profile, passphrase=passphrase()) as client:
            contact = await client.accept(
                link, name=args.name, patience=WELCOME_SECONDS, endpoints=ways
            )
            output.event(Accepted(contact.name))
            tell_rest(client, output, all_but=Accepted)
            if contact.standing is Standing.WAITING:
                output.note(f"{contact.name} will see it when online; then you can call.")
        return 0

    return run_until_signal(main)


def _read_link() -> str:
    """Read one line; at a terminal it is not shown, because a link is as secret as a key."""
    if sys.stdin.isatty():
        return getpass.getpass("Link (it is not shown): ").strip()
    return sys.stdin.readline(_LINE_MOST).strip()


def contacts(args: argparse.Namespace) -> int:
    """List contacts; takes in what waits at the homes first, without insisting."""
    output = Output(as_json=args.json)

    async def main(_: Stop) -> int:
        async with Client.open(args.profile, passphrase=passphrase()) as client:
            if args.verify:
                client.verify(args.verify)
            if args.delete:
                await client.delete(args.delete)
            await client.settled(2.0)
            tell_rest(client, output)
            for contact in client.contacts():
                standing = contact.standing.name.lower()
                verified = "verified" if contact.verified else "not verified yet"
                if contact.changed:
                    verified = "another key than the one you verified"
                output.line(f"{contact.name}  ({standing}, {verified})")
                if args.json:
                    output.object(
                        "contact",
                        {
                            "contact": contact.name,
                            "standing": standing,
                            "verified": contact.verified,
                        },
                    )
            for invitation in client.invitations():
                output.line(f"{invitation.name}  (invited, has not accepted yet)")
            if not client.contacts() and not client.invitations():
                output.line("Nobody yet. Invite somebody: hamseda invite --home LINK")
        return 0

    return run_until_signal(main)


def run_erase(args: argparse.Namespace) -> int:
    """Erase a profile, after asking."""
    output = Output(as_json=args.json)
    if not args.yes:
        if not sys.stdin.isatty():
            raise UsageError("nothing was erased", next="add --yes to erase without being asked")
        if input(f"Erase all keys and contacts in {args.profile}? Type yes: ").strip() != "yes":
            output.line("Nothing was erased.")
            return 0
    count = erase(args.profile)
    if args.json:
        output.object("erased", {"files": count})
    output.line(f"Erased {count} files. {_CANNOT_PROMISE}")
    return 0
