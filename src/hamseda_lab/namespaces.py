"""Give hosts a network of their own: Linux network namespaces without names.

A namespace is held by an open file, and by the processes in it. So nothing of it is left when the
lab and these processes are gone, however the lab ended.
"""

import contextlib
import ctypes
import os
import signal
import subprocess
import threading
from collections.abc import Collection, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from hamseda_lab.errors import LabError

_NEW_NETWORK: Final = 0x40000000
_OWN: Final = Path("/proc/thread-self/ns/net")
_HOW_TO_BE_ALLOWED: Final = "run as root, or under `unshare --user --map-root-user --net`"
_LIBC: Final = ctypes.CDLL(None, use_errno=True)


class Namespace:
    """Be one network namespace.

    Creating one takes root, or root of a user namespace. Raise `LabError` where neither is given.
    """

    def __init__(self) -> None:
        self._file = _unshared()
        self.inode: Final = os.fstat(self._file).st_ino
        """What the kernel knows it by; see `kill_processes_of`."""

    @property
    def path(self) -> str:
        """Give the path by which other processes enter it, as long as this one holds it."""
        return f"/proc/{os.getpid()}/fd/{self._file}"

    @contextmanager
    def entered(self) -> Generator[None]:
        """Let the calling thread be in it: sockets and processes made meanwhile belong to it."""
        before = os.open(_OWN, os.O_RDONLY | os.O_CLOEXEC)
        try:
            _set_namespace(self._file)
            try:
                yield
            finally:
                _set_namespace(before)
        finally:
            os.close(before)

    def run(self, *command: str) -> str:
        """Run a short command in it and give what it wrote. Raise `LabError`."""
        with self.entered():
            done = subprocess.run(  # noqa: S603 - the lab's own words
                command, capture_output=True, text=True, check=False
            )
        if done.returncode:
            raise LabError(f"`{' '.join(command)}` failed: {done.stderr.strip()}")
        return done.stdout

    def close(self) -> None:
        """Let go of it."""
        os.close(self._file)


def processes_of(inodes: Collection[int]) -> list[int]:
    """List the processes that live in one of these namespaces, but for the one that asks."""
    found: list[int] = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        # What ends meanwhile, or is another's, is none of ours.
        with contextlib.suppress(OSError):
            if (entry / "ns" / "net").stat().st_ino in inodes:
                found.append(int(entry.name))
    return found


def kill_processes_of(inodes: Collection[int]) -> None:
    """Kill every process that lives in one of these namespaces."""
    for pid in processes_of(inodes):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def _unshared() -> int:
    """Let a thread of its own leave our namespace, and keep hold of where it went."""
    made: list[int] = []
    failed: list[int] = []

    def leave() -> None:
        if _LIBC.unshare(_NEW_NETWORK):
            failed.append(ctypes.get_errno())
        else:
            made.append(os.open(_OWN, os.O_RDONLY | os.O_CLOEXEC))

    thread = threading.Thread(target=leave)
    thread.start()
    thread.join()
    if failed:
        raise LabError(
            f"cannot make a network namespace: {os.strerror(failed[0])}; {_HOW_TO_BE_ALLOWED}"
        )
    return made[0]


def _set_namespace(file: int) -> None:
    if _LIBC.setns(file, _NEW_NETWORK):
        why = os.strerror(ctypes.get_errno())
        raise LabError(f"cannot enter a network namespace: {why}; {_HOW_TO_BE_ALLOWED}")
