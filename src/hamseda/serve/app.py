"""Answer HTTP as a home: what lies behind its door."""

from typing import Final

from aiohttp import web

from hamseda.errors import HamsedaError, WireError
from hamseda.mailbox.bundles import BundleState
from hamseda.protocol.quota import Payer
from hamseda.serve import pages
from hamseda.serve.channel import Upgraded
from hamseda.serve.home import Home, unix_now
from hamseda.serve.line_connection import LineConnection
from hamseda.serve.page import CURE, KEEPER, cure_headers
from hamseda.serve.site import Site
from hamseda.serve.unfinished import Slot
from hamseda.serve.visits import Doorway, is_upgrade, opened, private
from hamseda.wire import base64url
from hamseda.wire.host import is_loopback

GONE: Final = {
    BundleState.USED: b"used",
    BundleState.EXPIRED: b"expired",
    BundleState.CANCELLED: b"cancelled",
}


class App(Doorway):
    """Route requests of one home."""

    def __init__(self, home: Home, site: Site) -> None:
        seconds = home.settings.handshake_seconds
        super().__init__(home.keys.door, site, home.prefixes, seconds, home.log)
        self._home = home

    async def _behind_the_door(
        self, request: web.BaseRequest, rest: list[str]
    ) -> web.StreamResponse | None:
        if request.headers.get("Service-Worker") == "script" and rest != [KEEPER]:
            return private(CURE, "text/javascript", headers=cure_headers(self._home.keys.door))
        match rest:
            case [] | [""] if self._home.page is None:
                return private(pages.DOOR_PAGE, pages.HTML, headers=pages.DOOR_HEADERS)
            case ["home"]:
                return opened(self._home.identity.document)
            case ["i", text]:
                return await self._invitation(text)
            case ["line"] if is_upgrade(request):
                return await self._line(request)
            case _:
                return self._page_file(request, "/".join(rest))

    def _page_file(self, request: web.BaseRequest, path: str) -> web.StreamResponse | None:
        page = self._home.page
        file = None if page is None else page.file(path)
        if file is None:
            return None
        if file.packed is None or "gzip" not in request.headers.get("Accept-Encoding", ""):
            return private(file.body, file.kind, headers=file.headers)
        response = private(file.packed, file.kind, headers=file.headers)
        response.headers["Content-Encoding"] = "gzip"
        return response

    async def _invitation(self, text: str) -> web.StreamResponse | None:
        try:
            bundle_id = base64url.decode_untrusted(text)
        except WireError:
            return None
        try:
            bundle = await self._home.store.get_bundle(bundle_id, unix_now())
        except HamsedaError:
            return opened(b"", "text/plain", 503)
        if bundle.state == BundleState.OPEN and bundle.blob is not None:
            return opened(bundle.blob)
        gone = GONE.get(bundle.state)
        if gone is None:
            return None
        return opened(gone, "text/plain", 410)

    async def _line(self, request: web.BaseRequest) -> web.StreamResponse:
        upgraded = await self._upgrade(request)
        await self.make_line(upgraded).run()
        return upgraded.ws

    def _payer(self, request: web.BaseRequest, slot: Slot) -> Payer:
        """Let a front's people pay, and not the front's address."""
        proof = request.headers.get("Authorization", "")
        person = self._home.fronts.payer(proof, unix_now()) if proof else None
        return person or super()._payer(request, slot)

    def make_line(self, upgraded: Upgraded) -> LineConnection:
        """Return the line that a WebSocket will carry."""
        return LineConnection(self._home, upgraded)

    def _redirect(self, request: web.BaseRequest) -> web.StreamResponse | None:
        # The door is a secret: a proxy on this machine would otherwise hand it to everybody.
        settings = self._home.settings
        if settings.public or not is_loopback(settings.host) or not self._is_at_home(request):
            return None
        identity = self._home.identity
        location = f"/{self._home.keys.door}#h={identity.home_id}"
        response = private(b"", "text/plain", status=302)
        response.headers["Location"] = location
        return response
