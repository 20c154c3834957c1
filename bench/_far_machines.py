"""Start on machines of the lab what calls are made of: browsers, signalling, coturn."""

import json
import ssl
import subprocess
import sys
from base64 import b64encode
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Final

from _browsers import STAMP
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509 import load_pem_x509_certificate
from playwright.sync_api import BrowserType

from hamseda_lab.coturn import PORT, USER, start_coturn
from hamseda_lab.network import Host, Network
from tests.browser.window import Window, chromium_path

HOME: Final = "home"
"""The machine in the middle."""
SIGNALLING: Final = Path(__file__).with_name("_signal.py")


class Browsers:
    """Open browsers on machines of the lab."""

    def __init__(self, chromium: BrowserType, net: Network, folder: Path) -> None:
        self._chromium = chromium
        self._net = net
        self._folder = folder
        self.opened: list[Window] = []

    def open(self, name: str, microphone: Path, *more: str) -> Window:
        """Open a browser on a machine; of other addresses it knows only the middle one."""
        host, middle = self._net.host(name), self._net.host(HOME).address
        program = host.script(chromium_path(), self._folder / f"chromium-on-{name}")
        reach = f"--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE {middle}"
        flags = [reach, *more]
        folder = self._folder / f"browser-{name}"
        window = Window(self._chromium, folder, microphone, more=flags, program=program)
        self.opened.append(window)
        window.context.add_init_script(path=STAMP)
        return window

    def close(self) -> None:
        """Close them all."""
        for window in self.opened:
            window.close()


def trusting(host: Host, port: int) -> str:
    """Give the option of a browser that trusts what a machine's port shows as its certificate."""
    with host.entered():
        shown = ssl.get_server_certificate((host.address, port))
    key = load_pem_x509_certificate(shown.encode()).public_key()
    digest = sha256(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).digest()
    return f"--ignore-certificate-errors-spki-list={b64encode(digest).decode()}"


@contextmanager
def signalling(host: Host) -> Generator[str]:
    """Serve the bare page on a machine; give its address."""
    command = [sys.executable, str(SIGNALLING), host.address]
    with host.popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield f"http://{host.address}:{int(process.stdout.readline())}/bare/bare.html"
        finally:
            process.kill()


class Turn:
    """Be coturn on a machine, over however many restarts."""

    def __init__(self, host: Host, folder: Path) -> None:
        server = {
            "urls": f"turn:{host.address}:{PORT}?transport=tcp",
            "username": USER,
            "credential": USER,
        }
        self.settings: Final[Mapping[str, object]] = {
            "iceServers": [server],
            "iceTransportPolicy": "relay",
        }
        """WebRTC's settings for calls that go over it, by TCP only."""
        self._host = host
        self._folder = folder
        self._process = start_coturn(host, folder)

    def restart(self) -> None:
        """Stop it and start it again at once."""
        self.stop()
        self._process = start_coturn(self._host, self._folder)

    def stop(self) -> None:
        """End it."""
        self._process.terminate()
        self._process.wait()


def configuring(settings: Mapping[str, object]) -> str:
    """Give a script by which a page's own WebRTC gets settings that it did not ask for."""
    return f"""
    const Own = RTCPeerConnection;
    window.RTCPeerConnection = class extends Own {{
      constructor() {{ super({json.dumps(settings)}); }}
    }};"""
