"""Cells of the matrix, run whole: a home, two people, a border, somebody at it.

These six networks are the short form of `make lab`: each blocks in a way of its own.
"""

from pathlib import Path

import pytest

from hamseda_lab.cell import Control, Order, Result, run_cell
from hamseda_lab.systems import HOME_ONLY

pytestmark = [pytest.mark.lab, pytest.mark.timeout(240)]

controls: dict[str, Control] = {}


def cell(profile: str, folder: Path, system: str = "hamseda") -> Result:
    """Run a cell; the first one's control stands beside the others."""
    order = Order(system=system, profile=profile)
    result, controls[system] = run_cell(order, folder / "touched.jsonl", controls.get(system))
    return result


@pytest.mark.parametrize("profile", ["P01", "P05", "P08", "P13", "P14", "P20"])
def test_a_call_gets_through(profile: str, tmp_path: Path) -> None:
    """No UDP; no protocols of calls; a name reset, muted, frozen; nothing but a proxy."""
    result = cell(profile, tmp_path)
    told = {name: result[name] for name in ("setup_s", "on_time", "ended_reason", "said", "link")}
    assert result["connected"], told
    assert result["setup_s"] < 20, told
    if profile in ("P01", "P05"):
        # There is nothing in a call on the line that these know.
        assert result["touched"] == 0


def test_where_the_border_is_closed_the_caller_is_told(tmp_path: Path) -> None:
    """Nothing can work without a front in the country, and the log says what was dropped."""
    result = cell("P21", tmp_path, HOME_ONLY)
    assert result["connected"] is False
    assert result["touched"] > 0
    assert result["said"] or result["ended_reason"] != "none"
    log = (tmp_path / "touched.jsonl").read_text(encoding="utf-8")
    assert "foreign TCP behind its SYN" in log
