"""Write docs/reference/commands.md from the commands themselves: `python tools/reference.py`.

`--check` writes nothing and fails when the page is not what the commands say.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import cast

from hamseda.cli.main import build_parser
from hamseda.cli.output import EXIT_STATUS

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "reference" / "commands.md"

_STATUS_WORDS = {
    0: "the thing was done",
    1: "any other failure",
    2: "usage: an unknown option, setting or name, or a link of another kind",
    3: "refused or declined",
    4: "no answer, or away",
    5: "the network or the home cannot be reached",
    6: "trust: something was altered (a link cut short too), does not match, or is out of step",
}
_HEAD = """\
# Commands

<!-- Written by tools/reference.py from the commands themselves. Do not edit. -->

After `make run` or `make dev` the commands lie in `.venv/bin`. The examples in these pages assume
`export PATH="$PWD/.venv/bin:$PATH"`.

| environment | meaning |
|---|---|
| `HAMSEDA_PROFILE` | folder of your keys and contacts, where `--profile` is not given |
| `HAMSEDA_PASSPHRASE` | passphrase of the profile; without it you are asked at a terminal |
| `HAMSEDA_NEW_PASSPHRASE` | what `hamseda passphrase` sets; else you are asked at a terminal |
| `HAMSEDA_PORT` | port of `make run` |

With `--json` standard output holds one JSON object a line and nothing else ([events](events.md)).
Remarks and errors for people go to standard error; every error names the next step.
"""


def page() -> str:
    """Give the whole page, the same on every machine."""
    # The defaults of options show the folder of whoever runs this.
    os.environ["XDG_DATA_HOME"] = "~/.local/share"
    os.environ.pop("HAMSEDA_PROFILE", None)
    sections = [_HEAD, _exit_statuses(), *map(_command, commands(build_parser()))]
    return "\n".join(sections)


def commands(parser: argparse.ArgumentParser) -> Iterator[argparse.ArgumentParser]:
    """List the parsers of a parser's commands."""
    for action in _actions(parser):
        # The type of this one action is private to argparse; its choices are not.
        choices = cast("object", action.choices)
        if isinstance(choices, dict):
            yield from cast("dict[str, argparse.ArgumentParser]", choices).values()


def _actions(parser: argparse.ArgumentParser) -> list[argparse.Action]:
    # argparse has no public list of a parser's options, and its help differs by Python version.
    return parser._actions  # pyright: ignore[reportPrivateUsage]


def _exit_statuses() -> str:
    rows = ["## Exit status", "", "| status | meaning | a call ended with |", "|---|---|---|"]
    for status, words in _STATUS_WORDS.items():
        reasons = ", ".join(f"`{reason}`" for reason, code in EXIT_STATUS.items() if code == status)
        rows.append(f"| {status} | {words} | {reasons or '–'} |")
    rows += ["", "The end reasons are explained in [failures](../../spec/failures.md).", ""]
    return "\n".join(rows)


def _command(parser: argparse.ArgumentParser) -> str:
    rows = [f"## {parser.prog}", "", parser.description or "", ""]
    options = [action for action in _actions(parser) if action.dest != "help"]
    rows += ["| argument | what it does | default |", "|---|---|---|"]
    rows += [f"| {_signature(each)} | {_help(each)} | {_default(each)} |" for each in options]
    rows.append("")
    return "\n".join(rows)


def _signature(action: argparse.Action) -> str:
    name = action.metavar if isinstance(action.metavar, str) else action.dest.upper()
    if not action.option_strings:
        return f"`{name}` (required)"
    many = " …" if action.nargs == "+" else ""
    value = "" if action.nargs == 0 else f" {name}{many}"
    required = " (required)" if action.required else ""
    return f"`{', '.join(action.option_strings)}{value}`{required}"


def _help(action: argparse.Action) -> str:
    """Give the help without the default, which has a column of its own."""
    text = (action.help or "").replace(" (default: %(default)s)", "")
    text = text.replace("default: %(default)s, or ", "or ") % {"default": action.default}
    return text.replace("|", "\\|")


def _default(action: argparse.Action) -> str:
    if action.default in (None, False) or action.default == [] or not action.option_strings:
        return "–"
    return f"`{_shown(action)}`"


def _shown(action: argparse.Action) -> str:
    return f"{action.default:g}" if isinstance(action.default, float) else str(action.default)


def main() -> int:
    """Write the page, or check it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing, compare")
    check = parser.parse_args().check
    new = page()
    if check:
        if PAGE.read_text(encoding="utf-8") == new:
            return 0
        print(f"{PAGE.relative_to(ROOT)} is old: run python tools/reference.py", file=sys.stderr)
        return 1
    PAGE.write_text(new, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
