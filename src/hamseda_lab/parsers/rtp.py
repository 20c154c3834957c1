"""Recognise the headers of calls: RTP and SIP."""

from dataclasses import dataclass
from typing import Final

_HEADER: Final = 12
_REQUESTS: Final = (
    b"INVITE ",
    b"REGISTER ",
    b"OPTIONS ",
    b"ACK ",
    b"BYE ",
    b"CANCEL ",
    b"SUBSCRIBE ",
    b"NOTIFY ",
    b"MESSAGE ",
)


@dataclass(frozen=True, slots=True)
class Rtp:
    """Be an RTP header (RFC 3550 §5.1)."""

    sequence: int
    source: int


def parse_rtp_untrusted(payload: bytes) -> Rtp | None:
    """Read what would be an RTP header; None: not version 2, or too short."""
    if len(payload) < _HEADER or payload[0] >> 6 != 2:
        return None
    return Rtp(int.from_bytes(payload[2:4], "big"), int.from_bytes(payload[8:12], "big"))


def is_sip_untrusted(payload: bytes) -> bool:
    """Tell the first line of a SIP message (RFC 3261 §7)."""
    line = payload.partition(b"\r\n")[0]
    return payload.startswith(b"SIP/2.0 ") or (
        line.endswith(b" SIP/2.0") and line.startswith(_REQUESTS)
    )
