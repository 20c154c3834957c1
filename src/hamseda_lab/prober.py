"""Visit a server as a censor's prober does, and say what gives it away."""

import random
import socket
import ssl
import struct
from typing import Final

from hamseda_lab.network import Host
from hamseda_lab.parsers.ip import UDP
from hamseda_lab.parsers.stun import COOKIE
from hamseda_lab.profile import Visit

PATIENCE: Final = 3.0
"""Seconds that a server has for an answer."""
TURN_ALPN: Final = "stun.turn"
_ALLOCATE: Final = struct.pack("!HH4s12sHHI", 3, 8, COOKIE, b"visitor.....", 0x19, 4, UDP << 24)
"""An Allocate request for a UDP relay (RFC 8656 §7.1)."""
_ALLOCATE_ANSWERS: Final = (0x0103, 0x0113)
_RANDOM_BYTES: Final = 200
_GET: Final = b"GET / HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n"
_QUIC_LONG: Final = 0xC0


def look_at(host: Host, visit: Visit, seed: int) -> str:
    """Look at a server from a host; give "" if it is a web server, otherwise what gave it away."""
    visitor = _Visitor(host, (visit.server, visit.server_port))
    noise = random.Random(seed).randbytes(_RANDOM_BYTES)  # noqa: S311 - noise, no secret
    if visit.protocol == UDP:
        return visitor.look_at_datagrams(visit.first_bytes, noise)
    return visitor.look_at_streams(visit.first_bytes, noise)


class _Visitor:
    def __init__(self, host: Host, server: tuple[str, int]) -> None:
        self._host = host
        self._server = server

    def look_at_streams(self, first_bytes: bytes, noise: bytes) -> str:
        served = self._served_over_tls()
        if served:
            return served
        if self._selects_turn():
            return f"it takes ALPN {TURN_ALPN}"
        if _is_turn(self._said_over_tls(_ALLOCATE)) or _is_turn(self._said(_ALLOCATE)):
            return "it answers a TURN Allocate"
        if not _is_of_the_web(self._said(first_bytes)):
            return "it answers a replay"
        if not _is_of_the_web(self._said(noise)):
            return "it answers random bytes"
        return ""

    def look_at_datagrams(self, first_bytes: bytes, noise: bytes) -> str:
        if _is_turn(self._answered(_ALLOCATE)):
            return "it answers a TURN Allocate"
        for payload, what in ((first_bytes, "a replay"), (noise, "random bytes")):
            answer = self._answered(payload)
            if answer and answer[0] & _QUIC_LONG != _QUIC_LONG:
                return f"it answers {what}"
        return ""

    def _served_over_tls(self) -> str:
        try:
            with self._tls() as line:
                if line.version() != "TLSv1.3":
                    return "it speaks no TLS 1.3"
                line.sendall(_GET % self._server[0].encode())
                return "" if line.recv(100).startswith(b"HTTP/1.") else "it is no web server"
        except (OSError, ssl.SSLError) as error:
            return f"it serves nothing over TLS ({type(error).__name__})"

    def _selects_turn(self) -> bool:
        try:
            with self._tls(TURN_ALPN) as line:
                return line.selected_alpn_protocol() == TURN_ALPN
        except (OSError, ssl.SSLError):
            return False

    def _said_over_tls(self, payload: bytes) -> bytes:
        try:
            with self._tls() as line:
                line.sendall(payload)
                return line.recv(4096)
        except (OSError, ssl.SSLError):
            return b""

    def _said(self, payload: bytes) -> bytes:
        try:
            with self._connected() as line:
                line.sendall(payload)
                return line.recv(4096)
        except OSError:
            return b""

    def _answered(self, payload: bytes) -> bytes:
        with self._host.entered():
            line = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        with line:
            line.settimeout(PATIENCE)
            try:
                line.sendto(payload, self._server)
                return line.recv(4096)
            except OSError:
                return b""

    def _connected(self) -> socket.socket:
        with self._host.entered():
            line = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        line.settimeout(PATIENCE)
        try:
            line.connect(self._server)
        except OSError:
            line.close()
            raise
        return line

    def _tls(self, *alpn: str) -> ssl.SSLSocket:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        # A prober looks at whoever answers.
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        if alpn:
            context.set_alpn_protocols(list(alpn))
        line = self._connected()
        try:
            return context.wrap_socket(line)
        except (OSError, ssl.SSLError):
            line.close()
            raise


def _is_turn(answer: bytes) -> bool:
    if len(answer) < 8 or answer[4:8] != COOKIE:
        return False
    return int.from_bytes(answer[:2], "big") in _ALLOCATE_ANSWERS


def _is_of_the_web(answer: bytes) -> bool:
    """Tell what a web server says to nonsense: nothing, an alert or hello of TLS, an error."""
    is_tls = len(answer) > 2 and answer[0] in (0x15, 0x16) and answer[1] == 3
    return not answer or is_tls or answer.startswith((b"HTTP/1.", b"<!DOCTYPE", b"<html"))
