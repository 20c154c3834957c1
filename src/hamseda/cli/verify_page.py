"""Run `hamseda verify-page`: tell whether a file is the page of this release."""

import argparse
import hashlib
import json
import time
from pathlib import Path

from hamseda import __version__
from hamseda.cli.subparsers import Subparsers
from hamseda.errors import TrustError, UsageError
from hamseda.serve.page import FILE_BYTES_MOST, SINGLE_FILE, built_page


def add_parser(subparsers: Subparsers) -> None:
    """Add the command's options."""
    parser = subparsers.add_parser(
        "verify-page",
        help=f"tell whether a {SINGLE_FILE} is the one of this release",
        description=f"Compare a {SINGLE_FILE} that came from anywhere with the one of this release,"
        " byte for byte. A file that somebody changed could read everything.",
    )
    parser.add_argument("file", type=Path, metavar="FILE", help="the file to be opened later")
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print the verdict. Raise `TrustError` when the file is another one, or `UsageError`."""
    started = time.monotonic()
    folder = built_page()
    if folder is None or not (folder / SINGLE_FILE).is_file():
        raise UsageError("this installation came without a page", next="run `make dev`")
    expected, found = _sha256(folder / SINGLE_FILE), _sha256(args.file)
    is_same = found == expected
    if args.json:
        event = {
            "event": "page",
            "t": round(time.monotonic() - started, 3),
            "sha256": found,
            "release": __version__,
            "expected": expected,
            "same": is_same,
        }
        print(json.dumps(event))
    if not is_same:
        raise TrustError(
            f"{args.file} is not the page of hamseda {__version__}: its SHA-256 is {found},"
            f" not {expected}",
            next="do not open it; a file of another release is checked by that release",
        )
    if not args.json:
        print(f"{args.file} is the page of hamseda {__version__}.\nSHA-256 {found}")
    return 0


def _sha256(path: Path) -> str:
    """Hash a file; one that is larger than any page is not read to its end."""
    try:
        with path.open("rb") as file:
            return hashlib.sha256(file.read(FILE_BYTES_MOST + 1)).hexdigest()
    except OSError as error:
        raise UsageError(f"cannot read {path}: {error.strerror}") from error
