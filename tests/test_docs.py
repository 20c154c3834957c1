"""The documents: what they show exists, what they link to is there, and the tutorial works."""

import dataclasses
import os
import re
import shlex
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import get_args
from urllib.parse import unquote

import pytest

from hamseda.cli.main import build_parser
from hamseda.client import events
from tools import reference

ROOT = Path(__file__).resolve().parent.parent
TUTORIAL = ROOT / "docs" / "tutorial" / "first-call.md"
PAGES = sorted(
    path
    for path in (*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "spec").glob("*.md"))
)
BLOCK = re.compile(r"^```([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
PATIENCE = 30.0
"""Seconds within which each line of the tutorial must have been seen."""


def name_of(page: Path) -> str:
    """Name a page as a reader would."""
    return page.relative_to(ROOT).as_posix()


def prose(page: Path) -> str:
    """Give a page without its blocks of code, where `#` and brackets mean other things."""
    return BLOCK.sub("", page.read_text(encoding="utf-8"))


def anchors(page: Path) -> set[str]:
    """List a page's anchors, as code forges make them of headings."""
    texts = HEADING.findall(prose(page))
    return {re.sub(r"[^\w\- ]", "", text.lower()).strip().replace(" ", "-") for text in texts}


def commands(page: Path) -> Iterator[list[str]]:
    """List the command lines that a page shows in its blocks."""
    for info, text in BLOCK.findall(page.read_text(encoding="utf-8")):
        if info.split(" ")[0] not in {"console", "sh"}:
            continue
        for line in text.splitlines():
            if info == "sh" or line.startswith("$ "):
                yield shlex.split(line.removeprefix("$ "), comments=True)


def test_the_reference_of_commands_is_what_the_commands_say() -> None:
    """A reader must find every option, and none that is gone: python tools/reference.py."""
    assert reference.PAGE.read_text(encoding="utf-8") == reference.page()


def test_the_reference_of_events_names_every_event_and_field() -> None:
    """Somebody reads the JSON with a program, and has only this page to go by."""
    page = (ROOT / "docs" / "reference" / "events.md").read_text(encoding="utf-8")
    for event in get_args(events.Event):
        row = rf"^(\| `{event.event}` \| .*?)(?=^\| `|^$)"
        found = re.search(row, page, re.MULTILINE | re.DOTALL)
        assert found, f"{event.event} is missing"
        for each in dataclasses.fields(event):
            assert f"`{each.name}` |" in found[1], f"{event.event}.{each.name} is missing"


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_links_lead_somewhere(page: Path) -> None:
    """A dead link in a document about trust costs trust."""
    dead: list[str] = []
    for target in LINK.findall(prose(page)):
        if "://" in target or target.startswith("mailto:"):
            continue
        path, _, anchor = unquote(target).partition("#")
        file = (page.parent / path).resolve() if path else page
        if not file.exists() or (anchor and anchor not in anchors(file)):
            dead.append(target)
    assert dead == []


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_commands_that_are_shown_exist(page: Path) -> None:
    """Who copies a command from a page must not meet a usage error."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for words in commands(page):
        if words[:1] == ["hamseda"]:
            build_parser().parse_args(words[1:])
        elif words[:1] == ["make"]:
            assert re.search(rf"^{re.escape(words[1])}:", makefile, re.MULTILINE), words


@dataclass
class Terminal:
    """One terminal of the tutorial: runs one command at a time and remembers what it printed."""

    folder: Path
    process: subprocess.Popen[str] | None = None
    lines: list[str] = field(default_factory=list[str])
    changed: threading.Condition = field(default_factory=threading.Condition)

    def run(self, command: str) -> None:
        """Start the next command, when the one before has ended."""
        self.finish()
        self.lines.clear()
        home = {"XDG_DATA_HOME": str(self.folder), "PYTHONUNBUFFERED": "1"}
        inherited = {key: os.environ[key] for key in os.environ if not key.startswith("HAMSEDA_")}
        path = f"{Path(sys.executable).parent}{os.pathsep}{inherited['PATH']}"
        self.process = subprocess.Popen(
            shlex.split(command),
            cwd=self.folder,
            env={**inherited, **home, "PATH": path},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        threading.Thread(target=self._read, args=(self.process,), daemon=True).start()

    def _read(self, process: subprocess.Popen[str]) -> None:
        if process.stdout is None:
            return
        with process.stdout as output:
            for line in output:
                with self.changed:
                    self.lines.append(line.rstrip())
                    self.changed.notify_all()

    def see(self, expected: str) -> str:
        """Wait for a line: numbers may differ, and `…` stands for anything."""
        parts = re.split(r"(…|\d+)", expected)
        pattern = re.compile(
            "".join(
                ".*" if part == "…" else r"\d+" if part.isdigit() else re.escape(part)
                for part in parts
            )
        )

        def find() -> str | None:
            return next((line for line in self.lines if pattern.fullmatch(line)), None)

        with self.changed:
            self.changed.wait_for(find, PATIENCE)
            found = find()
        assert found is not None, f"not seen: {expected!r}, but: {self.lines}"
        return found

    def interrupt(self) -> None:
        """Press Ctrl-C."""
        assert self.process is not None
        self.process.send_signal(signal.SIGINT)

    def finish(self) -> None:
        """Wait until the running command ends."""
        if self.process is not None:
            self.process.wait(PATIENCE)

    def kill(self) -> None:
        """Leave nothing running, whatever happened."""
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait()


class Reader:
    """Somebody who does what the tutorial says, word for word, but for the links."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.terminals: dict[str, Terminal] = {}
        self.origin = "http://localhost:8080"
        self.invitation = ""

    def follow(self, block: str, terminal: Terminal) -> None:
        """Do one block: type what follows `$`, press `^C`, wait to see the rest."""
        for line in block.splitlines():
            if line.startswith("$ "):
                command = line.removeprefix("$ ").replace("http://localhost:8080", self.origin)
                terminal.run(command.replace("THE LINK", self.invitation))
            elif line == "^C":
                terminal.interrupt()
            else:
                self._learn(terminal.see(line).strip())

    def _learn(self, line: str) -> None:
        """Copy links from the screen, as the tutorial asks its reader to."""
        if re.fullmatch(r"http\S+#h=\S+", line):
            self.origin = "/".join(line.split("/")[:3])
        elif re.fullmatch(r"http\S+#\S+", line):
            self.invitation = line


@pytest.mark.calls
def test_the_tutorial_works_as_written(tmp_path: Path) -> None:
    """The first ten minutes decide whether somebody stays: they must go as the page says."""
    (tmp_path / "tests").symlink_to(ROOT / "tests")
    reader = Reader(tmp_path)
    sizes: list[int] = []
    try:
        for info, block in BLOCK.findall(TUTORIAL.read_text(encoding="utf-8")):
            kind, _, name = info.partition(" ")
            if kind != "console":
                continue
            if "$ hamseda erase" in block:
                sizes = [each.stat().st_size for each in tmp_path.glob("first-call/heard-by-*.wav")]
            terminal = reader.terminals.setdefault(name, Terminal(tmp_path))
            reader.follow(block, terminal)
        for terminal in reader.terminals.values():
            terminal.finish()
    finally:
        for terminal in reader.terminals.values():
            terminal.kill()
    second = 48_000 * 2
    assert len(sizes) == 2, "both sides recorded what they heard"
    assert min(sizes) > 7 * second, "about eight seconds each"
    assert not (tmp_path / "first-call").exists(), "nothing is left"
