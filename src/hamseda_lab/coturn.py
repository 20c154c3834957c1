"""Run Debian's coturn on a host, as a relay for calls of browsers."""

import shutil
import subprocess
from pathlib import Path
from typing import Any, Final

from hamseda_lab.errors import LabError
from hamseda_lab.network import Host

PORT: Final = 3478
TLS_PORT: Final = 443
USER: Final = "lab"
"""Name and password of its one user."""


def start_coturn(
    host: Host, folder: Path, certificate: tuple[Path, Path] | None = None
) -> "subprocess.Popen[Any]":
    """Run it on UDP and TCP, and with a certificate and its key on TLS. Raise `LabError`.

    `folder` gets its database and its log.
    """
    program = shutil.which("turnserver")
    if program is None:
        raise LabError("coturn is missing: apt-get install coturn")
    over_tls = ["--no-tls"]
    if certificate is not None:
        shown, key = certificate
        over_tls = [f"--tls-listening-port={TLS_PORT}", f"--cert={shown}", f"--pkey={key}"]
    with (folder / "turn.log").open("w") as log:
        return host.popen(
            [
                program,
                *("-n", "--no-cli", "--no-dtls", "--lt-cred-mech", f"--user={USER}:{USER}"),
                *(f"--listening-ip={host.address}", f"--relay-ip={host.address}", "--realm=lab"),
                *(f"--listening-port={PORT}", "--log-file=stdout", *over_tls),
                *(f"--userdb={folder / 'turn.db'}", f"--pidfile={folder / 'turn.pid'}"),
            ],
            stdout=log,
            stderr=log,
        )
