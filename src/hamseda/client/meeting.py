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
    reachable,
)
from hamseda.client.line import HomeLine
from hamseda.client.replies import too_new
from hamseda.crypto.invitation import invitation_id, open_bundle_untrusted
from hamseda.errors import NetworkError, NewerReleaseError, TrustError, WireError
from hamseda.protocol.invitation import refusal_words
from hamseda.transport.web_failures import portal
from hamseda.transport.websocket import GET_SECONDS, Web
from hamseda.wire import base64url
from hamseda.wire.descriptor import Endpoint
from hamseda.wire.host import is_loopback
from hamseda.wire.invitation import Bundle
from hamseda.wire.link import InvitationLink

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
        try:
            bundle = await by_any_way(
                await self._places(link, known, given),
                lambda place, patience: self._fetch_at(link, place, patience),
            )
        except NetworkError as error:
            is_told = error.failure == "http_not_a_home"
            if is_told or known is not None or given is not None:
                raise
            raise NetworkError(str(error), failure=error.failure, next=_ASK_FOR_WAYS) from None
        return bundle, await self._learn(bundle, link, given)

    async def is_burnt(self, home_id: str, invitation: bytes) -> bool:
        """Ask a known home whether the invitation of this id was used; False where nobody says."""
        try:
            place = (await self._opener.line_to(home_id)).end
            if place is None:
                return False
            status, body = await self._ask(place, invitation, GET_SECONDS)
        except NetworkError:
            return False
        return status == 410 and body.strip() in (b"used", b"cancelled")

    async def _ask(self, place: Endpoint, id: bytes, patience: float) -> tuple[int, bytes]:
        url = place.url("http", f"/i/{base64url.encode(id)}")
        return await self._web.get(url, tls_name=place.tls_name, patience=patience)

    async def _places(
        self, link: InvitationLink, known: KnownHome | None, given: EndpointList | None
    ) -> tuple[Endpoint, ...]:
        """List where a link's bundle may be asked for, the likeliest first.

        Of a home that is known here, the way by which its line goes now: the ladder found it.
        """
        if known is None:
            listed = () if given is None else reachable(given.descriptor.endpoints)
            return tuple(dict.fromkeys((*listed, link.endpoint)))
        try:
            here = (await self._opener.line_to(known.home_id)).end
        except NetworkError:
            # It may have moved to where the link leads, and nobody here knows yet.
            return (link.endpoint,)
        ends = (await self._directory.get(known.home_id)).endpoints
        first = () if here is None else (here,)
        return tuple(dict.fromkeys((*first, link.endpoint, *ends)))

    async def _home_behind(self, door: str) -> KnownHome | None:
        for name in self._directory.known_ids():
            known = await self._directory.get(name)
            if any(end.door == door for end in known.endpoints):
                return known
        return None

    async def _fetch_at(self, link: InvitationLink, place: Endpoint, patience: float) -> Bundle:
        status, body = await self._ask(place, invitation_id(link.hash), patience)
        if status == 410:
            raise refusal_words(body.decode("ascii", "replace").strip())
        if status != 200:
            raise portal(status) or _altered()
        try:
            return Bundle.parse_untrusted(open_bundle_untrusted(link.hash, body))
        except NewerReleaseError as error:
            raise too_new(error) from None
        except WireError:
            raise _altered() from None

    async def _learn(
        self, bundle: Bundle, link: InvitationLink, given: EndpointList | None
    ) -> KnownHome:
        """Give the home that an authentic bundle names, asking it for its keys if it is new."""
        try:
            named = self._directory.judge_list_untrusted(bundle.home)
        except NewerReleaseError as error:
            raise too_new(error) from None
        except WireError:
            raise _altered() from None
        ends = reachable(named.descriptor.endpoints)
        if is_loopback(ends[0].host) and not is_loopback(link.endpoint.host):
            raise _altered()
        if named.use is not Use.STRANGE:
            self._directory.take_list(named)
            return await self._directory.get(named.home_id)
        if given is not None and given.home_id == named.home_id:
            ends = tuple(dict.fromkeys((*reachable(given.descriptor.endpoints), *ends)))
        return await self._directory.learn_from(named.home_id, ends)


def _altered() -> TrustError:
    return TrustError(
        "this link is incomplete or was changed", next="ask for it again, sent another way"
    )
