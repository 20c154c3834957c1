"""Find the home of an invitation and what its link leads to, though the link's address is blocked.

The hash in the link proves the bundle, whoever hands it over; the bundle names the home. So it may
be asked for by every way to the home that is known here, or that a person was given with the link.
"""

from __future__ import annotations

from typing import Protocol

from hamseda.client.homes import (
    EndpointList,
    HomeDirectory,
    KnownHome,
    Use,
    by_any_way,
)
from hamseda.client.line import HomeLine
from hamseda.client.replies import too_new
from hamseda.crypto.invitation import invitation_id, open_bundle_untrusted
from hamseda.errors import NetworkError, NewerReleaseError, TrustError, WireError
from hamseda.protocol.invitation import refusal_words
from hamseda.transport.dialling import Reach
from hamseda.transport.web_failures import portal
from hamseda.transport.websocket import GET_SECONDS, Web
from hamseda.wire import base64url
from hamseda.wire.descriptor import Endpoint
from hamseda.wire.invitation import Bundle
from hamseda.wire.link import InvitationLink
from hamseda.wire.scope import Scope, floor_of, scope_of, within

_ASK_FOR_WAYS = (
    "try another network; or ask the sender for a list of ways to the home as well, and give both:"
    " hamseda accept LINK --name NAME --endpoints LIST"
)


class LineOpener(Protocol):
    """Give an open line to a home."""

    async def line_to(self, home_id: str) -> HomeLine:
        """Wait for the line; raise `NetworkError` when it does not open."""
        ...


class Meeting:
    """Be how one client meets the homes that invitations name."""

    def __init__(self, web: Web, directory: HomeDirectory, opener: LineOpener) -> None:
        self._web = web
        self._directory = directory
        self._opener = opener

    async def meet(
        self, link: InvitationLink, given: EndpointList | None
    ) -> tuple[Bundle, KnownHome]:
        """Fetch what a link leads to, and learn its home; `given` is a list that came with it.

        Raises `RefusedError` when it was used or is too old, `TrustError` when it was altered,
        `NetworkError` when no way is left.
        """
        if given is not None:
            self._directory.take_list(given)
        known = await self._home_behind(link.door)
        places = await self._places(link, known, given)
        try:
            bundle, met = await by_any_way(
                tuple(places),
                lambda place, patience: self._fetch_at(link, place, places[place], patience),
            )
        except NetworkError as error:
            is_told = error.failure == "http_not_a_home"
            if is_told or known is not None or given is not None:
                raise
            raise NetworkError(str(error), failure=error.failure, next=_ASK_FOR_WAYS) from None
        return bundle, await self._learn(bundle, met, given)

    async def is_burnt(self, home_id: str, invitation: bytes) -> bool:
        """Ask a known home whether the invitation of this id was used; False where nobody says."""
        try:
            place = (await self._opener.line_to(home_id)).end
            if place is None:
                return False
            reach = Reach((await self._directory.get(home_id)).met)
            status, body = await self._ask(place, invitation, reach, GET_SECONDS)
        except NetworkError:
            return False
        return status == 410 and body.strip() in (b"used", b"cancelled")

    async def _ask(
        self, place: Endpoint, id: bytes, reach: Reach, patience: float
    ) -> tuple[int, bytes]:
        url = place.url("http", f"/i/{base64url.encode(id)}")
        return await self._web.get(url, reach=reach, tls_name=place.tls_name, patience=patience)

    async def _places(
        self, link: InvitationLink, known: KnownHome | None, given: EndpointList | None
    ) -> dict[Endpoint, Scope]:
        """List where a link's bundle may be asked for, the likeliest first, and how near that is.

        Of a home that is known here, the way by which its line goes now: the ladder found it. The
        place in the link is one that the person chose.
        """
        chosen = {link.endpoint: floor_of(link.endpoint.host)}
        if known is None:
            listed = () if given is None else given.descriptor.endpoints
            scope = scope_of(link.endpoint.host)
            floor = Scope.PUBLIC if scope is None else scope
            return dict.fromkeys(within(listed, floor), floor) | chosen
        try:
            here = (await self._opener.line_to(known.home_id)).end
        except NetworkError:
            # It may have moved to where the link leads, and nobody here knows yet.
            return chosen
        now = await self._directory.get(known.home_id)
        first = () if here is None else (here,)
        places = dict.fromkeys((*first, link.endpoint, *now.endpoints), now.met)
        return places | {link.endpoint: min(now.met, chosen[link.endpoint])}

    async def _home_behind(self, door: str) -> KnownHome | None:
        for name in self._directory.known_ids():
            known = await self._directory.get(name)
            if any(end.door == door for end in known.endpoints):
                return known
        return None

    async def _fetch_at(
        self, link: InvitationLink, place: Endpoint, floor: Scope, patience: float
    ) -> tuple[Bundle, Scope]:
        reach = Reach(floor)
        status, body = await self._ask(place, invitation_id(link.hash), reach, patience)
        if status == 410:
            raise refusal_words(body.decode("ascii", "replace").strip())
        if status != 200:
            raise portal(status) or _altered()
        try:
            bundle = Bundle.parse_untrusted(open_bundle_untrusted(link.hash, body))
        except NewerReleaseError as error:
            raise too_new(error) from None
        except WireError:
            raise _altered() from None
        return bundle, reach.met_at(place.host)

    async def _learn(self, bundle: Bundle, met: Scope, given: EndpointList | None) -> KnownHome:
        """Give the home that an authentic bundle names, asking it for its keys if it is new."""
        try:
            named = self._directory.judge_list_untrusted(bundle.home)
        except NewerReleaseError as error:
            raise too_new(error) from None
        except WireError:
            raise _altered() from None
        if named.use is not Use.STRANGE:
            self._directory.take_list(named)
            return await self._directory.met(named.home_id, met)
        ends = within(named.descriptor.endpoints, met)
        if not ends:
            raise _altered()
        if given is not None and given.home_id == named.home_id:
            ends = tuple(dict.fromkeys((*within(given.descriptor.endpoints, met), *ends)))
        version = named.descriptor.version
        return await self._directory.learn_from(named.home_id, ends, met, version)


def _altered() -> TrustError:
    return TrustError(
        "this link is incomplete or was changed", next="ask for it again, sent another way"
    )
