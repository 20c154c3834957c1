"""Run `hamseda audit`: say everything that a home holds."""

import argparse
import json
import time
from pathlib import Path

from hamseda.cli.subparsers import Subparsers
from hamseda.serve.audit import PERSONAL, Audit, audit
from hamseda.serve.files import default_data_dir


def add_parser(subparsers: Subparsers) -> None:
    """Add the command's options."""
    parser = subparsers.add_parser(
        "audit",
        help="say everything that a home holds",
        description="List what a home's data folder holds, by kind, and what of it is personal.",
    )
    parser.add_argument(
        "--data", type=Path, metavar="DIR", help="data folder (default: %(default)s)",
        default=default_data_dir(),
    )  # fmt: skip
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print the audit; 1 when something is held that hamseda did not put there."""
    started = time.monotonic()
    found = audit(args.data)
    if args.json:
        _print_json(found, started)
    else:
        _print_text(found)
    return 1 if found.unknown else 0


def _print_json(found: Audit, started: float) -> None:
    def show(event: str, **values: str | int) -> None:
        print(json.dumps({"event": event, "t": round(time.monotonic() - started, 3), **values}))

    for holding in found.holdings:
        show(
            "held",
            kind=holding.kind,
            what=holding.what,
            count=holding.count,
            bytes=holding.size,
            retention=holding.retention,
        )
    for name in found.unknown:
        show("unknown", kind=name)
    for answer in PERSONAL:
        show("personal", kind=answer.kind, held=answer.is_held, why=answer.why)


def _print_text(found: Audit) -> None:
    print("What this home holds\n")
    for holding in found.holdings:
        print(f"  {holding.kind:<24} {holding.count:>8}  {holding.size:>12,} bytes")
        print(f"      {holding.what}\n      kept: {holding.retention}")
    for name in found.unknown:
        print(f"  {name}: unknown, not hamseda's")
    print("\nPersonal data\n")
    for answer in PERSONAL:
        print(f"  {answer.kind:<30} {'YES' if answer.is_held else 'no'}\n      {answer.why}")
    if found.unknown:
        print("\nThis home holds things that hamseda did not put there: see `unknown` above.")
