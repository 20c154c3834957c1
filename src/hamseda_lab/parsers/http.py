"""Read the head of HTTP requests."""

from dataclasses import dataclass
from typing import Final

METHODS: Final = (
    b"GET ",
    b"POST ",
    b"HEAD ",
    b"CONNECT ",
    b"OPTIONS ",
    b"DELETE ",
    b"PUT ",
)


@dataclass(frozen=True, slots=True)
class Request:
    """Be the head of a request, as far as a censor reads it."""

    method: str
    target: str
    host: str | None
    """In lower case and without a port; None: there is none, or it has not come."""


def parse_request_untrusted(stream: bytes) -> Request | None:
    """Read the request with which a stream begins; None: it is none, or its line is not whole."""
    if not stream.startswith(METHODS):
        return None
    line, end, rest = stream.partition(b"\r\n")
    words = line.decode("latin-1").split(" ")
    if not end or len(words) != 3 or not words[2].startswith("HTTP/"):
        return None
    return Request(words[0], words[1], _host(rest))


def _host(headers: bytes) -> str | None:
    # The last piece has no end: it may be half a line, or the body.
    for line in headers.partition(b"\r\n\r\n")[0].split(b"\r\n")[: headers.count(b"\r\n")]:
        name, colon, value = line.decode("latin-1").partition(":")
        if colon and name.strip().lower() == "host":
            return value.strip().lower().split(":")[0]
    return None
