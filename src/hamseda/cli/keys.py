"""Take single keys from the terminal during a call, and give the terminal back as it was.

It is given back at the end, after an exception, when the program is stopped (Ctrl-Z) and when a
signal ends it; only kill -9 leaves it changed (`stty sane` helps). Ctrl-C goes on to be a signal.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
import termios
import tty
from collections.abc import Callable, Generator, Mapping

_ENDING = (signal.SIGHUP, signal.SIGQUIT)
"""Ends of a program that nobody else here handles."""


@contextlib.contextmanager
def keys(handlers: Mapping[str, Callable[[], None]], fd: int | None = None) -> Generator[None]:
    """Call a handler for its key, on the running loop, while the context lasts.

    Without a terminal, or in the background of a shell, nothing happens.
    """
    terminal = _Terminal.of(sys.stdin.fileno() if fd is None else fd)
    if terminal is None:
        yield
        return
    loop = asyncio.get_running_loop()

    def pressed() -> None:
        for key in terminal.read():
            handler = handlers.get(key)
            if handler is not None:
                handler()

    def end(number: int) -> None:
        terminal.restore()
        loop.remove_signal_handler(number)
        os.kill(os.getpid(), number)

    def stop() -> None:
        terminal.restore()
        os.kill(os.getpid(), signal.SIGSTOP)

    terminal.take_keys()
    try:
        loop.add_reader(terminal.fd, pressed)
        for number in _ENDING:
            loop.add_signal_handler(number, end, number)
        loop.add_signal_handler(signal.SIGTSTP, stop)
        loop.add_signal_handler(signal.SIGCONT, terminal.take_keys)
        yield
    finally:
        terminal.restore()
        loop.remove_reader(terminal.fd)
        for number in (*_ENDING, signal.SIGTSTP, signal.SIGCONT):
            loop.remove_signal_handler(number)


class _Terminal:
    def __init__(self, fd: int) -> None:
        self.fd = fd
        self._before = termios.tcgetattr(fd)

    @classmethod
    def of(cls, fd: int) -> _Terminal | None:
        """Give the terminal behind a file, if it is one and this program is in its foreground."""
        try:
            # A program in the background that changes its terminal is stopped by the kernel.
            if not os.isatty(fd) or os.tcgetpgrp(fd) != os.getpgrp():
                return None
            return cls(fd)
        except (OSError, termios.error):
            return None

    def take_keys(self) -> None:
        """Let keys come one by one and unseen."""
        with contextlib.suppress(OSError, termios.error):
            tty.setcbreak(self.fd, termios.TCSANOW)

    def restore(self) -> None:
        """Be as before."""
        with contextlib.suppress(OSError, termios.error):
            termios.tcsetattr(self.fd, termios.TCSANOW, self._before)

    def read(self) -> str:
        """Give the keys that were pressed."""
        try:
            return os.read(self.fd, 64).decode(errors="ignore")
        except OSError:
            return ""
