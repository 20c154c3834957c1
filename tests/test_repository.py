"""The repository itself: what a stranger finds in it, and what must never be in it."""

import ast
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
MODULES = sorted(
    path.relative_to(ROOT).as_posix()
    for package in ("src", "bench", "tools")
    for path in (ROOT / package).rglob("*.py")
    if "node_modules" not in path.parts
)
MAX_LINES = 400

# Written in halves, so that this file does not find itself.
REGISTRY_HOSTS = re.compile(
    "|".join(
        re.escape(name + "." + domain)
        for name, domain in (
            ("pypi", "org"),
            ("pythonhosted", "org"),
            ("registry.npmjs", "org"),
            ("registry.yarnpkg", "com"),
            ("deb.debian", "org"),
            ("proxy.golang", "org"),
        )
    )
)
# Directories that exist on one developer's machine only.
MACHINE_PATHS = re.compile(r"(?<![\w.\-/>])/(?:" + "|".join(("wo" + "rk", "ro" + "ot")) + r")/\w")


def tracked_files() -> list[Path]:
    """List what git would hand to a stranger, without what is deleted in the work tree."""
    listing = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout
    return [path for name in listing.split("\0") if name and (path := ROOT / name).is_file()]


def findings(pattern: re.Pattern[str]) -> list[str]:
    """Name each line of a tracked text file that the pattern matches."""
    found: list[str] = []
    for path in tracked_files():
        try:
            lines = path.read_text(encoding="utf-8").splitlines()
        except UnicodeDecodeError:
            continue
        name = path.relative_to(ROOT)
        found += [f"{name}:{i}: {line}" for i, line in enumerate(lines, 1) if pattern.search(line)]
    return found


def test_no_registry_is_named() -> None:
    """Everyone installs from the registry they trust: a lock file says what, not from where."""
    assert findings(REGISTRY_HOSTS) == []


def test_nothing_tells_about_the_machine_it_was_written_on() -> None:
    """A path that exists on one machine only breaks on every other, and tells about its owner."""
    assert findings(MACHINE_PATHS) == []


@pytest.mark.parametrize("name", MODULES)
def test_every_module_says_what_it_is_for(name: str) -> None:
    """A stranger opens a file and must know after one line whether it is the right one."""
    assert ast.get_docstring(ast.parse((ROOT / name).read_text(encoding="utf-8")))


@pytest.mark.parametrize("name", MODULES)
def test_no_module_is_longer_than_one_reading(name: str) -> None:
    """Long files are where the field's model codebases became hard to change."""
    assert len((ROOT / name).read_text(encoding="utf-8").splitlines()) <= MAX_LINES
