"""Measure the memory of a home per idle TLS line, beside a bare aiohttp WebSocket server.

Sides, in turn, each in a fresh process:
  home   `hamseda serve` with lines that have shaken hands and say nothing
  bare   aiohttp on uvloop with as many TLS WebSockets
What counts is the anonymous memory of the process, before and after. It is warmed up by a few
connections first. Goal: home <= 45 KiB a line.

Usage: bench/idle_line_memory.py [--lines 5000] [--rounds 3] [--short]
"""

import asyncio
import resource

import uvloop
from _lines import Lines, Sockets
from _processes import bare_server, memory_kib, quiet_world
from _question import answer, options
from _record import interleave

WARM_UP = 50
SETTLE = 2.0
IDLE_SECONDS = 3600
SPARE_FILES = 100


def per_line(before: dict[str, int], after: dict[str, int], lines: int) -> dict[str, float]:
    """Turn two readings into KiB a line."""
    return {f"{kind}_kib_a_line": (after[kind] - before[kind]) / lines for kind in before} | {
        "anonymous_mib_without_lines": before["anonymous"] / 1024
    }


async def of_home(link: str, pid: int, count: int) -> dict[str, float]:
    """Open lines to a home."""
    async with Lines(link) as lines:
        await lines.open_many(WARM_UP)
        await asyncio.sleep(SETTLE)
        before = memory_kib(pid)
        await lines.open_many(count)
        await asyncio.sleep(SETTLE)
        return per_line(before, memory_kib(pid), count)


async def of_bare(port: int, pid: int, count: int) -> dict[str, float]:
    """Open WebSockets to the bare server."""
    async with Sockets() as sockets:
        url = f"wss://localhost:{port}/echo"
        kept = [await sockets.open(url) for _ in range(WARM_UP)]
        await asyncio.sleep(SETTLE)
        before = memory_kib(pid)
        kept += [await sockets.open(url) for _ in range(count)]
        await asyncio.sleep(SETTLE)
        return per_line(before, memory_kib(pid), count)


def home_side(count: int) -> dict[str, float]:
    """Measure a fresh home."""
    with quiet_world() as world:
        home = world.home(
            lines=2 * count,
            lines_per_prefix=2 * count,
            handshakes_per_prefix=count,
            idle_seconds=IDLE_SECONDS,
        )
        return uvloop.run(of_home(home.link, home.process.process.pid, count))


def bare_side(count: int) -> dict[str, float]:
    """Measure a fresh bare server, with the certificate of a home."""
    with quiet_world() as world:
        home = world.home()
        home.stop()
        with bare_server(home.data / "tls.pem") as (port, pid):
            return uvloop.run(of_bare(port, pid, count))


def main() -> None:
    """Ask, print the answer, keep the samples."""
    parser = options(__doc__, rounds=3)
    parser.add_argument("--lines", type=int, default=5000)
    given = parser.parse_args()
    if given.short:
        given.rounds, given.lines = 1, 500
    # The servers inherit it: one file a line on either side.
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    assert hard >= given.lines + WARM_UP + SPARE_FILES, f"at most {hard} files may be open"
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    samples = interleave(
        {"home": lambda: home_side(given.lines), "bare": lambda: bare_side(given.lines)},
        given.rounds,
    )
    parameters = {"lines": given.lines, "warm_up": WARM_UP, "rounds": given.rounds}
    answer("idle_line_memory", parameters, {"samples": samples}, is_short=given.short)


if __name__ == "__main__":
    main()
