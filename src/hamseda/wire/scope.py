"""Judge how near a place is, however its address is spelled (spec/endpoints.md §7).

A home's list may name this machine, the router or a printer. What an address is, is judged here,
alike in Python and TypeScript (`tests/data/addresses.json`); what a name leads to is judged when
its address is dialled.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable
from enum import IntEnum
from typing import Final

from hamseda.wire.descriptor import Endpoint


class Scope(IntEnum):
    """Say who shares an address, from this machine alone to everybody."""

    LOOPBACK = 0
    LINK = 1
    """The same cable or radio: link-local, broadcast, multicast."""
    PRIVATE = 2
    """The same house, company, town or provider."""
    PUBLIC = 3


_IPV4: Final = (
    ("0.0.0.0", 8, Scope.LOOPBACK),  # noqa: S104 - nothing listens here
    ("127.0.0.0", 8, Scope.LOOPBACK),
    ("169.254.0.0", 16, Scope.LINK),
    ("224.0.0.0", 3, Scope.LINK),
    ("10.0.0.0", 8, Scope.PRIVATE),
    ("100.64.0.0", 10, Scope.PRIVATE),
    ("172.16.0.0", 12, Scope.PRIVATE),
    ("192.0.0.0", 24, Scope.PRIVATE),
    ("192.168.0.0", 16, Scope.PRIVATE),
)
_IPV6: Final = (
    ("::", 127, Scope.LOOPBACK),
    ("fe80::", 10, Scope.LINK),
    ("ff00::", 8, Scope.LINK),
)
_CARRIERS: Final = (
    ("::", 96, 0),
    ("::ffff:0:0", 96, 0),
    ("::ffff:0:0:0", 96, 0),
    ("64:ff9b::", 96, 0),
    ("2002::", 16, 80),
)
"""IPv6 networks whose addresses hold an IPv4 one, and how many bits stand behind it."""
_GLOBAL: Final = ("2000::", 3)
_NUMBER: Final = re.compile(r"0x[0-9a-f]*|0[0-7]*|[1-9][0-9]*", re.ASCII)


def scope_of(host: str) -> Scope | None:
    """Judge an address in any spelling that some system reads as one; None: a name."""
    bare = host.lower().partition("%")[0]
    if ":" in bare:
        try:
            return _scope_of_ipv6(int(ipaddress.IPv6Address(bare)))
        except ValueError:
            return None
    bare = bare.rstrip(".")
    if bare == "localhost" or bare.endswith(".localhost"):
        return Scope.LOOPBACK
    number = _number_of_ipv4(bare)
    return None if number is None else _scope_of_ipv4(number)


def floor_of(host: str) -> Scope:
    """Give how near a place may turn out to be that a person chose: a name none of the machine."""
    scope = scope_of(host)
    return Scope.PRIVATE if scope is None else scope


def within(endpoints: Iterable[Endpoint], floor: Scope) -> tuple[Endpoint, ...]:
    """Leave out what is nearer than `floor`; names stay, and are judged when they are dialled."""
    scopes = ((end, scope_of(end.host)) for end in endpoints)
    return tuple(end for end, scope in scopes if scope is None or scope >= floor)


def _number_of_ipv4(text: str) -> int | None:
    """Read one to four numbers as `inet_aton` does: decimal, octal, hexadecimal, the last long."""
    parts = text.split(".")
    if len(parts) > 4 or not all(map(_NUMBER.fullmatch, parts)):
        return None
    *heads, last = map(_number, parts)
    room = 8 * (4 - len(heads))
    if any(head > 255 for head in heads) or last >= 1 << room:
        return None
    value = 0
    for head in heads:
        value = value << 8 | head
    return value << room | last


def _number(text: str) -> int:
    if text.startswith("0x"):
        return int(text[2:] or "0", 16)
    return int(text, 8 if text.startswith("0") else 10)


def _scope_of_ipv4(address: int) -> Scope:
    for start, bits, scope in _IPV4:
        if address >> (32 - bits) == int(ipaddress.IPv4Address(start)) >> (32 - bits):
            return scope
    return Scope.PUBLIC


def _scope_of_ipv6(address: int) -> Scope:
    for start, bits, scope in _IPV6:
        if _is_in(address, start, bits):
            return scope
    for start, bits, behind in _CARRIERS:
        if _is_in(address, start, bits):
            return _scope_of_ipv4(address >> behind & 0xFFFFFFFF)
    return Scope.PUBLIC if _is_in(address, *_GLOBAL) else Scope.PRIVATE


def _is_in(address: int, start: str, bits: int) -> bool:
    return address >> (128 - bits) == int(ipaddress.IPv6Address(start)) >> (128 - bits)
