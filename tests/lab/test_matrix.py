"""Matrices: what is asked for, what is run again, what is told of it."""

import json
import time
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from hamseda_lab.cell import Control, Order, Result
from hamseda_lab.drawing import drawing
from hamseda_lab.errors import LabError
from hamseda_lab.matrix import Wanted, read_results, run_matrix
from hamseda_lab.page import matrix_page
from hamseda_lab.parsers.dns import parse_question_untrusted
from hamseda_lab.report import table
from hamseda_lab.resolver import respond
from hamseda_lab.systems.frames import (
    longest_gap,
    longest_silence,
    share_of_the_last,
    share_on_time,
    talked,
)
from hamseda_lab.systems.system import Outcome
from tests.lab.traffic import dns_question

ROOT = Path(__file__).parents[2]
GOOD = Outcome(
    connected=True,
    setup_s=2.0,
    on_time=0.99,
    last_on_time=1.0,
    longest_gap_s=0.0,
    path="line",
    ended_reason="hangup",
)
BAD = replace(GOOD, connected=False, setup_s=None, on_time=0.0, ended_reason="lost")
WANTED = Wanted(systems=["hamseda"], profiles=["P00", "P01"], placements=["inside-outside"])


class Lab:
    """Be a lab in which calls cost nothing, and remember which were made."""

    def __init__(self, outcome: Outcome = GOOD, control: Outcome = GOOD) -> None:
        self.orders: list[Order] = []
        self.with_control: list[bool] = []
        self.control_at = time.monotonic()
        self.touched = 5
        self._outcome, self._control = outcome, control

    def run(self, order: Order, log: Path, control: Control | None) -> tuple[Result, Control]:
        """Make a result."""
        del log
        self.orders.append(order)
        self.with_control.append(control is not None)
        control = control or Control(self._control, self.control_at)
        result: Result = {
            "system": order.system,
            "profile": order.profile,
            "weather": order.weather,
            "fits": True,
            "placement": order.placement,
            "seed": order.seed,
            "switch_at": order.switch_at,
            "connected": self._outcome.connected,
            "setup_s": self._outcome.setup_s,
            "on_time": self._outcome.on_time,
            "longest_gap_s": self._outcome.longest_gap_s,
            "ended_reason": self._outcome.ended_reason,
            "touched": self.touched,
            "said": self._outcome.said,
            "at": "2026-11-22T00:00:00+00:00",
            "commit": "abc",
            "link": {
                "rtt_ms": 60.0,
                "loss": 0.0,
                "load": 1.0,
                "latest_ms": 1.0,
            },
            "control": control.to_json(),
            "about": {"name": "a name", "as_of": "2026", "confidence": "V"},
        }
        return result, control


def test_a_matrix_goes_on_where_it_stopped(tmp_path: Path) -> None:
    """It takes hours; a machine restarts, and a half-written line is nobody's result."""
    path, lab = tmp_path / "m.jsonl", Lab()
    next(run_matrix(WANTED, path, lab.run))
    with path.open("a", encoding="utf-8") as file:
        file.write('{"system": "hams')
    again = Lab()
    assert [each["profile"] for each in run_matrix(WANTED, path, again.run)] == ["P01"]
    assert [each["profile"] for each in read_results(path)] == ["P00", "P01"]
    assert list(run_matrix(WANTED, path, again.run)) == []
    repeated = list(run_matrix(replace(WANTED, repeat=2), path, again.run))
    assert [(each["profile"], each["seed"]) for each in repeated] == [("P00", 2), ("P01", 2)]


def test_a_control_stands_beside_results_of_ten_minutes(tmp_path: Path) -> None:
    """A red cell means something beside a green control of the same time, and only there."""
    fresh, old, failed = Lab(), Lab(), Lab(control=BAD)
    old.control_at -= 601
    for number, lab in enumerate((fresh, old, failed)):
        list(run_matrix(WANTED, tmp_path / f"{number}.jsonl", lab.run))
    assert fresh.with_control == [False, True]
    assert old.with_control == [False, False]
    assert failed.with_control == [False, False]


def test_a_call_that_failed_untouched_is_tried_again(tmp_path: Path) -> None:
    """A busy machine must not be written down as a network that blocks."""
    for touched, tries in ((0, 3), (1, 1)):
        lab = Lab(BAD)
        lab.touched = touched
        wanted = replace(WANTED, profiles=["P00"])
        (result,) = run_matrix(wanted, tmp_path / f"{touched}.jsonl", lab.run)
        assert (result["tries"], len(lab.orders)) == (tries, tries)


def test_a_broken_file_is_not_written_over(tmp_path: Path) -> None:
    """Hours of results may be in it."""
    path = tmp_path / "m.jsonl"
    path.write_text('broken\n{"system": "hamseda"}\n', encoding="utf-8")
    with pytest.raises(LabError, match="line 1"):
        list(run_matrix(WANTED, path, Lab().run))
    assert path.read_text(encoding="utf-8").startswith("broken")


def test_the_table_shows_what_failed_and_why(tmp_path: Path) -> None:
    """It is the product's claim: nothing red may hide in it."""
    path = tmp_path / "m.jsonl"
    list(run_matrix(replace(WANTED, profiles=["P00"]), path, Lab().run))
    list(run_matrix(replace(WANTED, profiles=["P01"]), path, Lab(BAD, control=BAD).run))
    written = table(read_results(path))
    assert "| P00 `a name` | 2026 | V | yes, 2.0 s, 99.0% |" in written
    assert "| P01 `a name` | 2026 | V | no, control failed, lost |" in written
    assert "1 of 2; median 2.0 s, 99.0%" in written


def test_the_drawing_has_a_field_for_each_cell(tmp_path: Path) -> None:
    """It goes into the README; colours alone say nothing to many."""
    path = tmp_path / "m.jsonl"
    list(run_matrix(replace(WANTED, profiles=["P00"]), path, Lab().run))
    list(run_matrix(replace(WANTED, profiles=["P01"]), path, Lab(BAD).run))
    drawn = ET.fromstring(drawing(read_results(path)))
    words = ["".join(each.itertext()) for each in drawn.iter("{http://www.w3.org/2000/svg}text")]
    assert {"P00 a name", "P01 a name", "hamseda", "2.0 s", "no"} <= set(words)


def _qualities(*on_time: int) -> list[dict[str, int]]:
    counted = 0
    events: list[dict[str, int]] = []
    for number, each in enumerate(on_time, 1):
        counted += each
        events.append({"frames_expected": 50 * number, "frames_on_time": counted})
    return events


def test_a_call_counts_that_was_good_for_fifteen_seconds() -> None:
    """This is what the interface calls connected."""
    assert talked(_qualities(*[50] * 15))
    assert not talked(_qualities(*[50] * 14))
    assert talked(_qualities(*[0] * 5, *[50] * 15, *[0] * 5))
    assert not talked(_qualities(*[50] * 10, *[0] * 5, *[50] * 10))
    assert talked(_qualities(*[48] * 15))
    assert not talked(_qualities(*[47] * 15))
    assert not talked([])


def test_the_share_on_time_is_of_the_whole_call_and_of_its_end() -> None:
    """A call that dies after ten seconds must not look half good at its end."""
    qualities = _qualities(*[50] * 10, *[0] * 10)
    assert share_on_time(qualities) == 0.5
    assert share_of_the_last(qualities) == 0.0
    assert share_of_the_last(_qualities(*[50] * 5)) == 1.0
    assert share_on_time([]) == share_of_the_last([]) == 0.0


def test_a_silence_that_did_not_end_lasts_until_the_end() -> None:
    """A call that is cut must not look better than one that came back."""
    cut = [
        {"event": "trouble", "silent_ms": 500, "at": 10.5},
        {"event": "recovered", "silent_ms": 700, "at": 10.7},
        {"event": "trouble", "silent_ms": 500, "at": 20.5},
        {"event": "quality", "at": 29.0},
    ]
    assert longest_silence(cut) == 9.0
    assert longest_silence(cut[:2]) == 0.7
    assert longest_silence([]) == 0.0


def test_seconds_without_sound_are_counted_in_a_row() -> None:
    """This is all that some systems tell."""
    assert longest_gap(_qualities(50, 0, 0, 50, 0)) == 2.0
    assert longest_gap([]) == 0.0


def test_the_resolver_knows_its_names() -> None:
    """An address, nothing of another kind, and that there is no such name."""
    names = {"home.example": "10.77.4.2"}
    codes = {}
    for name, kind in (("home.example", 1), ("home.example", 28), ("no.example", 1)):
        question = parse_question_untrusted(dns_question(name, kind))
        assert question is not None
        written = respond(question, names)
        codes[name, kind] = written[3] & 15, written[7]
    assert codes == {
        ("home.example", 1): (0, 1),
        ("home.example", 28): (0, 0),
        ("no.example", 1): (3, 0),
    }


def test_a_result_is_one_line_of_json(tmp_path: Path) -> None:
    """Any language reads it."""
    path = tmp_path / "m.jsonl"
    list(run_matrix(WANTED, path, Lab().run))
    for line in path.read_text(encoding="utf-8").splitlines():
        assert {"system", "profile", "connected", "control"} <= set(json.loads(line))


def test_the_page_shows_red_cells_with_the_callers_words(tmp_path: Path) -> None:
    """Somebody who reads only the end of the page still learns what did not work."""
    path = tmp_path / "m.jsonl"
    wanted = replace(WANTED, profiles=["P01"])
    told = replace(BAD, said=("no way leads to the home",))
    list(run_matrix(replace(wanted, switch_at=10.0), path, Lab(told).run))
    list(run_matrix(wanted, path, Lab().run))
    written = matrix_page(read_results(path))
    assert written.index("yes, 2.0 s") < written.index("in the middle of a call")
    assert "| P01 `a name`, from 10 s on | lost | no way leads to the home | 5 |" in written


def test_the_committed_matrix_is_what_its_results_say() -> None:
    """A page of results that nobody could make again would be an advertisement."""
    results = read_results(ROOT / "bench" / "results" / "matrix.jsonl")
    page = ROOT / "docs" / "reference" / "matrix.md"
    assert page.read_text(encoding="utf-8") == matrix_page(results)
    plot = ROOT / "docs" / "img" / "matrix.svg"
    assert plot.read_text(encoding="utf-8") == drawing(results)
