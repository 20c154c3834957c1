"""Find a home, check that it is the right one, and remember it with its newest endpoints.

A home's document is signed by its identity (spec/invitation.md §1): first contact over TLS alone
would make an interceptor the home for good. The signature is also what lets a newer list of
endpoints come by anybody's hands (spec/lists.md).
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from enum import Enum
from typing import TypeVar

from hamseda.client.profile import Kind, Profile
from hamseda.client.replies import too_new
from hamseda.crypto.home_identity import (
    VerifiedHome,
    home_id,
    line_key_hash,
    verify_home_document_untrusted,
    verify_signed_descriptor_untrusted,
)
from hamseda.errors import NetworkError, NewerReleaseError, TrustError, UsageError, WireError
from hamseda.transport.dialling import Reach
from hamseda.transport.web_failures import not_a_home, unreachable
from hamseda.transport.websocket import GET_SECONDS, Web
from hamseda.wire.descriptor import Descriptor, Endpoint, HomeDocument
from hamseda.wire.link import HomeLink, InvitationLink, LocalHome, parse_link
from hamseda.wire.scope import Scope, floor_of, scope_of, within

T = TypeVar("T")

_PATIENCES = (3.0, GET_SECONDS)
"""Seconds for each of several endpoints: quickly round them first, then patiently."""
_WRONG_HOME = "this is not the home that the link names: somebody answers in its place"
_OLD_HOME = "what answers describes the home as it was once: somebody may answer in its place"


@dataclass(frozen=True, slots=True)
class KnownHome:
    """Be one home as this profile knows it."""

    home_id: str
    line_key: bytes = field(repr=False)
    endpoints: tuple[Endpoint, ...] = field(repr=False)
    version: int
    expiry: int
    """Unix seconds, by the home's clock."""
    signed: bytes = field(repr=False)
    """The signed descriptor as it came: it goes into invitations, and to contacts."""
    document_version: int
    """Less than `version` while the line key of the newest list is not known yet."""
    met: Scope
    """The nearest place by which the person met it: no list leads nearer (spec/endpoints.md §7)."""

    @property
    def line_urls(self) -> tuple[str, ...]:
        """List where its line may be opened, in the order of trying."""
        return tuple(end.url("ws", "/line") for end in self.endpoints)


class Use(Enum):
    """Say of what use a list of endpoints is to this profile."""

    NEWER = "newer"
    NOT_NEWER = "not newer"
    STRANGE = "strange"
    """It is a list of a home that this profile does not know."""
    NEAR = "near"
    """It names nothing but this device and its own network."""


@dataclass(frozen=True, slots=True)
class EndpointList:
    """Be a list whose signature was checked."""

    home_id: str
    descriptor: Descriptor
    signed: bytes = field(repr=False)
    use: Use


class HomeDirectory:
    """Remember homes by id, in the profile."""

    def __init__(self, web: Web, profile: Profile) -> None:
        self._web = web
        self._profile = profile

    async def get(self, home_id: str) -> KnownHome:
        """Look up a known home; `UsageError` when this profile never met it."""
        home = self._stored(home_id)
        if home is None:
            raise UsageError("this profile does not know that home")
        newest = self._newer_list(home_id, home.descriptor.version)
        return _known(home, newest, self._met(home_id, home.descriptor))

    def known_ids(self) -> list[str]:
        """List the homes that this profile knows."""
        return sorted(id.decode() for id, _ in self._profile.items(Kind.HOME))

    def judge_list_untrusted(self, signed: bytes) -> EndpointList:
        """Check a list that came by anybody's hands, or raise `WireError`; nothing is kept."""
        descriptor = verify_signed_descriptor_untrusted(signed, None)
        name = home_id(descriptor.home_key)
        home = self._stored(name)
        if home is None:
            return EndpointList(name, descriptor, signed, Use.STRANGE)
        newest = self._newer_list(name, home.descriptor.version) or (home.descriptor, home.signed)
        is_newer = descriptor.version > newest[0].version
        use = Use.NEWER if is_newer else Use.NOT_NEWER
        if is_newer and not within(descriptor.endpoints, self._met(name, home.descriptor)):
            use = Use.NEAR
        return EndpointList(name, descriptor, signed, use)

    def take_list(self, newer: EndpointList) -> None:
        """Use a newer list from now on (spec/lists.md §1)."""
        home = self._stored(newer.home_id)
        if newer.use is not Use.NEWER or home is None:
            return
        if newer.descriptor.line_key_hash == line_key_hash(home.line_key):
            document = HomeDocument(newer.signed, home.line_key).encode()
            self._keep(newer.home_id, document, newer.descriptor.version)
            return
        # Its endpoints are dialled; the line key comes from there when the old one fails.
        with self._profile.transaction() as change:
            change.put(Kind.LIST, newer.home_id.encode(), newer.signed)

    def take_document_untrusted(self, home_id: str, document: bytes) -> bool:
        """Keep what a home said over its line, where it is newer; `WireError` for what is bad."""
        fresh = verify_home_document_untrusted(document, home_id)
        home = self._stored(home_id)
        if home is not None and (
            fresh.descriptor.version <= home.descriptor.version
            or not within(fresh.descriptor.endpoints, self._met(home_id, home.descriptor))
        ):
            return False
        self._keep(home_id, document, fresh.descriptor.version)
        return True

    async def learn(self, link_text: str) -> KnownHome:
        """Fetch and check the home that a home link names, and remember it."""
        link = parse_home_link(link_text)
        if isinstance(link, LocalHome):
            link = await self._local(link)
        place = link.endpoint
        reach = Reach(floor_of(place.host))
        await self._fetch(place, link.home_id, reach, GET_SECONDS)
        return await self.met(link.home_id, reach.met_at(place.host))

    async def learn_from(
        self, home_id: str, endpoints: tuple[Endpoint, ...], floor: Scope, version: int
    ) -> KnownHome:
        """Fetch a home's document, no older than `version`, where a list says; none too near."""
        await by_any_way(
            endpoints,
            lambda end, patience: self._fetch(end, home_id, Reach(floor), patience, version),
        )
        return await self.met(home_id, floor)

    async def met(self, home_id: str, place: Scope) -> KnownHome:
        """Note that a person met a home at a place: its lists may lead as near, and no nearer."""
        home = self._stored(home_id)
        stored = self._profile.get(Kind.MET, home_id.encode())
        if home is not None and (stored is None or place < stored[0]):
            with self._profile.transaction() as change:
                change.put(Kind.MET, home_id.encode(), bytes([place]))
        return await self.get(home_id)

    def _met(self, home_id: str, descriptor: Descriptor) -> Scope:
        stored = self._profile.get(Kind.MET, home_id.encode())
        if stored is not None:
            return Scope(stored[0])
        # A profile from before this was noted: as far as the home says that it is.
        literal = (scope_of(end.host) for end in descriptor.endpoints)
        return max(Scope.PRIVATE if scope is None else scope for scope in literal)

    async def refresh(self, home_id: str, answered: Endpoint | None = None) -> None:
        """Ask a known home for its newest document, first where something answered just now."""
        known = await self.get(home_id)
        ends = known.endpoints
        if answered in ends:
            ends = (answered, *(end for end in ends if end != answered))
        await self.learn_from(home_id, ends, known.met, 0)

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

    async def _fetch(
        self, end: Endpoint, home_id: str, reach: Reach, patience: float, version: int = 0
    ) -> None:
        url = end.url("http", "/home")
        status, body = await self._web.get(
            url, reach=reach, tls_name=end.tls_name, patience=patience
        )
        if status != 200:
            raise not_a_home(status)
        try:
            verified = verify_home_document_untrusted(body, home_id)
        except NewerReleaseError as error:
            raise too_new(error) from None
        except WireError:
            raise TrustError(_WRONG_HOME, next="ask for the link again, by another way") from None
        if verified.descriptor.version < version:
            raise TrustError(_OLD_HOME, next="ask for the link again, by another way")
        if not within(verified.descriptor.endpoints, reach.floor):
            raise unreachable()
        old = self._stored(home_id)
        if old is None or old.descriptor.version <= verified.descriptor.version:
            self._keep(home_id, body, verified.descriptor.version)

    def _stored(self, home_id: str) -> VerifiedHome | None:
        stored = self._profile.get(Kind.HOME, home_id.encode())
        return None if stored is None else verify_home_document_untrusted(stored, home_id)

    def _newer_list(self, home_id: str, version: int) -> tuple[Descriptor, bytes] | None:
        """Give the list that is kept beside a document because its line key is not known."""
        signed = self._profile.get(Kind.LIST, home_id.encode())
        if signed is None:
            return None
        descriptor = verify_signed_descriptor_untrusted(signed, home_id)
        return (descriptor, signed) if descriptor.version > version else None

    def _keep(self, home_id: str, document: bytes, version: int) -> None:
        """Write down a document that was checked; `version` is that of its descriptor."""
        if document == self._profile.get(Kind.HOME, home_id.encode()):
            return
        with self._profile.transaction() as change:
            change.put(Kind.HOME, home_id.encode(), document)
            if self._newer_list(home_id, version) is None:
                change.delete(Kind.LIST, home_id.encode())


async def by_any_way(
    endpoints: tuple[Endpoint, ...], ask: Callable[[Endpoint, float], Awaitable[T]]
) -> T:
    """Ask at one endpoint after the other, with so many seconds each, until one answers well.

    One that somebody blocked or took over must not hide the others. In the end the first failure
    is raised, of those that say nothing before those that say something else than they should.
    """
    failures: list[NetworkError | TrustError] = []
    for patience in _PATIENCES if len(endpoints) > 1 else _PATIENCES[1:]:
        for end in endpoints:
            try:
                return await ask(end, patience)
            except (NetworkError, TrustError) as error:
                failures.append(error)
    failures.sort(key=lambda failure: isinstance(failure, TrustError))
    raise next(
        iter(failures), NetworkError("this home has no endpoint", failure="host_unreachable")
    )


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


def _known(home: VerifiedHome, newer: tuple[Descriptor, bytes] | None, met: Scope) -> KnownHome:
    descriptor, signed = newer or (home.descriptor, home.signed)
    return KnownHome(
        home_id(descriptor.home_key),
        home.line_key,
        within(descriptor.endpoints, met),
        descriptor.version,
        descriptor.expiry,
        signed,
        home.descriptor.version,
        met,
    )
