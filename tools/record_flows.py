"""Record how ordinary software looks on the wire, for the tests of the lab's profiles.

Usage: tools/record_flows.py [--folder tests/data/flows] [NAME...] (as root; all by default)
"""

import argparse
import os
import random
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Final

from hamseda_lab.pcap import Capture, read_capture_untrusted
from hamseda_lab.place import ELSEWHERE_NAME, HOME_NAME, Place
from hamseda_lab.systems.browser import Browsers
from hamseda_lab.systems.mumble import Mumble
from hamseda_lab.systems.webrtc import WebRtc

MOST_PACKETS: Final = 300
TEXT: Final = b"<p>" + b"An ordinary page of an ordinary site. " * 60
PAGE: Final = (
    b"<!doctype html><title>A page</title><link rel=stylesheet href=/a.css>"
    b"<img src=/a.svg><img src=/b.svg><script src=/a.js></script>" + TEXT
)


class Site(BaseHTTPRequestHandler):
    """Serve one page with what belongs to it."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Answer every path."""
        body = PAGE if self.path == "/" else b"/* nothing */" * 200
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Content-Type", "text/html" if self.path == "/" else "text/css")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:  # pyright: ignore[reportIncompatibleMethodOverride]
        """Say nothing."""


def browsing(place: Place) -> None:
    """Open an HTTPS page in Chromium, follow a link after six seconds."""
    with place.net.host("home").entered():
        server = ThreadingHTTPServer((place.address("home"), 443), Site)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*place.authority.issue(HOME_NAME))
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with Browsers(place) as browsers:
        page = browsers.open("caller", "--disable-quic")
        page.goto(f"https://{HOME_NAME}/")
        page.wait_for_timeout(6000)
        page.goto(f"https://{HOME_NAME}/next")
    server.shutdown()


def http(place: Place) -> None:
    """Open a plain HTTP page in Chromium."""
    with place.net.host("home").entered():
        server = ThreadingHTTPServer((place.address("home"), 80), Site)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with Browsers(place) as browsers:
        page = browsers.open("caller", "--disable-features=HttpsUpgrades,HttpsFirstBalancedMode")
        page.goto(f"http://{HOME_NAME}/")
    server.shutdown()


def quic(place: Place) -> None:
    """Let Chromium ask for a page by QUIC where nobody answers."""
    with Browsers(place) as browsers:
        page = browsers.open(
            "caller", "--enable-quic", f"--origin-to-force-quic-on={HOME_NAME}:443"
        )
        page.evaluate(f"fetch('https://{HOME_NAME}/').catch(() => 0)")
        page.wait_for_timeout(2000)


def dns(place: Place) -> None:
    """Ask for names as the C library does."""
    for name in (HOME_NAME, ELSEWHERE_NAME, "no.example"):
        place.popen("caller", ["getent", "ahosts", name], stdout=subprocess.DEVNULL).wait()


def webrtc(place: Place) -> None:
    """Call from Chromium to Chromium for two seconds, with coturn offered."""
    system = WebRtc(place)
    try:
        system.call(2.0, lambda: None)
    finally:
        system.close()


def mumble(place: Place) -> None:
    """Talk over Debian's Mumble server."""
    system = Mumble(place)
    try:
        system.call(2.0, lambda: None)
    finally:
        system.close()


def noise(place: Place) -> None:
    """Exchange random bytes over TCP and UDP, on ports of the web and others."""
    dice = random.Random(6)  # noqa: S311 - noise, no secret
    for port in (443, 9000):
        with place.net.host("home").entered():
            listening = socket.create_server((place.address("home"), port))
            udp = socket.socket(type=socket.SOCK_DGRAM)
        udp.bind((place.address("home"), port))
        with place.net.host("caller").entered():
            line, mine = socket.socket(), socket.socket(type=socket.SOCK_DGRAM)
        with listening, udp, line, mine:
            line.connect((place.address("home"), port))
            for _ in range(6):
                line.sendall(dice.randbytes(300))
                mine.sendto(dice.randbytes(300), (place.address("home"), port))
                time.sleep(0.1)


FLOWS: Final[dict[str, Callable[[Place], None]]] = {
    each.__name__: each for each in (browsing, http, quic, dns, webrtc, mumble, noise)
}


def record(name: str, folder: Path) -> None:
    """Record one kind of flow at the caller's end of its link, in a place of its own."""
    with tempfile.TemporaryDirectory(prefix="hamseda-flows-") as own:
        raw = Path(own) / "raw.pcap"
        with Place(Path(own)) as place:
            place.net.capture("caller", raw)
            FLOWS[name](place)
            place.net.capture("caller", None)
        packets = read_capture_untrusted(raw.read_bytes())[:MOST_PACKETS]
    kept = Capture(folder / f"{name}.pcap")
    for at, packet in packets:
        kept.write(packet, at - packets[0][0])
    kept.close()
    print(f"{name}: {len(packets)} packets, {(folder / f'{name}.pcap').stat().st_size} bytes")


def main() -> None:
    """Record what was asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, default=Path("tests/data/flows"))
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(FLOWS))
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    for name in options.names or FLOWS:
        record(name, options.folder)


if __name__ == "__main__":
    main()
    # Threads of servers whose hosts are gone.
    sys.stdout.flush()
    os._exit(0)
