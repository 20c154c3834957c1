"""Start a real `hamseda serve` and stop it."""

import asyncio
import contextlib
import json
import signal
import sys
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from pathlib import Path

from hamseda.wire.link import HomeLink, parse_link


@dataclass
class HomeProcess:
    """Be a running home; `log` is what it wrote to standard error, complete once it stopped."""

    process: asyncio.subprocess.Process
    link: HomeLink
    port: int
    """Where it listens; the link may name another one."""
    data: Path
    log_path: Path

    @property
    def log(self) -> str:
        """Return the log so far."""
        return self.log_path.read_text(encoding="utf-8")

    async def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """Send a signal and return the exit status."""
        self.process.send_signal(number)
        async with asyncio.timeout(20):
            return await self.process.wait()


@contextlib.asynccontextmanager
async def running_home(data: Path, *options: str) -> AsyncGenerator[HomeProcess]:
    """Run a home on a free port until the block ends."""
    log_path = data.with_name(data.name + ".log")
    with log_path.open("ab") as log:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "hamseda.cli.main", "serve",
            "--data", str(data), "--port", "0", "--json", *options,
            stdout=asyncio.subprocess.PIPE, stderr=log,
        )  # fmt: skip
    try:
        assert process.stdout is not None
        async with asyncio.timeout(20):
            line = await process.stdout.readline()
        assert line, log_path.read_text(encoding="utf-8")
        serving = json.loads(line)
        assert serving["event"] == "serving", serving
        link = parse_link(serving["home"])
        assert isinstance(link, HomeLink)
        yield HomeProcess(process, link, serving["port"], data, log_path)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
