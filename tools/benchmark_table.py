"""Write docs/reference/benchmarks.md from the newest result of each question in bench/results.

A plot of the sound on bad networks goes beside it.

Usage: python -m tools.benchmark_table
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from bench._summary import QUESTIONS, rows_of, table
from tools.benchmark_plot import plot

ROOT: Final = Path(__file__).parents[1]
RESULTS: Final = ROOT / "bench" / "results"
PAGE: Final = ROOT / "docs" / "reference" / "benchmarks.md"
PLOTTED: Final = "sound_on_bad_networks"
PLOT: Final = ROOT / "docs" / "img" / f"{PLOTTED}.svg"

_HEAD: Final = """\
# Benchmarks

<!-- Written by tools/benchmark_table.py from bench/results. Do not edit. -->

What each question means, what is compared with what, and how to ask it again:
[bench/README.md](../../bench/README.md). Each number is a median over the rounds of one run. Trust
the ratios within a table more than a number alone.
"""


def newest_results() -> dict[str, Mapping[str, Any]]:
    """Read the newest result file of each question; their names end with their date."""
    found: dict[str, Mapping[str, Any]] = {}
    for path in sorted(RESULTS.glob("*.json")):
        result = json.loads(path.read_text(encoding="utf-8"))
        found[result["question"]] = {**result, "file": path.name}
    return found


def page() -> str:
    """Write the whole page."""
    results = newest_results()
    sections = [_section(name, results.get(name)) for name in QUESTIONS]
    return "\n".join([_HEAD, *sections])


def newest_plot() -> str | None:
    """Draw the newest result of the question that is drawn; None: there is no result yet."""
    result = newest_results().get(PLOTTED)
    return None if result is None else plot(result["results"]["samples"])


def _section(question: str, result: Mapping[str, Any] | None) -> str:
    title = f"## {question}\n\n`make bench Q={question}`"
    if result is None:
        return f"{title}: no result is kept yet.\n"
    host = result["host"]
    state = "" if result["is_clean"] else ", with changes that were not committed"
    where = f"{host['cores']} cores, {host['processor']}, Linux {host['kernel']}"
    source = f"[raw samples](../../bench/results/{result['file']})"
    drawn = f"![The same as a plot](../img/{PLOT.name})\n\n" if question == PLOTTED else ""
    return (
        f"{title}, {result['date'][:10]}, commit `{result['commit'][:7]}`{state}; {where},"
        f" Python {host['python']}; {_parameters(result['parameters'])}; {source}.\n\n"
        f"{drawn}{table(rows_of(question, result['results']))}\n"
    )


def _parameters(parameters: Mapping[str, Any]) -> str:
    return ", ".join(f"{name.replace('_', ' ')} {_words(of)}" for name, of in parameters.items())


def _words(value: Any) -> str:
    return str(value).strip("[]").replace("'", "")


def main() -> None:
    """Write the page."""
    PAGE.parent.mkdir(parents=True, exist_ok=True)
    PAGE.write_text(page(), encoding="utf-8")
    drawing = newest_plot()
    if drawing is not None:
        PLOT.write_text(drawing, encoding="utf-8")


if __name__ == "__main__":
    main()
