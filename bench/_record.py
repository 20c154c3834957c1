"""Run the sides of a comparison in turn and keep every raw sample.

A result file holds what was asked, on what machine and commit, with which parameters, and every
number that was measured, so that a table or a plot is made from it and never typed by hand.
"""

import json
import os
import platform
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Final

ROOT: Final = Path(__file__).parents[1]
RESULTS: Final = ROOT / "bench" / "results"


def interleave(
    sides: Mapping[str, Callable[[], Mapping[str, float]]], rounds: int
) -> dict[str, list[dict[str, float]]]:
    """Run A B A B …, so that a noisy neighbour hits all sides alike; return each side's samples.

    Each run also notes the wall time it began at (`began`, seconds after the first) and the load.
    """
    samples: dict[str, list[dict[str, float]]] = {name: [] for name in sides}
    start = time.monotonic()
    for number in range(rounds):
        for name, run in sides.items():
            began, load = time.monotonic() - start, os.getloadavg()[0]
            sample = dict(run())
            print(f"{number + 1}/{rounds} {name}: {_words(sample)}", flush=True)
            samples[name].append({**sample, "began": round(began, 3), "load": load})
    return samples


def medians(samples: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """Return the median of each number over the rounds."""
    return {name: median(sample[name] for sample in samples) for name in samples[0]}


def record(question: str, parameters: Mapping[str, object], results: object) -> Path:
    """Write one result file and return where it lies. It names no host, only its kind."""
    now = datetime.now(UTC)
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{question}-{now:%Y%m%dT%H%M%SZ}.json"
    content = {
        "question": question,
        "date": f"{now:%Y-%m-%dT%H:%M:%SZ}",
        "commit": _git("rev-parse", "HEAD"),
        "is_clean": not _git("status", "--porcelain", "--untracked-files=no", "src", "bench"),
        "host": host(),
        "parameters": dict(parameters),
        "results": results,
    }
    path.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    print(f"raw samples: {path.relative_to(ROOT)}")
    return path


def host() -> dict[str, str | int]:
    """Describe the machine without naming it."""
    return {
        "cores": os.cpu_count() or 0,
        "processor": _processor(),
        "kernel": platform.release(),
        "python": platform.python_version(),
    }


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _git(*arguments: str) -> str:
    run = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=False)
    return run.stdout.strip()


def _words(sample: Mapping[str, float]) -> str:
    return ", ".join(f"{name} {value:,.4g}" for name, value in sample.items())
