"""Take the lab's commands: run, matrix, report, profiles."""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from hamseda_lab.cell import Order, Result, check_weather, run_cell
from hamseda_lab.drawing import drawing
from hamseda_lab.errors import LabError
from hamseda_lab.matrix import Wanted, read_results, run_matrix
from hamseda_lab.page import matrix_page
from hamseda_lab.place import PLACEMENTS, Placement
from hamseda_lab.profiles import known_profiles
from hamseda_lab.report import networks_page, table
from hamseda_lab.systems import SYSTEMS
from hamseda_lab.weather import GOOD, WEATHERS


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; give its exit status: 1 the machine or a file is at fault, 2 usage."""
    options = _parser().parse_args(arguments)
    try:
        return int(options.run(options))
    except LabError as error:
        sys.stderr.write(f"hamseda-lab: {error}\n")
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="hamseda-lab", description="Let calls cross networks that block them."
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    run = commands.add_parser("run", help="one call on one network, and the same without a censor")
    run.add_argument("--system", required=True, choices=SYSTEMS)
    run.add_argument("--profile", required=True, metavar="ID|PATH")
    run.add_argument("--placement", choices=PLACEMENTS, default=PLACEMENTS[0])
    run.add_argument("--seed", type=int, default=1)
    _add_common(run)
    run.add_argument("--json", type=Path, required=True, metavar="FILE", help="appended to")
    run.set_defaults(run=_run)

    matrix = commands.add_parser("matrix", help="many cells; those in the file are not run again")
    matrix.add_argument("--systems", default="hamseda", metavar="A,B")
    matrix.add_argument("--profiles", default="all", metavar="P01,P04|all")
    matrix.add_argument("--placements", default=PLACEMENTS[0], metavar="A,B")
    matrix.add_argument("--repeat", type=int, default=1)
    _add_common(matrix)
    matrix.add_argument("--json", type=Path, required=True, metavar="FILE", help="appended to")
    matrix.set_defaults(run=_matrix)

    report = commands.add_parser("report", help="a table of a file of results")
    report.add_argument("file", type=Path)
    report.add_argument("--svg", type=Path, metavar="FILE", help="draw it too")
    report.add_argument("--page", action="store_true", help="as docs/reference/matrix.md")
    report.set_defaults(run=_report)

    profiles = commands.add_parser("profiles", help="the networks that the lab knows")
    profiles.add_argument("--markdown", action="store_true", help="as docs/reference/networks.md")
    profiles.set_defaults(run=_profiles)
    return parser


def _add_common(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--switch-at", type=float, metavar="S", help="begin to block so long into the call"
    )
    parser.add_argument(
        "--weather", choices=WEATHERS, default=GOOD, help="what goes wrong without a censor"
    )
    parser.add_argument(
        "--residual-factor",
        type=float,
        default=1.0,
        help="multiply every duration of a rule (for tests only; it is in the result)",
    )


def _run(options: argparse.Namespace) -> int:
    order = Order(
        system=options.system,
        profile=options.profile,
        placement=options.placement,
        seed=options.seed,
        switch_at=options.switch_at,
        residual_factor=options.residual_factor,
        weather=options.weather,
    )
    result, _ = run_cell(order, options.json.with_suffix(".touched.jsonl"))
    with options.json.open("a", encoding="utf-8") as file:
        file.write(json.dumps(result) + "\n")
    _tell(result)
    return 0


def _matrix(options: argparse.Namespace) -> int:
    profiles = list(known_profiles()) if options.profiles == "all" else options.profiles.split(",")
    systems = options.systems.split(",")
    # All of them first: a typo must not end a matrix after hours.
    check_weather(options.weather, systems, profiles)
    wished = options.placements.split(",")
    placements: list[Placement] = [each for each in PLACEMENTS if each in wished]
    if not placements:
        raise LabError(f"no such placement; there are {', '.join(PLACEMENTS)}")
    wanted = Wanted(
        systems=systems,
        profiles=profiles,
        placements=placements,
        repeat=options.repeat,
        switch_at=options.switch_at,
        residual_factor=options.residual_factor,
        weather=options.weather,
    )
    for result in run_matrix(wanted, options.json, run_cell):
        _tell(result)
    return 0


def _report(options: argparse.Namespace) -> int:
    if not options.file.exists():
        raise LabError(f"there is no file {options.file}")
    results = read_results(options.file)
    sys.stdout.write(matrix_page(results) if options.page else table(results))
    if options.svg is not None:
        options.svg.write_text(drawing(results), encoding="utf-8")
    return 0


def _profiles(options: argparse.Namespace) -> int:
    if options.markdown:
        sys.stdout.write(networks_page())
        return 0
    for kind in known_profiles().values():
        about = kind.about
        sys.stdout.write(f"{about.id}  {about.name:<20} {about.confidence}  {about.as_of}\n")
        sys.stdout.write(f"     {about.rule}\n     source: {about.source}\n")
        if about.choices:
            sys.stdout.write(f"     our choices: {about.choices}\n")
    return 0


def _tell(result: Result) -> None:
    """Say on standard error what became of a cell, and beside which link and control."""
    control, link = result["control"], result["link"]
    sys.stderr.write(
        f"{result['system']} {result['profile']} {result['placement']} seed {result['seed']}:"
        f" connected={result['connected']} setup={result['setup_s']} s"
        f" on_time={result['on_time']:.1%} last={result['last_on_time']:.1%}"
        f" gap={result['longest_gap_s']} s {result['ended_reason']} touched={result['touched']}"
        f" (control: connected={control['connected']} setup={control['setup_s']} s"
        f" on_time={control['on_time']:.1%}; link {link['rtt_ms']} ms, {link['loss']:.0%})\n"
    )
