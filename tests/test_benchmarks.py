"""The numbers that people quote come from samples that lie beside them."""

import re
from pathlib import Path

import pytest

from bench._summary import QUESTIONS, Row, rows_of, table
from tools.benchmark_table import PAGE, PLOT, RESULTS, newest_plot, newest_results, page

ROOT = Path(__file__).parent.parent
ASKED = re.compile(r"make bench Q=(\w+)")
NUMBER = re.compile(r"(?<![\w.])\d[\d,.]*\d?\s(?:µs|KiB|ms|per second|×)(?!\w)")
README = ROOT / "README.md"


def test_the_page_is_made_from_the_newest_results() -> None:
    """A table that was typed, or forgotten, would be believed all the same."""
    assert PAGE.read_text(encoding="utf-8") == page(), "run: python -m tools.benchmark_table"
    drawing = newest_plot()
    assert drawing is None or PLOT.read_text(encoding="utf-8") == drawing
    drawing = newest_plot()
    assert drawing is None or PLOT.read_text(encoding="utf-8") == drawing


def test_each_question_is_a_script_with_a_row_in_the_readme() -> None:
    """`make bench` lists scripts; whoever runs one must find what it means."""
    scripts = {path.stem for path in (ROOT / "bench").glob("[a-z]*.py")}
    assert scripts == set(QUESTIONS)
    readme = (ROOT / "bench" / "README.md").read_text(encoding="utf-8")
    assert all(f"| `{question}` |" in readme for question in QUESTIONS)


@pytest.mark.parametrize("path", sorted(RESULTS.glob("*.json")), ids=lambda path: path.stem)
def test_a_result_says_what_it_needs_to_be_believed(path: Path) -> None:
    """A number without its machine, its commit and its question is a rumour."""
    results = newest_results()
    question = path.stem.rpartition("-")[0]
    result = results[question]
    assert re.fullmatch(r"[0-9a-f]{40}", result["commit"])
    assert set(result["host"]) == {"cores", "processor", "kernel", "python"}
    assert result["parameters"]
    assert rows_of(question, result["results"])


def test_documents_ask_only_questions_that_exist() -> None:
    """A command that is quoted must run."""
    for path in [README, *(ROOT / "docs").rglob("*.md"), *(ROOT / "bench").glob("*.md")]:
        asked = ASKED.findall(path.read_text(encoding="utf-8"))
        assert set(asked) - {"name"} <= set(QUESTIONS), path.name


def test_no_number_of_the_readme_was_typed() -> None:
    """The first page people read is the last that anybody measures again."""
    numbers = NUMBER.findall(README.read_text(encoding="utf-8"))
    tables = PAGE.read_text(encoding="utf-8")
    assert [number for number in numbers if number not in tables] == []


def test_a_goal_is_judged_by_the_measured_number() -> None:
    """A rounded number must not hide that a goal was missed."""
    assert Row("", 1.304, "×", most=1.3).goal == "≤ 1.30: missed"
    assert Row("", 1.3, "×", most=1.3).goal == "≤ 1.30: met"
    assert Row("", 3.79, "", least=3.8).goal == "≥ 3.80: missed"
    assert Row("", 3.8, "", least=3.8).goal == "≥ 3.80: met"


def test_a_table_is_markdown() -> None:
    """The same table is read in a terminal and on a page."""
    assert table([Row("a", 1234.5, "ms"), Row("b", 0.5, "", most=1)]).splitlines() == [
        "|   | measured | goal        |",
        "| - | -------- | ----------- |",
        "| a | 1,234 ms |             |",
        "| b | 0.50     | ≤ 1.00: met |",
    ]
