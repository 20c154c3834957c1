"""Keys work during a call, and the terminal comes back as it was, whatever happens."""

from __future__ import annotations

import asyncio
import os
import pty
import signal
import subprocess
import sys
import termios
from collections.abc import Callable, Generator
from dataclasses import dataclass

import pytest

from hamseda.cli.keys import keys
from tests.integration.mutation import PACKAGE

PATIENCE = 10.0


@dataclass(frozen=True, slots=True)
class Terminal:
    """Be a terminal: the side of the person, and the side of the program."""

    person: int
    program: int

    @property
    def settings(self) -> list[object]:
        """Give all its settings."""
        return list(termios.tcgetattr(self.program))

    @property
    def takes_lines(self) -> bool:
        """Tell whether it waits for the Enter key, as a shell's terminal does."""
        return bool(termios.tcgetattr(self.program)[3] & termios.ICANON)


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Generator[Terminal]:
    """Open a terminal in whose foreground this test runs."""
    person, program = pty.openpty()

    def in_foreground(_: int) -> int:
        return os.getpgrp()

    monkeypatch.setattr("hamseda.cli.keys.os.tcgetpgrp", in_foreground)
    yield Terminal(person, program)
    os.close(person)
    os.close(program)


def test_a_key_calls_its_handler(terminal: Terminal) -> None:
    """At once, without Enter; other keys do nothing."""
    before = terminal.settings

    async def press() -> list[str]:
        pressed: list[str] = []
        done = asyncio.Event()
        with keys({"m": lambda: pressed.append("m"), "q": done.set}, terminal.program):
            assert not terminal.takes_lines
            os.write(terminal.person, b"mxmq")
            async with asyncio.timeout(PATIENCE):
                await done.wait()
        return pressed

    assert asyncio.run(press()) == ["m", "m"]
    assert terminal.settings == before


def test_an_exception_gives_the_terminal_back(terminal: Terminal) -> None:
    """A bug of ours must not cost somebody their shell."""
    before = terminal.settings

    async def fail() -> None:
        with keys({}, terminal.program):
            raise LookupError

    with pytest.raises(LookupError):
        asyncio.run(fail())
    assert terminal.settings == before


def test_without_a_terminal_nothing_happens() -> None:
    """In a script or a service there are no keys."""
    read, write = os.pipe()

    async def pipe() -> None:
        with keys({"q": lambda: None}, read):
            pass

    asyncio.run(pipe())
    os.close(read)
    os.close(write)


def test_in_the_background_the_terminal_is_left_alone() -> None:
    """The kernel stops a program in the background that changes the terminal of its shell."""
    person, program = pty.openpty()
    before = termios.tcgetattr(program)

    async def background() -> None:
        with keys({"q": lambda: None}, program):
            assert termios.tcgetattr(program) == before

    asyncio.run(background())
    os.close(person)
    os.close(program)


_PROGRAM = """
import asyncio
from hamseda.cli.keys import keys
async def main():
    with keys({}):
        print("ready", flush=True)
        await asyncio.sleep(60)
asyncio.run(main())
"""


def _own(program: int) -> Callable[[], None]:
    """Make a terminal the one of a new process, which is in its foreground."""

    def own() -> None:
        os.setsid()
        os.close(os.open(os.ttyname(program), os.O_RDWR))

    return own


@pytest.mark.parametrize("number", [signal.SIGQUIT, signal.SIGHUP, signal.SIGINT])
def test_a_signal_gives_the_terminal_back(number: signal.Signals) -> None:
    r"""Ctrl-\, a closed window and Ctrl-C end the program, in this order of rudeness."""
    person, program = pty.openpty()
    before = termios.tcgetattr(program)
    process = subprocess.Popen(
        [sys.executable, "-c", _PROGRAM],
        stdin=program,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={"PYTHONPATH": str(PACKAGE.parent)},
        preexec_fn=_own(program),  # noqa: PLW1509 - nothing else runs here
    )
    with process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"ready\n"
        assert not termios.tcgetattr(program)[3] & termios.ICANON
        process.send_signal(number)
        assert process.wait(PATIENCE) != 0
    assert termios.tcgetattr(program) == before
    os.close(person)
    os.close(program)


def test_a_stopped_program_gives_the_terminal_back_while_it_is_stopped() -> None:
    """After Ctrl-Z the shell's line must be visible; after `fg` the keys work again."""
    person, program = pty.openpty()
    before = termios.tcgetattr(program)
    process = subprocess.Popen(
        [sys.executable, "-c", _PROGRAM],
        stdin=program,
        stdout=subprocess.PIPE,
        env={"PYTHONPATH": str(PACKAGE.parent)},
        preexec_fn=_own(program),  # noqa: PLW1509 - nothing else runs here
    )
    with process:
        assert process.stdout is not None
        process.stdout.readline()
        process.send_signal(signal.SIGTSTP)
        os.waitpid(process.pid, os.WUNTRACED)
        assert termios.tcgetattr(program) == before
        process.send_signal(signal.SIGCONT)
        while termios.tcgetattr(program)[3] & termios.ICANON:
            pass
        process.kill()
    os.close(person)
    os.close(program)
