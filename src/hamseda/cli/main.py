"""Parse the command line and run one command."""

from __future__ import annotations

import argparse
import contextlib
import resource
import sys
from collections.abc import Callable, Sequence

from hamseda import __version__
from hamseda.cli import (
    audio,
    audit,
    calls,
    endpoints,
    front,
    passphrase,
    people,
    serve,
    verify_page,
)
from hamseda.cli.output import Output
from hamseda.errors import HamsedaError


def build_parser() -> argparse.ArgumentParser:
    """Describe all commands (docs/reference/commands.md is made of this)."""
    parser = argparse.ArgumentParser(
        prog="hamseda",
        description="End-to-end encrypted voice calls over the line that rang.",
    )
    parser.add_argument("--version", action="version", version=f"hamseda {__version__}")
    # Options of the commands may stand before the command too.
    subparsers = parser.add_subparsers(metavar="COMMAND", required=True)
    serve.add_parser(subparsers)
    people.add_parsers(subparsers)
    passphrase.add_parser(subparsers)
    calls.add_parsers(subparsers)
    endpoints.add_parser(subparsers)
    audio.add_parsers(subparsers)
    audit.add_parser(subparsers)
    front.add_parsers(subparsers)
    verify_page.add_parser(subparsers)
    return parser


def _leave_no_core() -> None:
    """Let no crash write this process's memory to a disk: it holds keys."""
    with contextlib.suppress(OSError, ValueError):
        _, hard = resource.getrlimit(resource.RLIMIT_CORE)
        resource.setrlimit(resource.RLIMIT_CORE, (0, hard))


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status (docs/reference/commands.md)."""
    _leave_no_core()
    args = build_parser().parse_args(argv)
    run: Callable[[argparse.Namespace], int] = args.run
    try:
        return run(args)
    except HamsedaError as error:
        Output(as_json=getattr(args, "json", False)).failure(error)
        return error.exit_status
    except KeyboardInterrupt:
        return 0
    except BrokenPipeError:
        # Whoever read our output has gone; there is nobody left to tell.
        return 1


if __name__ == "__main__":
    sys.exit(main())
