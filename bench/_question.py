"""Begin and end a measurement alike: its options, its table, its file."""

import argparse
from collections.abc import Mapping

from _record import record
from _summary import Results, rows_of, table


def options(doc: str | None, *, rounds: int) -> argparse.ArgumentParser:
    """Give the parser with the options that every question has."""
    parser = argparse.ArgumentParser(description=(doc or "").partition("\n")[0])
    parser.add_argument("--rounds", type=int, default=rounds, help="default: %(default)s")
    parser.add_argument(
        "--short", action="store_true", help="a quick trial, which leaves no result behind"
    )
    return parser


def answer(
    question: str, parameters: Mapping[str, object], results: Results, *, is_short: bool
) -> None:
    """Print the answer for a person, and keep the samples unless it was a trial."""
    print()
    print(table(rows_of(question, results)))
    if is_short:
        print("a trial: nothing was written down")
    else:
        record(question, parameters, results)
