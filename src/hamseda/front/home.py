"""Reach the one home that a front leads to (spec/front.md §2)."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Final, TypeVar

from hamseda.crypto.front_pass import make_pass
from hamseda.crypto.home_identity import VerifiedHome, verify_home_document_untrusted
from hamseda.crypto.signatures import SigningKey
from hamseda.errors import NetworkError, TrustError, WireError
from hamseda.transport.dialling import Reach
from hamseda.transport.web_failures import not_a_home
from hamseda.transport.websocket import GET_SECONDS, Web, WebSocket
from hamseda.wire import base64url
from hamseda.wire.descriptor import Endpoint
from hamseda.wire.link import HomeLink
from hamseda.wire.scope import floor_of, within

T = TypeVar("T")

FRESH: Final = 2.0
"""Seconds for which a document is passed on without asking again."""
ANSWER: Final = 2.0
REST: Final = 3.0
"""Seconds for TCP, then for TLS and the upgrade: a client waits, and may have other ways."""


class HomeBehind:
    """Ask the home, by its own endpoints only: never by another front, in a circle."""

    def __init__(
        self, web: Web, link: HomeLink, key: SigningKey, unix_now: Callable[[], int]
    ) -> None:
        self._web = web
        self._link = link
        self._key = key
        self._unix_now = unix_now
        self._asking = asyncio.Lock()
        self._document = b""
        self._version = 0
        self._asked = 0.0
        self._first = link.endpoint
        self._floor = floor_of(link.endpoint.host)
        """How near the home may be: as near as the operator's own choice turned out to be."""
        self._ways = [self._first]

    async def learn(self, patience: float = GET_SECONDS) -> None:
        """Fetch and check the home's document, with `patience` seconds for each way to it.

        Raise `NetworkError` or `TrustError`.
        """

        async def ask(way: Endpoint) -> None:
            reach = Reach(self._floor)
            status, body = await self._get(way, "/home", patience, reach)
            if status != 200:
                raise not_a_home(status)
            verified = _verified(body, self._link.home_id)
            if way == self._first and reach.went is not None:
                self._floor = reach.went
            self._take(body, verified)

        await self._by_any_way(ask)

    async def document(self) -> bytes:
        """Give the home's newest document, or the last one that was to be had."""
        now = asyncio.get_running_loop().time()
        async with self._asking:
            if now >= self._asked + FRESH:
                try:
                    async with asyncio.timeout(ANSWER + REST):
                        await self.learn(self._patience())
                except (NetworkError, TrustError, TimeoutError):
                    pass
                self._asked = asyncio.get_running_loop().time()
        return self._document

    async def bundle(self, bundle_id: bytes) -> tuple[int, bytes]:
        """Fetch an invitation: the home's status and answer. Raise `NetworkError`."""
        path = f"/i/{base64url.encode(bundle_id)}"
        patience = self._patience()
        return await self._by_any_way(lambda way: self._get(way, path, patience))

    async def line(self, pseudonym: bytes) -> WebSocket:
        """Open a WebSocket for a line, on behalf of a prefix. Raise `NetworkError`."""

        async def dial(way: Endpoint) -> WebSocket:
            shown = make_pass(
                self._key, self._link.home_id, self._unix_now(), pseudonym, secrets.token_bytes
            )
            return await self._web.connect(
                way.url("ws", "/line"),
                reach=Reach(self._floor),
                answer=ANSWER,
                rest=REST,
                tls_name=way.tls_name,
                headers={"Authorization": f"Bearer {base64url.encode(shown)}"},
            )

        return await self._by_any_way(dial)

    def _patience(self) -> float:
        """Give the seconds for one way: a dead one is found out before a client's time is gone."""
        return ANSWER if len(self._ways) > 1 else ANSWER + REST

    async def _get(
        self, way: Endpoint, path: str, patience: float, reach: Reach | None = None
    ) -> tuple[int, bytes]:
        return await self._web.get(
            way.url("http", path),
            reach=reach or Reach(self._floor),
            tls_name=way.tls_name,
            patience=patience,
        )

    async def _by_any_way(self, ask: Callable[[Endpoint], Awaitable[T]]) -> T:
        """Ask by one way after the other until one works, or raise what the first one said."""
        failures: list[NetworkError | TrustError] = []
        for way in tuple(self._ways):
            try:
                return await ask(way)
            except (NetworkError, TrustError) as error:
                failures.append(error)
                self._try_last(way)
        raise failures[0]

    def _take(self, document: bytes, verified: VerifiedHome) -> None:
        descriptor = verified.descriptor
        if descriptor.version < self._version:
            return
        self._document, self._version = document, descriptor.version
        # A home has one door; what has another one is a front. The operator's own choice stays.
        # Whether a browser can go there as well is nothing to a front.
        own = [
            replace(way, web=True)
            for way in within(descriptor.endpoints, self._floor)
            if way.door == self._link.door
        ]
        wanted = [*own, self._first]
        kept = [way for way in self._ways if way in wanted]
        self._ways = kept + [way for way in wanted if way not in kept]

    def _try_last(self, way: Endpoint) -> None:
        """Begin elsewhere the next time: a client does not wait for two ways that are dead."""
        if way in self._ways:
            self._ways.remove(way)
            self._ways.append(way)


def _verified(body: bytes, home_id: str) -> VerifiedHome:
    try:
        return verify_home_document_untrusted(body, home_id)
    except WireError:
        raise TrustError(
            "this is not the home that the link names: somebody answers in its place",
            next="ask the home's operator for the link",
        ) from None
