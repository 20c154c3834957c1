"""Run `hamseda front` and `hamseda admit`: further ways into a home."""

import argparse
import json
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from hamseda.cli.subparsers import Subparsers
from hamseda.client.homes import parse_home_link
from hamseda.errors import ConfigError, UsageError, WireError
from hamseda.serve import fronts
from hamseda.serve.certificates import SELF_SIGNED
from hamseda.serve.config import Settings, Value, given, read_settings
from hamseda.serve.files import default_data_dir
from hamseda.serve.front_run import Fronting, run_front
from hamseda.wire.admission import Admission, parse_admission_untrusted
from hamseda.wire.host import is_loopback
from hamseda.wire.link import HomeLink, LocalHome

DEFAULTS: Final[Mapping[str, Value]] = {"host": "0.0.0.0", "port": 443, "tls": SELF_SIGNED}  # noqa: S104
"""Where a front differs from a home when nobody says otherwise."""
PLAIN: Final = ("none",)


def add_parsers(subparsers: Subparsers) -> None:
    """Add both commands."""
    _add_front(subparsers)
    _add_admit(subparsers)


def _add_front(subparsers: Subparsers) -> None:
    parser = subparsers.add_parser(
        "front",
        help="be a way into somebody's home",
        description="Forward lines to one home, and see only their ciphertext.",
    )
    parser.add_argument("--home", metavar="LINK", required=True, help="the home to lead into")
    parser.add_argument(
        "--data", type=Path, metavar="DIR", help="data folder (default: %(default)s)",
        default=default_data_dir().with_name("front"),
    )  # fmt: skip
    parser.add_argument(
        "--host", metavar="H", help=f"address to listen on (default: {DEFAULTS['host']})"
    )
    parser.add_argument(
        "--port", type=int, metavar="P",
        help=f"port to listen on (default: {DEFAULTS['port']})",
    )  # fmt: skip
    parser.add_argument(
        "--tls", nargs="+", metavar="FILE",
        help="certificate and key (PEM), self-signed (default), or none behind a web server",
    )  # fmt: skip
    parser.add_argument(
        "--public", metavar="URL", help="https://host[:port] under which people reach this front"
    )
    parser.add_argument("--site", metavar="DIR", help="folder of the web site outside the door")
    parser.add_argument(
        "--set", action="append", default=[], metavar="NAME=VALUE", dest="assignments",
        help="any other setting that a front has, too (docs/reference/settings.md)",
    )  # fmt: skip
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    parser.set_defaults(run=_front)


def _add_admit(subparsers: Subparsers) -> None:
    parser = subparsers.add_parser(
        "admit",
        help="let fronts lead into your home",
        description="Add a front to your home's addresses, list or remove them.",
    )
    parser.add_argument(
        "line", metavar="LINE", nargs="?", help="what the front printed; without it: list"
    )
    parser.add_argument("--remove", action="store_true", help="take it from the list")
    parser.add_argument(
        "--data", type=Path, metavar="DIR", help="data folder of the home (default: %(default)s)",
        default=default_data_dir(),
    )  # fmt: skip
    parser.add_argument("--json", action="store_true", help="one JSON object a line")
    parser.set_defaults(run=_admit)


def _front(args: argparse.Namespace) -> int:
    """Forward until a signal comes."""
    started = time.monotonic()
    settings = front_settings(args)

    def announce(fronting: Fronting) -> None:
        line = str(fronting.admission)
        if args.json:
            _print_event("front", started, admit=line, port=fronting.port)
        else:
            print("The front is open. Its home takes it in with:\n")
            print(f"  hamseda admit '{line}'\n")
            if is_loopback(fronting.admission.endpoint.host):
                print("This line is for this machine; for others: --public https://YOUR-ADDRESS")
            print("Send it to the home's operator, by a way that nobody else reads. Stop: Ctrl-C")
        sys.stdout.flush()

    run_front(args.data, _home(args.home), settings, announce)
    return 0


def front_settings(args: argparse.Namespace) -> Settings:
    """Give a front's settings: a flag wins over `--set`, and both over the defaults."""
    flags = {
        "host": args.host,
        "port": args.port,
        "tls": tuple(args.tls) if args.tls else None,
        "public": (args.public,) if args.public else None,
        "site": args.site,
    }
    named = {**DEFAULTS, **given(args.assignments, flags)}
    return read_settings(None, {**named, "tls": () if named["tls"] == PLAIN else named["tls"]})


def _admit(args: argparse.Namespace) -> int:
    started = time.monotonic()
    if not args.data.is_dir():
        raise ConfigError(f"there is no data folder {args.data}", next="name it with --data")
    if args.line is None:
        if args.remove:
            raise UsageError("which front?", next="give its line, as `hamseda admit` lists it")
    elif args.remove:
        if not fronts.remove(args.data, _admission(args.line)):
            raise UsageError("this front is not on the list", next="see `hamseda admit`")
    else:
        fronts.admit(args.data, _admission(args.line))
    for front in fronts.read_fronts(args.data):
        if args.json:
            _print_event("admitted", started, admit=str(front))
        else:
            print(front)
    return 0


def _home(text: str) -> HomeLink:
    link = parse_home_link(text)
    if isinstance(link, LocalHome):
        raise UsageError(
            "this is not the link of a home", next="give the link that `hamseda serve` printed"
        )
    return link


def _admission(text: str) -> Admission:
    try:
        return parse_admission_untrusted(text)
    except WireError as error:
        again = "copy the whole line that the front printed"
        raise UsageError(str(error), next=error.next or again) from None


def _print_event(event: str, started: float, **values: str | int) -> None:
    entry = {"event": event, "t": round(time.monotonic() - started, 3), **values}
    print(json.dumps(entry, separators=(",", ":")))
