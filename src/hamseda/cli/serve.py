"""Run `hamseda serve`: a home of one's own."""

import argparse
import json
import sys
import time
from pathlib import Path
from typing import Final

from hamseda.cli.subparsers import Subparsers
from hamseda.serve.config import given, read_settings
from hamseda.serve.files import default_data_dir
from hamseda.serve.run import Serving, serve
from hamseda.wire.host import is_loopback

DEFAULT_PORT: Final = 8080


def add_parser(subparsers: Subparsers) -> None:
    """Add the command's options."""
    parser = subparsers.add_parser(
        "serve",
        help="run a home",
        description="Run a home: mailboxes, the media relay and the page, in one process.",
    )
    parser.add_argument(
        "--data", type=Path, metavar="DIR", help="data folder (default: %(default)s)",
        default=default_data_dir(),
    )  # fmt: skip
    parser.add_argument("--host", metavar="H", help="address or name to listen on")
    parser.add_argument("--port", type=int, metavar="P", help="port to listen on (default: 8080)")
    parser.add_argument(
        "--port-or-next", action="store_true", help="take the next free port when P is taken"
    )
    parser.add_argument("--config", type=Path, metavar="FILE", help="settings in TOML")
    parser.add_argument(
        "--tls", nargs="+", metavar="FILE", help="certificate and key (PEM), or: self-signed"
    )
    parser.add_argument(
        "--public", action="append", metavar="URL",
        help="https://host[:port] under which people reach this home; may be repeated",
    )  # fmt: skip
    parser.add_argument("--site", metavar="DIR", help="folder of the web site outside the door")
    parser.add_argument(
        "--set", action="append", default=[], metavar="NAME=VALUE", dest="assignments",
        help="any other setting (docs/reference/settings.md)",
    )  # fmt: skip
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Serve until a signal comes. Raise `ConfigError` or `StoreError`."""
    started = time.monotonic()
    flags = {
        "host": args.host,
        "port": args.port,
        "tls": tuple(args.tls) if args.tls else None,
        "public": tuple(args.public) if args.public else None,
        "site": args.site,
    }
    settings = read_settings(args.config, given(args.assignments, flags))

    def announce(serving: Serving) -> None:
        if args.json:
            _print_event(
                {
                    "event": "serving",
                    "t": round(time.monotonic() - started, 3),
                    "home": serving.link,
                    "port": serving.port,
                    "page_sha256": serving.page_hash,
                }
            )
        else:
            if serving.is_next_port:
                print(f"Port {settings.port} is taken; listening on {serving.port} instead.")
            print(f"The home is open. Its link:\n\n  {serving.link}\n")
            if not settings.public and not is_loopback(settings.host):
                print("This link is for this machine; for others: --public https://YOUR-NAME")
            if serving.page_hash is not None:
                print(f"The page as a file, hamseda.html: SHA-256 {serving.page_hash}")
            print(f"Invite somebody:  {_program()} invite --home 'THE LINK'      Stop: Ctrl-C")
        sys.stdout.flush()

    # Without a wish for a port, any neighbour of the default will do.
    or_next = args.port_or_next or (args.port is None and settings.port == DEFAULT_PORT)
    serve(args.data, settings, or_next=or_next, on_serving=announce)
    return 0


def _print_event(event: dict[str, object]) -> None:
    print(json.dumps(event, separators=(",", ":")))


def _program() -> str:
    """Name this program as it was called, so that what is shown can be typed."""
    return sys.argv[0] if sys.argv[0].endswith("hamseda") else "hamseda"
