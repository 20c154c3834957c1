"""Ask the system which address of this machine leads somewhere, without sending a packet."""

from __future__ import annotations

import ipaddress
import socket

_ANYWHERE = ("192.0.2.1", "2001:db8::1")
"""Addresses of documentation (RFC 5737, RFC 3849): they stand for "abroad"."""
_PORT = 9


def own_address(towards: str) -> str | None:
    """Give the address that packets to `towards` would leave from; None without a way there."""
    family = socket.AF_INET6 if ":" in towards else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as asking:
            # For UDP this only looks up the route.
            asking.connect((towards, _PORT))
            return str(asking.getsockname()[0])
    except OSError:
        return None


def is_own(address: str) -> bool:
    """Tell whether this machine still has an address."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as asking:
            asking.bind((address, 0))
    except OSError:
        return False
    return True


def own_network() -> str:
    """Name the network this machine is in, coarsely: its prefixes; "" where it is in none."""
    found: list[str] = []
    for towards in _ANYWHERE:
        address = own_address(towards)
        if address is None:
            continue
        bits = 64 if ":" in address else 24
        network = ipaddress.ip_network((address.partition("%")[0], bits), strict=False)
        found.append(str(network))
    return " ".join(found)


def host_of(address: object) -> str | None:
    """Take the host out of what a socket calls an address."""
    if not isinstance(address, tuple):
        return None
    host: object = address[0]  # pyright: ignore[reportUnknownVariableType] - of any socket
    return host if isinstance(host, str) else None
