"""Find a home, check that it is the right one, and remember it.

A home's document is signed by its identity (spec/invitation.md §1): first contact over TLS alone
would make an interceptor the home for good.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from hamseda.client.profile import Kind, Profile
from hamseda.crypto.home_identity import (
    VerifiedHome,
    home_id,
    verify_home_document_untrusted,
)
from hamseda.errors import NetworkError, TrustError, UsageError, WireError
from hamseda.transport.websocket import Web
from hamseda.wire import base64url
from hamseda.wire.descriptor import Endpoint
from hamseda.wire.host import is_loopback
from hamseda.wire.link import HomeLink, InvitationLink, LocalHome, parse_link

_WRONG_HOME = "this is not the home that the link names: somebody answers in its place"


@dataclass(frozen=True, slots=True)
class KnownHome:
    """Be one home as this profile knows it."""

    home_id: str
    line_key: bytes = field(repr=False)
    endpoints: tuple[Endpoint, ...] = field(repr=False)
    version: int
    signed: bytes = field(repr=False)
    """The signed descriptor as it came: it goes into invitations."""

    @property
    def line_urls(self) -> tuple[str, ...]:
        """List where its line may be opened, in the order of trying."""
        return tuple(_url(end, "ws", "/line") for end in self.endpoints)

    def bundle_url(self, invitation_id: bytes) -> str:
        """Give where an invitation's bundle lies, or what became of it."""
        return _url(self.endpoints[0], "http", f"/i/{base64url.encode(invitation_id)}")


class HomeDirectory:
    """Remember homes by id, in the profile."""

    def __init__(self, web: Web, profile: Profile) -> None:
        self._web = web
        self._profile = profile

    async def get(self, home_id: str) -> KnownHome:
        """Look up a known home; `UsageError` when this profile never met it."""
        stored = self._profile.get(Kind.HOME, home_id.encode())
        if stored is None:
            raise UsageError("this profile does not know that home")
        return _known(verify_home_document_untrusted(stored, home_id))

    async def learn(self, link_text: str) -> KnownHome:
        """Fetch and check the home that a home link names, and remember it."""
        link = parse_home_link(link_text)
        if isinstance(link, LocalHome):
            link = await self._local(link)
        url = f"{link.scheme}://{link.host}:{link.port}/{link.door}/home"
        return await self._fetch(url, link.home_id)

    async def learn_from(self, home_id: str, endpoints: tuple[Endpoint, ...]) -> KnownHome:
        """Fetch the document of a home whose endpoints came in an invitation."""
        failure: NetworkError | TrustError | None = None
        for end in endpoints:
            try:
                return await self._fetch(_url(end, "http", "/home"), home_id)
            except (NetworkError, TrustError) as error:
                # One endpoint that somebody took over must not hide the others.
                failure = failure or error
        raise failure or NetworkError("this home has no endpoint", failure="host_unreachable")

    async def refresh(self, home_id: str) -> None:
        """Ask a known home for its newest document."""
        known = await self.get(home_id)
        await self.learn_from(home_id, known.endpoints)

    def clock_offset(self, home_now: int) -> int:
        """Tell how many seconds the home's clock is ahead of this machine's."""
        return home_now - int(time.time())

    async def _local(self, local: LocalHome) -> HomeLink:
        target = await self._web.location(f"{local.scheme}://{local.host}:{local.port}/")
        if target is not None and target.startswith("/"):
            target = f"{local.scheme}://{local.host}:{local.port}{target}"
        try:
            link = parse_link(target or "")
        except WireError:
            link = None
        if not isinstance(link, HomeLink):
            raise NetworkError(
                "no home answers there", failure="http_not_a_home", next="start one with `make run`"
            )
        return link

    async def _fetch(self, url: str, home_id: str) -> KnownHome:
        status, body = await self._web.get(url)
        if status != 200:
            raise NetworkError(
                "there is a web server, but no home at this link",
                failure="http_not_a_home",
                next="check the link, or ask for a new one",
            )
        try:
            verified = verify_home_document_untrusted(body, home_id)
        except WireError:
            raise TrustError(_WRONG_HOME, next="ask for the link again, by another way") from None
        stored = self._profile.get(Kind.HOME, home_id.encode())
        if stored is not None:
            old = verify_home_document_untrusted(stored, home_id)
            if old.descriptor.version > verified.descriptor.version:
                return _known(old)
        if stored != body:
            with self._profile.transaction() as change:
                change.put(Kind.HOME, home_id.encode(), body)
        return _known(verified)


def reachable(endpoints: tuple[Endpoint, ...]) -> tuple[Endpoint, ...]:
    """Leave out this machine, unless a home has no other place: it is nobody else's to name."""
    elsewhere = tuple(end for end in endpoints if not is_loopback(end.host))
    return elsewhere or endpoints


def parse_home_link(text: str) -> HomeLink | LocalHome:
    """Read a home link; an invitation or anything else is `UsageError`."""
    try:
        link = parse_link(text)
    except WireError as error:
        raise UsageError(str(error), next="give the link that `hamseda serve` printed") from None
    if isinstance(link, InvitationLink):
        raise UsageError(
            "this is an invitation, not a home", next="accept it with `hamseda accept LINK`"
        )
    return link


def _known(home: VerifiedHome) -> KnownHome:
    return KnownHome(
        home_id(home.descriptor.home_key),
        home.line_key,
        reachable(home.descriptor.endpoints),
        home.descriptor.version,
        home.signed,
    )


def _url(end: Endpoint, family: str, path: str) -> str:
    scheme = family + ("s" if end.scheme == "https" else "")
    host = f"[{end.host}]" if ":" in end.host else end.host
    return f"{scheme}://{host}:{end.port}/{end.door}{path}"
