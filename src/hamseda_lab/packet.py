"""Read as much of a packet as carrying it takes."""

import ipaddress
from dataclasses import dataclass, field
from typing import Final

SMALLEST: Final = 20
"""Bytes of an IPv4 header."""


@dataclass(frozen=True, slots=True)
class Packet:
    """Be one IPv4 packet between two hosts of the lab, as a middlebox sees it."""

    data: bytes = field(repr=False)
    source: str
    """The name of the host that sent it."""
    destination: str
    """The name of the host that has the destination's address now."""


def addresses_untrusted(data: bytes) -> tuple[str, str] | None:
    """Give the source's and the destination's IPv4 address; None: it is no IPv4 packet."""
    if len(data) < SMALLEST or data[0] >> 4 != 4:
        return None
    return str(ipaddress.IPv4Address(data[12:16])), str(ipaddress.IPv4Address(data[16:20]))
