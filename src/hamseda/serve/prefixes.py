"""Turn a peer's address into the key under which a home rations it (spec/registry.md §4)."""

import ipaddress
from hashlib import blake2b
from typing import Final

KEY_BYTES: Final = 16


class Prefixes:
    """Blur addresses to their prefix (IPv4 /24, IPv6 /48) and hash that.

    The key dies with the process, so that what memory holds names nobody afterwards.
    """

    def __init__(self, key: bytes) -> None:
        self._key = key

    def key_of(self, address: str) -> bytes:
        """Return the ration key of an address as a socket names it."""
        try:
            parsed = ipaddress.ip_address(address.partition("%")[0])
        except ValueError:
            prefix = b""
        else:
            if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped is not None:
                parsed = parsed.ipv4_mapped
            prefix = parsed.packed[: 3 if parsed.version == 4 else 6]
        return blake2b(prefix, key=self._key, digest_size=KEY_BYTES).digest()
