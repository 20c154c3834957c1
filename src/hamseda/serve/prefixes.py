"""Turn a peer's address into the key under which a home rations it (spec/registry.md §4)."""

import ipaddress
from collections.abc import Iterable, Sequence
from hashlib import blake2b
from typing import Final

from hamseda.errors import WireError
from hamseda.wire.forwarded import last_hop_untrusted

KEY_BYTES: Final = 16


class Prefixes:
    """Blur addresses to their prefix (IPv4 /24, IPv6 /48) and hash that.

    The key dies with the process, so that what memory holds names nobody afterwards. `proxies`
    are addresses whose word is taken for who asks through them, and nobody else's.
    """

    def __init__(self, key: bytes, proxies: Iterable[str] = ()) -> None:
        self._key = key
        self._proxies = frozenset(map(_parsed, proxies))

    def is_proxy(self, address: str) -> bool:
        """Say whether a peer passes on what other people ask."""
        return bool(self._proxies) and _parsed(address) in self._proxies

    def key_behind(self, proxy: str, forwarded: Sequence[str]) -> bytes:
        """Return the ration key of who asks through a proxy, by its `X-Forwarded-For` headers.

        Where it names nobody, the proxy's own: all such people share one ration.
        """
        try:
            return self.key_of(last_hop_untrusted(forwarded[-1] if forwarded else ""))
        except WireError:
            return self.key_of(proxy)

    def key_of(self, address: str) -> bytes:
        """Return the ration key of an address as a socket names it."""
        parsed = _parsed(address)
        prefix = b"" if parsed is None else parsed.packed[: 3 if parsed.version == 4 else 6]
        return blake2b(prefix, key=self._key, digest_size=KEY_BYTES).digest()


def _parsed(address: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return None
    mapped = parsed.ipv4_mapped if isinstance(parsed, ipaddress.IPv6Address) else None
    return mapped or parsed
