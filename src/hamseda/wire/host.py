"""Judge the host names and doors that strangers hand us (spec/invitation.md §1)."""

from __future__ import annotations

import ipaddress
import re

from hamseda.errors import WireError

HOST_MOST = 253
DOOR_MOST = 64
_NAME = re.compile(r"(?!-)[A-Za-z0-9-]{1,63}(?<!-)(\.(?!-)[A-Za-z0-9-]{1,63}(?<!-))*\.?", re.ASCII)
_OCTET = "(25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])"
_LOOPBACK = re.compile(rf"127(\.{_OCTET}){{3}}", re.ASCII)
_DOOR = re.compile(r"[A-Za-z0-9_-]{10,64}", re.ASCII)


def check_host_untrusted(host: str) -> None:
    """Refuse what is neither a host name in ASCII nor an IP address (IPv6 without brackets)."""
    if ":" in host:
        try:
            # A scope ("%eth0") would name an interface of this machine.
            if "%" not in host and ipaddress.IPv6Address(host):
                return
        except ValueError:
            pass
    elif len(host) <= HOST_MOST and _NAME.fullmatch(host):
        return
    raise WireError("this is not a host name")


def check_door_untrusted(door: str) -> None:
    """Refuse what is not 10 to 64 characters of base64url's alphabet."""
    if not _DOOR.fullmatch(door):
        raise WireError("this is not a door of a home")


def bracketed(host: str) -> str:
    """Write a host as it stands in an address: IPv6 in brackets."""
    return f"[{host}]" if ":" in host else host


def is_loopback(host: str) -> bool:
    """Tell whether a host is this machine, in its plain spellings; only there is `http` accepted.

    Whatever else may lead to this machine is judged by `scope_of`. By hand, since what the standard
    library says of `::1%x` and of `::ffff:127.0.0.1` changes with its version.
    """
    if host.lower() == "localhost" or _LOOPBACK.fullmatch(host):
        return True
    try:
        return "%" not in host and int(ipaddress.IPv6Address(host)) == 1
    except ValueError:
        return False
