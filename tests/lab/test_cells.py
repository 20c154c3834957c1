"""Cells of the matrix, run whole: a home, two people, a border, somebody at it."""

from pathlib import Path

import pytest

from hamseda_lab.cell import Control, Order, run_cell

pytestmark = [pytest.mark.lab, pytest.mark.timeout(240)]

controls: dict[str, Control] = {}


def cell(profile: str, folder: Path, system: str = "hamseda") -> dict[str, object]:
    """Run a cell; the first one's control stands beside the others."""
    order = Order(system=system, profile=profile)
    result, controls[system] = run_cell(order, folder / "touched.jsonl", controls.get(system))
    return result


def test_signatures_of_calls_find_nothing_in_a_call_on_the_line(tmp_path: Path) -> None:
    """SIP, RTP, STUN, TURN and DTLS are blocked; the line has none of it."""
    result = cell("P05", tmp_path)
    assert result["touched"] == 0
    setup, on_time = result["setup_s"], result["on_time"]
    assert isinstance(setup, float)
    assert isinstance(on_time, float)
    assert setup < 20
    assert on_time > 0.5


def test_where_the_border_is_closed_the_caller_is_told(tmp_path: Path) -> None:
    """Nothing can work, and the log says what was dropped and why."""
    result = cell("P21", tmp_path)
    assert result["connected"] is False
    assert isinstance(result["touched"], int)
    assert result["touched"] > 0
    assert result["said"] or result["ended_reason"] != "none"
    log = (tmp_path / "touched.jsonl").read_text(encoding="utf-8")
    assert "foreign TCP behind its SYN" in log
