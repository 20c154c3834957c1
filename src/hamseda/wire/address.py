"""Read and write the address with which every link of hamseda begins: scheme, host and port."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final, Literal, TypeAlias

from hamseda.errors import WireError
from hamseda.wire.host import bracketed, check_host_untrusted

Scheme: TypeAlias = Literal["https", "http"]

DEFAULT_PORT: Final[Mapping[str, int]] = {"https": 443, "http": 80}
ADDRESS: Final = (
    r"(?P<address>(?P<scheme>https?)://(?P<host>\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9.-]+)"
    r"(:(?P<port>[1-9][0-9]{0,4}))?)"
)
"""The beginning of a link's pattern; `parse_address_untrusted` reads its group "address"."""
_ADDRESS: Final = re.compile(ADDRESS, re.ASCII)
AROUND: Final = " \t\r\n\u200b\u200e\u200f\u202a\u202b\u202c\u2066\u2067\u2068\u2069\ufeff"
"""Spaces, and the invisible marks that right-to-left chats put around Latin text."""


def parse_address_untrusted(text: str) -> tuple[Scheme, str, int]:
    """Read scheme, host (in small letters, IPv6 without brackets) and port."""
    match = _ADDRESS.fullmatch(text)
    if match is None:
        raise WireError("this is not an address")
    scheme: Scheme = "https" if match["scheme"] == "https" else "http"
    given = match["host"].lower()
    host = given.strip("[]")
    port = int(match["port"] or DEFAULT_PORT[scheme])
    check_host_untrusted(host)
    if port > 65535 or given != bracketed(host):
        raise WireError("this is not an address")
    return scheme, host, port


def origin(scheme: Scheme, host: str, port: int) -> str:
    """Write an address; `host` as it stands in one: IPv6 in brackets."""
    return f"{scheme}://{host}" + ("" if port == DEFAULT_PORT[scheme] else f":{port}")
