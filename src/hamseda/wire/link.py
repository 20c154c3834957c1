"""Read and write the links that people pass on (spec/invitation.md §1 and §2).

A link comes out of a chat, so marks that a phone puts around it are dropped; nothing else is
repaired, because whoever can change a link could change what it leads to.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from hamseda.errors import WireError
from hamseda.wire import base64url
from hamseda.wire.address import ADDRESS, AROUND, Scheme, origin, parse_address_untrusted
from hamseda.wire.descriptor import Endpoint
from hamseda.wire.host import bracketed, check_door_untrusted, is_loopback

LINK_MOST = 512
HASH_BYTES = 32

_LINK = re.compile(ADDRESS + r"(/(?P<door>[A-Za-z0-9_-]*))?(#(?P<fragment>.*))?", re.ASCII)


@dataclass(frozen=True, slots=True)
class LocalHome:
    """Name a home on this machine whose door is still to be asked for."""

    scheme: Scheme
    host: str = field(repr=False)
    """As it stands in an address: IPv6 in brackets."""
    port: int

    def __str__(self) -> str:
        """Return the link's text."""
        return origin(self.scheme, self.host, self.port)


@dataclass(frozen=True, slots=True)
class HomeLink:
    """Name a home by one of its addresses and by its identity."""

    scheme: Scheme
    host: str = field(repr=False)
    """As it stands in an address: IPv6 in brackets."""
    port: int
    door: str = field(repr=False)
    home_id: str = field(repr=False)

    def __str__(self) -> str:
        """Return the link's text."""
        return f"{origin(self.scheme, self.host, self.port)}/{self.door}#h={self.home_id}"

    @property
    def endpoint(self) -> Endpoint:
        """Give the place that the link names."""
        return _endpoint(self)


@dataclass(frozen=True, slots=True)
class InvitationLink:
    """Name an invitation by the hash of its bundle, and a home to fetch it from."""

    scheme: Scheme
    host: str = field(repr=False)
    """As it stands in an address: IPv6 in brackets."""
    port: int
    door: str = field(repr=False)
    hash: bytes = field(repr=False)

    def __str__(self) -> str:
        """Return the link's text: whoever has it can accept the invitation."""
        fragment = base64url.encode(self.hash)
        return f"{origin(self.scheme, self.host, self.port)}/{self.door}#{fragment}"

    @property
    def endpoint(self) -> Endpoint:
        """Give the place that the link names."""
        return _endpoint(self)


def parse_link(text: str) -> HomeLink | InvitationLink | LocalHome:
    """Read a link that a person gave. `WireError` says in words what is wrong with it."""
    text = text.strip(AROUND)
    match = _LINK.fullmatch(text) if len(text) <= LINK_MOST else None
    if match is None:
        raise WireError(
            "this is not a link of hamseda",
            next="copy the whole link, from https:// to its last letter",
        )
    try:
        scheme, bare_host, port = parse_address_untrusted(match["address"])
    except WireError:
        raise _changed() from None
    host = bracketed(bare_host)
    if scheme == "http" and not is_loopback(bare_host):
        raise WireError(
            "this link starts with http://, which is for this machine only",
            next="ask for a link that starts with https://",
        )
    if not match["door"] and match["fragment"] is None:
        if not is_loopback(bare_host):
            raise _changed()
        return LocalHome(scheme, host, port)
    return _with_door_untrusted(
        scheme, host, port, door=match["door"] or "", fragment=match["fragment"] or ""
    )


def _with_door_untrusted(
    scheme: Scheme, host: str, port: int, *, door: str, fragment: str
) -> HomeLink | InvitationLink:
    is_home = fragment.startswith("h=")
    try:
        check_door_untrusted(door)
        digest = base64url.decode_untrusted(fragment.removeprefix("h="))
    except WireError:
        raise _changed() from None
    if len(digest) != HASH_BYTES:
        raise _changed()
    if is_home:
        return HomeLink(scheme, host, port, door, fragment.removeprefix("h="))
    return InvitationLink(scheme, host, port, door, digest)


def _endpoint(link: HomeLink | InvitationLink) -> Endpoint:
    return Endpoint(link.scheme, link.host.strip("[]"), link.port, "", link.door, web=True)


def _changed() -> WireError:
    return WireError(
        "this link is incomplete or was changed", next="ask for it again, sent another way"
    )
