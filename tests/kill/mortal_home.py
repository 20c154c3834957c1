"""Start a home, kill it with signal 9, look at what it left, start it again."""

import asyncio
import json
import os
import shutil
import signal
import sqlite3
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any, Final, cast

from hamseda.serve.home import STORE_NAME
from tests.kill.ledger import Place

ROOT: Final = Path(__file__).parents[2]
PATIENCE: Final = 20.0
"""Seconds for what takes a tenth of one: the machine may be busy."""
SETTINGS: Final = {
    # Everybody of the test comes from one address prefix, at once and again and again.
    "puts_per_second": 1_000_000,
    "creations_per_hour": 1_000_000,
    "records_per_second": 1_000_000,
    "handshakes_per_prefix": 1_000,
    "mailbox_envelopes": 100_000,
    "mailbox_bytes": 2**30,
}


class MortalHome:
    """Be one home over however many lives; make it with `MortalHome.open`."""

    def __init__(self, data: Path, midwife: Process) -> None:
        self.data = data
        self.link = ""
        self._port = 0
        self._pid = 0
        self._midwife = midwife

    @classmethod
    @asynccontextmanager
    async def open(cls, folder: Path, package: Path | None = None) -> AsyncGenerator["MortalHome"]:
        """Prepare a home under `folder`; `package` holds an altered copy of ours."""
        environment = {key: text for key, text in os.environ.items() if "HAMSEDA" not in key}
        if package is not None:
            environment["PYTHONPATH"] = str(package)
        with (folder / "home.log").open("ab") as log:
            midwife = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "tests.kill.serve_again",
                stdin=PIPE, stdout=PIPE, stderr=log, cwd=ROOT, env=environment,
            )  # fmt: skip
        home = cls(folder / "home", midwife)
        try:
            yield home
        finally:
            if home._pid:
                os.kill(home._pid, signal.SIGKILL)
            midwife.kill()
            await midwife.wait()
            print((folder / "home.log").read_text()[-2000:])

    async def conceive(self) -> None:
        """Start it without waiting until it serves."""
        arguments = ["serve", "--data", str(self.data), "--port", str(self._port), "--json"]
        arguments += [f"--set={key}={value}" for key, value in SETTINGS.items()]
        assert self._midwife.stdin is not None
        self._midwife.stdin.write(json.dumps(arguments).encode() + b"\n")
        self._pid = (await self._said())["pid"]

    async def start(self) -> None:
        """Start it and wait until it serves, on the port of last time."""
        await self.conceive()
        serving = await self._said()
        self._port, self.link = serving["port"], serving["home"]

    async def kill(self) -> None:
        """Kill it, and make sure that it lived until then."""
        os.kill(self._pid, signal.SIGKILL)
        while "status" not in (said := await self._said()):
            pass
        self._pid = 0
        assert said["status"] == -signal.SIGKILL, f"the home ended by itself: {said}"

    async def _said(self) -> dict[str, Any]:
        assert self._midwife.stdout is not None
        async with asyncio.timeout(PATIENCE):
            line = await self._midwife.stdout.readline()
        return cast("dict[str, Any]", json.loads(line))

    def held(self) -> int:
        """Count the envelopes that the living home holds, by looking into its database."""
        with closing(sqlite3.connect(f"file:{self.data / STORE_NAME}?mode=ro", uri=True)) as db:
            return int(db.execute("SELECT count(*) FROM envelopes").fetchone()[0])

    def left_behind(self) -> dict[Place, bytes]:
        """Read all envelopes off the disk of the dead home, and check that its database is whole.

        What is read is a copy: the next home shall recover the files itself.
        """
        copy = self.data.with_name("left-behind")
        shutil.rmtree(copy, ignore_errors=True)
        copy.mkdir()
        for name in (STORE_NAME, STORE_NAME + "-wal"):
            if (self.data / name).exists():
                shutil.copy(self.data / name, copy)
        with closing(sqlite3.connect(copy / STORE_NAME)) as db:
            assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            assert db.execute(_WRONG_TOTALS).fetchall() == []
            rows = db.execute("SELECT mailbox, seq, envelope FROM envelopes")
            return {(mailbox, seq): envelope for mailbox, seq, envelope in rows}


_WRONG_TOTALS: Final = """
    SELECT hex(id), held, held_bytes FROM mailboxes LEFT JOIN (
        SELECT mailbox, count(*) AS n, sum(length(envelope)) AS bytes
        FROM envelopes GROUP BY mailbox
    ) ON mailbox = id
    WHERE held != coalesce(n, 0) OR held_bytes != coalesce(bytes, 0)
"""
