"""Watch what a process costs, from outside: Linux counts it in /proc."""

import contextlib
import io
import os
import subprocess
import sys
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from tests.integration.world import Home, World

_TICKS: Final = os.sysconf("SC_CLK_TCK")
_UTIME: Final = 11
"""Where user time stands after the command's closing parenthesis; system time follows it."""

_ESTABLISHED: Final = "01"


@contextmanager
def quiet_world(directory: Path | None = None) -> Generator[World]:
    """Give a world of homes and people that speaks only when a measurement fails.

    Its files lie in a fresh folder in `directory`, or where temporary files do.
    """
    with tempfile.TemporaryDirectory(prefix="bench-", dir=directory) as folder:
        world = World(Path(folder))
        try:
            yield world
        except BaseException:
            print(world.transcript(), file=sys.stderr)
            raise
        finally:
            with contextlib.redirect_stdout(io.StringIO()):
                world.__exit__(None, None, None)


def unrationed_home(world: World) -> Home:
    """Start a home whose rations one client alone cannot use up."""
    return world.home(
        creations_per_hour=10_000_000,
        grants_per_hour=10_000_000,
        puts_per_second=1_000_000,
        records_per_second=1_000_000,
    )


@contextmanager
def bare_server(pem: Path) -> Generator[tuple[int, int]]:
    """Run the bare server; give its port and process id."""
    command = [sys.executable, str(Path(__file__).with_name("_echo.py")), str(pem)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield int(process.stdout.readline()), process.pid
        finally:
            process.kill()


def cpu_seconds(pid: int) -> float:
    """Read the processor time (user and system) that a process has used, to 10 ms."""
    stat = Path(f"/proc/{pid}/stat").read_text(encoding="ascii")
    fields = stat.rpartition(")")[2].split()
    return (int(fields[_UTIME]) + int(fields[_UTIME + 1])) / _TICKS


def memory_kib(pid: int) -> dict[str, int]:
    """Read a process's resident memory, and the part that is in no file, in KiB.

    Pages of a file count as shared or not by who else runs Python at the moment; what a line
    costs is in no file.
    """
    found: dict[str, int] = {}
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines()[1:]:
        name, _, rest = line.partition(":")
        found[name] = int(rest.split()[0])
    return {"anonymous": found["Anonymous"], "resident": found["Rss"]}


def connected_ports(port: int) -> frozenset[int]:
    """Give the far ports of the TCP connections (IPv4) that a server on `port` has open now."""
    lines = Path("/proc/net/tcp").read_text(encoding="ascii").splitlines()[1:]
    rows = [line.split()[1:4] for line in lines]
    return frozenset(
        int(far.partition(":")[2], 16)
        for near, far, state in rows
        if state == _ESTABLISHED and int(near.partition(":")[2], 16) == port
    )
