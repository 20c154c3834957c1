"""Print what a censor sees of a TLS hello: the command line's beside the installed Chromium's.

`python tools/tls_hellos.py`; `--listen` waits for one hello of anything else and prints that.
The fingerprint is JA4. Nothing leaves this machine.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from hamseda.errors import NetworkError
from hamseda.transport.dialling import Reach
from hamseda.transport.websocket import Web
from hamseda.wire.scope import Scope
from hamseda_lab.parsers.tls import ClientHello, find_hello_untrusted

PATIENCE: Final = 20.0
QUIET: Final = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
)  # fmt: skip
SUPPORTED_GROUPS: Final = 10
HYBRID: Final = b"\x11\xec"
"""X25519MLKEM768, which browsers offer first."""
LINE: Final = "<script>new WebSocket('wss://localhost:{port}/line')</script>"


class Ear:
    """Listen on loopback for hellos, and answer none."""

    def __init__(self) -> None:
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._listening.settimeout(PATIENCE)
        self.port = int(self._listening.getsockname()[1])

    def hello(self) -> ClientHello:
        """Wait for the next one."""
        connection, _ = self._listening.accept()
        with connection:
            connection.settimeout(PATIENCE)
            stream = b""
            while True:
                stream += connection.recv(65_536)
                found = find_hello_untrusted(stream)
                if isinstance(found, ClientHello):
                    return found

    async def heard(self) -> ClientHello:
        """Wait without keeping the loop waiting."""
        return await asyncio.to_thread(self.hello)


async def of_the_command_line() -> ClientHello:
    """Let the client of the command line open a line."""
    ear = Ear()
    listening = asyncio.create_task(ear.heard())
    async with Web() as web:
        with contextlib.suppress(NetworkError):
            await web.connect(f"wss://localhost:{ear.port}/line", reach=Reach(Scope.LOOPBACK))
    return await listening


def of_chromium(*, line: bool) -> ClientHello | None:
    """Let the installed Chromium open a page, or a line; None: there is none."""
    program = shutil.which("chromium") or shutil.which("google-chrome")
    if program is None:
        return None
    ear = Ear()
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder) / "page.html"
        page.write_text(LINE.format(port=ear.port), encoding="utf-8")
        address = page.as_uri() if line else f"https://localhost:{ear.port}/"
        with _running([program, *QUIET, f"--user-data-dir={folder}/profile", address]):
            return ear.hello()


@contextmanager
def _running(command: list[str]) -> Generator[None]:
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield
    finally:
        process.terminate()
        process.wait()


def show(name: str, hello: ClientHello | None) -> None:
    """Print one row."""
    if hello is None:
        print(f"{name:<28} not installed")
        return
    protocols = ",".join(each.decode("ascii", "replace") for each in hello.protocols)
    groups = dict(hello.extensions).get(SUPPORTED_GROUPS, b"")
    hybrid = "with" if HYBRID in {groups[at : at + 2] for at in range(2, len(groups), 2)} else "no"
    print(f"{name:<26} {hello.ja4():<37} ALPN {protocols or 'none'}, {hybrid} X25519MLKEM768")


def main() -> None:
    """Print the rows."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--listen", action="store_true", help="wait for one hello and print it")
    if parser.parse_args().listen:
        ear = Ear()
        print(f"connect to https://localhost:{ear.port}/", flush=True)
        show("that", ear.hello())
        return
    show("the command line, a line", asyncio.run(of_the_command_line()))
    show("Chromium, a line", of_chromium(line=True))
    show("Chromium, a page", of_chromium(line=False))


if __name__ == "__main__":
    main()
