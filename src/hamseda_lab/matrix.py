"""Run many cells, one after another, and go on where a run before stopped."""

import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, cast

from hamseda_lab.cell import Control, Order, Result, Runner
from hamseda_lab.errors import LabError
from hamseda_lab.place import Placement
from hamseda_lab.profiles import load_profile
from hamseda_lab.report import weather_of
from hamseda_lab.weather import GOOD, WEATHERS

CONTROL_LASTS: Final = 600.0
"""Seconds for which a call without a censor stands beside the results."""

TRIES: Final = 3

Key = tuple[str, str, str, int, float | None, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Say which cells."""

    systems: Sequence[str]
    profiles: Sequence[str]
    placements: Sequence[Placement]
    repeat: int = 1
    switch_at: float | None = None
    residual_factor: float = 1.0
    weather: str = GOOD

    def orders(self) -> Iterator[Order]:
        """Give the cells, every system on a profile before the next one, all before a repeat."""
        for seed in range(1, self.repeat + 1):
            for profile in self.profiles:
                for system in self.systems:
                    for placement in self.placements:
                        yield Order(
                            system=system,
                            profile=profile,
                            placement=placement,
                            seed=seed,
                            switch_at=self.switch_at,
                            residual_factor=self.residual_factor,
                            weather=self.weather,
                        )


def read_results(path: Path) -> list[Result]:
    """Read the cells of a file; one that was cut short at its end is no cell. Raise `LabError`."""
    if not path.exists():
        return []
    lines = path.read_text(encoding="utf-8").splitlines()
    results: list[Result] = []
    for number, line in enumerate(lines, 1):
        try:
            results.append(cast("dict[str, Any]", json.loads(line)))
        except ValueError:
            if number != len(lines):
                raise LabError(f"{path}, line {number}: no JSON object") from None
    return results


def run_matrix(wanted: Wanted, path: Path, run: Runner) -> Iterator[Result]:
    """Run the cells that are not in a file yet, and append each to it."""
    results = read_results(path)
    done = {_key_of(result) for result in results}
    # What was cut short would spoil the next line.
    path.write_text("".join(f"{json.dumps(each)}\n" for each in results), encoding="utf-8")
    logs = path.with_suffix(".touched")
    logs.mkdir(exist_ok=True)
    controls: dict[str, Control] = {}
    for order in wanted.orders():
        if _key(order) in done:
            continue
        control = controls.get(order.system)
        if control is not None and not _is_good(control):
            control = None
        name = "-".join(str(part) for part in _key(order) if part is not None)
        result, controls[order.system] = _run_fairly(run, order, logs / f"{name}.jsonl", control)
        with path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(result) + "\n")
        yield result


def _run_fairly(
    run: Runner, order: Order, log: Path, control: Control | None
) -> tuple[Result, Control]:
    """Run a cell, and again where a call failed of which the network touched nothing.

    That is this machine's doing, or ours, and not the network's. The result says how often.
    """
    tries = 0
    while True:
        tries += 1
        result, control = run(order, log, control)
        must_connect = WEATHERS[order.weather].connects
        is_fair = result["connected"] or result["touched"] or not must_connect
        if is_fair or tries == TRIES:
            return {**result, "tries": tries}, control
        if not _is_good(control):
            control = None


def _is_good(control: Control) -> bool:
    """Tell whether a control may stand beside one more result."""
    return control.outcome.connected and time.monotonic() - control.at < CONTROL_LASTS


def _key(order: Order) -> Key:
    profile = load_profile(order.profile).about.id
    return order.system, profile, order.placement, order.seed, order.switch_at, order.weather


def _key_of(result: Result) -> Key:
    return (
        str(result["system"]),
        str(result["profile"]),
        str(result["placement"]),
        int(result["seed"]),
        result.get("switch_at"),
        weather_of(result),
    )
