"""A person at a terminal sees how the call is, mutes with one key and hangs up with another."""

from __future__ import annotations

import contextlib
import fcntl
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.world import Pair
from tests.speech import read_sound, voice

pytestmark = pytest.mark.calls

PATIENCE = 20.0
COLUMNS = 160


class Terminal:
    """Be a terminal with one command in its foreground."""

    def __init__(self, args: list[str], env: dict[str, str]) -> None:
        self._mine, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, COLUMNS, 0, 0))
        self.before = termios.tcgetattr(theirs)
        self._theirs = theirs
        self.shown = ""
        self.process = subprocess.Popen(
            [sys.executable, "-m", "hamseda.cli.main", *args],
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            env=env,
            preexec_fn=self._own,  # noqa: PLW1509 - no threads of ours hold locks here
        )

    def _own(self) -> None:
        os.setsid()
        os.close(os.open(os.ttyname(self._theirs), os.O_RDWR))

    @property
    def settings(self) -> list[object]:
        """Give the terminal's settings now."""
        return list(termios.tcgetattr(self._theirs))

    def press(self, key: str) -> None:
        """Press a key."""
        os.write(self._mine, key.encode())

    def wait_for(self, text: str) -> None:
        """Wait until a text is shown after what was waited for before."""
        until = time.monotonic() + PATIENCE
        seen = ""
        while text not in seen:
            assert time.monotonic() < until, f"no {text!r} on the terminal:\n{self.shown}"
            if select.select([self._mine], [], [], 0.2)[0]:
                with contextlib.suppress(OSError):
                    new = os.read(self._mine, 4096).decode(errors="replace")
                    seen += new
                    self.shown += new

    def wait(self) -> int:
        """Wait for the end, with all that is shown read."""
        until = time.monotonic() + PATIENCE
        while self.process.poll() is None:
            assert time.monotonic() < until, self.shown
            if select.select([self._mine], [], [], 0.1)[0]:
                with contextlib.suppress(OSError):
                    self.shown += os.read(self._mine, 4096).decode(errors="replace")
        return self.process.returncode

    def close(self) -> None:
        """End what still runs."""
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        os.close(self._mine)
        os.close(self._theirs)


@pytest.fixture
def terminals() -> Iterator[list[Terminal]]:
    """Clear terminals away."""
    opened: list[Terminal] = []
    yield opened
    for terminal in opened:
        terminal.close()


def call_from(terminals: list[Terminal], pair: Pair) -> Terminal:
    """Let Ali call Maryam from a terminal."""
    command = ["call", "--profile", str(pair.ali.profile), "maryam", "--play", str(voice("jfk"))]
    environment = {"PYTHONPATH": os.pathsep.join(sys.path), "PATH": os.environ["PATH"]}
    terminals.append(Terminal(command, environment | {"LANG": "C.UTF-8", "PYTHONUTF8": "1"}))
    return terminals[-1]


def test_a_call_at_a_terminal(pair: Pair, terminals: list[Terminal]) -> None:
    """One line that follows the call, m and q, and a shell that is as it was."""
    answering = pair.maryam.start_answer("--once")
    terminal = call_from(terminals, pair)
    terminal.wait_for("Talking 0:0")
    terminal.wait_for("standard · 0% lost")
    assert terminal.settings != terminal.before
    terminal.press("m")
    terminal.wait_for("MUTED")
    muted_at = answering.last("quality")["frames_expected"] if answering.all("quality") else 0
    answering.wait_until(
        lambda s: s.event == "quality" and s["frames_expected"] > muted_at + 150, PATIENCE, "3 s"
    )
    terminal.press("q")
    assert terminal.wait() == 0
    answering.ended()
    assert answering.last("ended")["reason"] == "remote_hangup"
    assert terminal.settings == terminal.before
    assert "\x1b[K" in terminal.shown
    assert "You ended the call." in terminal.shown
    assert is_silent_at_the_end(answering.recording, seconds=1.0)


def is_silent_at_the_end(recording: Path, seconds: float) -> bool:
    """Tell whether the end of a recording holds no voice: muted zeros pass through the codec."""
    tail = read_sound(recording)[-int(16_000 * (seconds + 0.3)) : -int(16_000 * 0.3)]
    return float(abs(tail).max()) < 0.01


def test_a_call_that_is_terminated_gives_the_terminal_back(
    pair: Pair, terminals: list[Terminal]
) -> None:
    """Whoever closes the window or ends the program from outside gets a sane shell."""
    answering = pair.maryam.start_answer("--once")
    terminal = call_from(terminals, pair)
    terminal.wait_for("Talking")
    terminal.process.send_signal(signal.SIGTERM)
    assert terminal.wait() == 0
    assert terminal.settings == terminal.before
    answering.ended()
