"""Run `hamseda passphrase`."""

from __future__ import annotations

import argparse

from hamseda.cli.common import add_profile, new_passphrase, passphrase
from hamseda.cli.output import Output
from hamseda.cli.subparsers import Subparsers
from hamseda.client.profile import Profile

_SET = (
    "Locked. There is no way back to your contacts without the passphrase. Copies of the key that "
    "backups and snapshots made before still open the profile."
)
_REMOVED = "Not locked any more: whoever gets at the files has your keys."


def add_parser(subparsers: Subparsers) -> None:
    """Add the command."""
    parser = subparsers.add_parser(
        "passphrase",
        help="set, change or remove the passphrase",
        description="Set or change the passphrase of a profile, or remove it. The new one is asked "
        "for at a terminal, or comes from the environment variable HAMSEDA_NEW_PASSPHRASE.",
    )
    add_profile(parser)
    parser.add_argument("--remove", action="store_true", help="keep the keys in clear again")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Change what locks a profile; nothing but its key is written."""
    output = Output(as_json=args.json)
    profile = Profile.open(args.profile, passphrase=passphrase())
    try:
        profile.relock(None if args.remove else new_passphrase())
    finally:
        profile.close()
    if args.json:
        output.object("passphrase", {"locked": not args.remove})
    output.line(_REMOVED if args.remove else _SET)
    return 0
