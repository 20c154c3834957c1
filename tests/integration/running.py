"""Run one `hamseda` process and read its events as they come.

Nothing here waits for a fixed time: a test waits for an event, an end, or a condition, and says
how long that may take. What is not seen in time fails with everything that the process said.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import IO, Any, TypeVar, cast

T = TypeVar("T")

PATIENCE = 20.0
"""Seconds for what takes one: the machine that runs the tests may be busy."""


@dataclass(frozen=True, slots=True)
class Seen:
    """Be one event of a process: one JSON object on its standard output."""

    event: str
    fields: dict[str, Any]
    at: float
    """When this side read it (`time.monotonic`)."""
    index: int

    def __getitem__(self, name: str) -> Any:
        return self.fields[name]


class Running:
    """Be one process of ours, from its start to its end.

    `events` grows while it runs. Standard output that is no JSON object is kept in `strays`:
    with `--json` there must be none.
    """

    def __init__(self, name: str, args: Sequence[str], env: Mapping[str, str]) -> None:
        self.name = name
        self.args = tuple(args)
        self.events: list[Seen] = []
        self.strays: list[str] = []
        self._said: list[str] = []
        self._errors: list[str] = []
        self._changed = threading.Condition()
        self.began_at = time.monotonic()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "hamseda.cli.main", *args],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=dict(env),
            text=True,
            encoding="utf-8",
            errors="replace",
        )
        self._readers = [
            threading.Thread(target=read, args=(pipe,), daemon=True)
            for read, pipe in (
                (self._read_events, self.process.stdout),
                (self._read_errors, self.process.stderr),
            )
        ]
        for reader in self._readers:
            reader.start()

    # What it says

    @property
    def stdout(self) -> str:
        """Give everything on standard output so far."""
        return "".join(self._said)

    @property
    def stderr(self) -> str:
        """Give everything on standard error so far."""
        return "".join(self._errors)

    def all(self, event: str, **fields: object) -> list[Seen]:
        """List the events of a kind so far, or those that have these fields."""
        with self._changed:
            return [seen for seen in self.events if _matches(seen, event, fields)]

    def last(self, event: str) -> Seen:
        """Give the newest event of a kind."""
        found = self.all(event)
        assert found, f"no {event!r} was seen\n{self.transcript()}"
        return found[-1]

    def wait_for(
        self, event: str, timeout: float = PATIENCE, *, after: Seen | None = None, **fields: object
    ) -> Seen:
        """Wait for the first event of a kind, with these fields, after another one."""
        start = 0 if after is None else after.index + 1

        def found() -> Seen | None:
            return next((s for s in self.events[start:] if _matches(s, event, fields)), None)

        return self._wait(found, timeout, f"event {event!r} {fields or ''}")

    def wait_until(self, claim: Callable[[Seen], bool], timeout: float, what: str) -> Seen:
        """Wait for the first event of which a claim is true."""
        return self._wait(lambda: next((s for s in self.events if claim(s)), None), timeout, what)

    def wait_for_error_output(self, text: str, timeout: float = PATIENCE) -> None:
        """Wait until standard error contains a text."""
        self._wait(lambda: text in self.stderr or None, timeout, f"{text!r} on standard error")

    def _wait(self, find: Callable[[], T | None], timeout: float, what: str) -> T:
        until = time.monotonic() + timeout
        with self._changed:
            while (found := find()) is None:
                left = until - time.monotonic()
                # An ended process whose pipes are empty says nothing more.
                is_mute = not self.is_running and not any(r.is_alive() for r in self._readers)
                if left <= 0 or is_mute:
                    why = "it ended" if is_mute else f"{timeout} s passed"
                    raise AssertionError(f"{self.name}: no {what}: {why}\n{self.transcript()}")
                self._changed.wait(min(left, 0.2))
            return found

    # How it ends

    @property
    def is_running(self) -> bool:
        """Tell whether it has not ended yet."""
        return self.process.poll() is None

    def wait(self, timeout: float = PATIENCE) -> int:
        """Wait for its end and give its exit status, with all its output read."""
        try:
            status = self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            raise AssertionError(
                f"{self.name} did not end within {timeout} s\n{self.transcript()}"
            ) from None
        for reader in self._readers:
            reader.join(5.0)
        return status

    def ended(self, timeout: float = PATIENCE, *, status: int = 0) -> Running:
        """Wait for its end and insist on its exit status."""
        found = self.wait(timeout)
        assert found == status, (
            f"{self.name} ended with {found} instead of {status}\n{self.transcript()}"
        )
        return self

    def stop(self, timeout: float = PATIENCE) -> int:
        """Press Ctrl-C and wait for the end."""
        self.signal(signal.SIGINT)
        return self.wait(timeout)

    def kill(self) -> None:
        """End it at once, wherever it is (kill -9)."""
        self.signal(signal.SIGKILL)
        self.wait()

    def pause(self) -> None:
        """Let it stand still (SIGSTOP) until `resume`."""
        self.signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let it go on."""
        self.signal(signal.SIGCONT)

    def signal(self, number: signal.Signals) -> None:
        """Send a signal; an ended process ignores it."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.process.pid, number)

    def dispose(self) -> None:
        """Kill it if it still runs, and close its pipes."""
        if self.is_running:
            self.signal(signal.SIGCONT)
            self.kill()
        for reader in self._readers:
            reader.join(5.0)
        for pipe in (self.process.stdout, self.process.stderr):
            if pipe is not None:
                pipe.close()

    def transcript(self) -> str:
        """Write down all that it said, for a person who asks why a test failed."""
        state = "running" if self.is_running else f"exit status {self.process.poll()}"
        lines = [f"--- {self.name}: {' '.join(self.args)} ({state})"]
        lines += [f"    {line}" for line in self.stdout.splitlines()[-60:]]
        lines += [f"  ! {line}" for line in self.stderr.splitlines()[-60:]]
        return "\n".join(lines)

    # Reading

    def _read_events(self, pipe: IO[str]) -> None:
        for line in pipe:
            parsed = _parse(line)
            with self._changed:
                self._said.append(line)
                if parsed is None:
                    self.strays.append(line)
                else:
                    name = str(parsed.get("event"))
                    self.events.append(Seen(name, parsed, time.monotonic(), len(self.events)))
                self._changed.notify_all()

    def _read_errors(self, pipe: IO[str]) -> None:
        for line in pipe:
            with self._changed:
                self._errors.append(line)
                self._changed.notify_all()


def _parse(line: str) -> dict[str, Any] | None:
    try:
        parsed: object = json.loads(line)
    except ValueError:
        return None
    return cast("dict[str, Any]", parsed) if isinstance(parsed, dict) else None


def _matches(seen: Seen, event: str, fields: Mapping[str, object]) -> bool:
    return seen.event == event and all(seen.fields.get(k) == v for k, v in fields.items())
