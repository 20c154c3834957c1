"""Find the home of an invitation and what its link leads to, though the link's address is blocked.

The hash in the link proves the bundle, whoever hands it over; the bundle names the home. So it may
be asked for by every way to the home that is known here, or that a person was given with the link.
"""

from __future__ import annotations

from typing import Protocol

from hamseda.client.homes import EndpointList, HomeDirectory, KnownHome, Use, reachable
from hamseda.client.line import HomeLine
from hamseda.crypto.invitation import invitation_id, open_bundle_untrusted
from hamseda.errors import NetworkError, TrustError, WireError
from hamseda.protocol.invitation import refusal_words
from hamseda.transport.websocket import GET_SECONDS, Web
from hamseda.wire import base64url
from hamseda.wire.descriptor import Endpoint
from hamseda.wire.host import is_loopback
from hamseda.wire.invitation import Bundle
from hamseda.wire.link import InvitationLink

_ONE_OF_MANY_SECONDS = 5.0
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
        bundle = await self._fetch(link, await self._places(link, given))
        return bundle, await self._learn(bundle, link, given)

    async def is_burnt(self, home_id: str, invitation: bytes) -> bool:
        """Ask a known home whether the invitation of this id was used; False where nobody says."""
        try:
            line = await self._opener.line_to(home_id)
            place = (await self._directory.get(home_id)).endpoints[line.endpoint]
            status, body = await self._ask(place, invitation, _ONE_OF_MANY_SECONDS)
        except NetworkError:
            return False
        return status == 410 and body.strip() in (b"used", b"cancelled")

    async def _ask(self, place: Endpoint, id: bytes, patience: float) -> tuple[int, bytes]:
        url = place.url("http", f"/i/{base64url.encode(id)}")
        return await self._web.get(url, tls_name=place.tls_name, patience=patience)

    async def _places(
        self, link: InvitationLink, given: EndpointList | None
    ) -> tuple[Endpoint, ...]:
        """List where a link's bundle may be asked for, the likeliest first.

        Of a home that is known here, the way by which its line goes now: the ladder found it. The
        hash in the link proves the bundle, whoever hands it over.
        """
        own = Endpoint(link.scheme, link.host.strip("[]"), link.port, "", link.door, web=True)
        if given is not None:
            self._directory.take_list(given)
        known = await self._home_behind(link.door)
        if known is None:
            listed = () if given is None else reachable(given.descriptor.endpoints)
            return tuple(dict.fromkeys((*listed, own)))
        try:
            line = await self._opener.line_to(known.home_id)
        except NetworkError:
            # It may have moved to where the link leads, and nobody here knows yet.
            return (own,)
        ends = (await self._directory.get(known.home_id)).endpoints
        return tuple(dict.fromkeys((ends[line.endpoint], own, *ends)))

    async def _home_behind(self, door: str) -> KnownHome | None:
        for name in self._directory.known_ids():
            known = await self._directory.get(name)
            if any(end.door == door for end in known.endpoints):
                return known
        return None

    async def _fetch(self, link: InvitationLink, places: tuple[Endpoint, ...]) -> Bundle:
        patience = _ONE_OF_MANY_SECONDS if len(places) > 1 else GET_SECONDS
        silent: NetworkError | None = None
        altered: TrustError | None = None
        for place in places:
            # One address that somebody blocked or took over must not hide the others.
            try:
                return await self._fetch_at(link, place, patience)
            except NetworkError as error:
                silent = silent or error
            except TrustError as error:
                altered = altered or error
        if altered is not None or silent is None:
            raise altered or _altered()
        raise NetworkError(str(silent), failure=silent.failure, next=_ASK_FOR_WAYS)

    async def _fetch_at(self, link: InvitationLink, place: Endpoint, patience: float) -> Bundle:
        status, body = await self._ask(place, invitation_id(link.hash), patience)
        if status == 410:
            raise refusal_words(body.decode("ascii", "replace").strip())
        if status != 200:
            raise _altered()
        try:
            return Bundle.parse_untrusted(open_bundle_untrusted(link.hash, body))
        except WireError:
            raise _altered() from None

    async def _learn(
        self, bundle: Bundle, link: InvitationLink, given: EndpointList | None
    ) -> KnownHome:
        """Give the home that an authentic bundle names, asking it for its keys if it is new."""
        try:
            named = self._directory.judge_list_untrusted(bundle.home)
        except WireError:
            raise _altered() from None
        ends = reachable(named.descriptor.endpoints)
        if is_loopback(ends[0].host) and not is_loopback(link.host.strip("[]")):
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
