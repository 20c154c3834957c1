"""Run a program that says what happens as one JSON object a line."""

import contextlib
import json
import subprocess
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any, Final, Self, cast

from hamseda_lab.errors import LabError

Event = Mapping[str, Any]

_READS: Final = 5.0
"""Seconds in which the last lines of an ended program come."""


class Telling:
    """Be such a program, from its start to its end. Its errors go into a file.

    `at` of an event is the monotonic time at which it was read.
    """

    def __init__(self, process: "subprocess.Popen[str]", errors: Path) -> None:
        self.began_at = time.monotonic()
        self.events: list[Event] = []
        self._process = process
        self._errors = errors
        self._changed = threading.Condition()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    def all(self, event: str) -> list[Event]:
        """List the events of a kind so far."""
        with self._changed:
            return [each for each in self.events if each.get("event") == event]

    def find(self, *events: str, timeout: float) -> Event | None:
        """Wait for the first event of these kinds; None: it did not come, or the program ended."""
        until = time.monotonic() + timeout
        with self._changed:
            while True:
                # Asked before the events: what came meanwhile is found.
                has_more = self._reader.is_alive()
                for each in self.events:
                    if each.get("event") in events:
                        return each
                left = until - time.monotonic()
                if left <= 0 or not has_more:
                    return None
                self._changed.wait(min(left, 0.2))

    def need(self, event: str, timeout: float) -> Event:
        """Wait for an event without which nothing goes on. Raise `LabError`."""
        found = self.find(event, timeout=timeout)
        if found is None:
            said = self._errors.read_text(encoding="utf-8", errors="replace")[-2000:]
            raise LabError(f"no {event!r} within {timeout} s; {self.events[-3:]} {said}")
        return found

    def wait(self, timeout: float) -> bool:
        """Wait for its end; tell whether it came."""
        try:
            self._process.wait(timeout)
        except subprocess.TimeoutExpired:
            return False
        self._reader.join(_READS)
        return True

    def end(self, number: int, patience: float) -> None:
        """Send a signal, and kill it if that does not end it."""
        with contextlib.suppress(ProcessLookupError):
            self._process.send_signal(number)
        if not self.wait(patience):
            self.kill()

    def kill(self) -> None:
        """End it at once."""
        if self._process.poll() is None:
            self._process.kill()
        self.wait(_READS)
        if self._process.stdout is not None and not self._reader.is_alive():
            self._process.stdout.close()

    def _read(self) -> None:
        for line in cast("IO[str]", self._process.stdout):
            with contextlib.suppress(ValueError):
                told = json.loads(line)
                if isinstance(told, dict):
                    fields = cast("dict[str, Any]", told)
                    with self._changed:
                        self.events.append({**fields, "at": time.monotonic()})
                        self._changed.notify_all()
        with self._changed:
            self._changed.notify_all()
