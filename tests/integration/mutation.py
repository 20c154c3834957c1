"""Copy our package and change one line of it, to see that a test notices."""

from __future__ import annotations

import shutil
from pathlib import Path

import hamseda

PACKAGE = Path(hamseda.__file__).parent


def mutated_package(folder: Path, file: str, old: str, new: str) -> Path:
    """Copy the package into a folder with one place changed; give what PYTHONPATH must hold.

    `file` is the path inside the package ("transport/outbox.py"). `old` must be there exactly once:
    a mutation that misses its mark would prove nothing.
    """
    copy = folder / "hamseda"
    shutil.copytree(PACKAGE, copy, ignore=shutil.ignore_patterns("__pycache__"))
    path = copy / file
    source = path.read_text(encoding="utf-8")
    found = source.count(old)
    assert found == 1, f"{file} holds {old!r} {found} times, it must be once"
    path.write_text(source.replace(old, new), encoding="utf-8")
    return folder
