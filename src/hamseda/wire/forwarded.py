"""Read from whom a reverse proxy says that it passes something on."""

from __future__ import annotations

import ipaddress

from hamseda.errors import WireError


def last_hop_untrusted(header: str) -> str:
    """Return the address that the nearest proxy added to an `X-Forwarded-For`.

    Only the last one is its own word: whatever stands before came with the request. Some proxies
    add the port. Raise `WireError` where no address stands there.
    """
    hop = header.rpartition(",")[2].strip()
    if hop.startswith("["):
        hop = hop[1:].partition("]")[0]
    elif hop.count(":") == 1:
        hop = hop.partition(":")[0]
    try:
        return str(ipaddress.ip_address(hop))
    except ValueError:
        raise WireError("this is not an address") from None
