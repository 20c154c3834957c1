"""Serve the web client, built by `make`, from memory and under the door only.

The page is code from the network: whoever runs this home, or breaks its TLS, can change it (see
spec/threat-model.md). What a home can do is to allow nothing else: no inline script, no other
host than the ways to this home, and no script or style whose bytes differ from those that were
there when it started (spec/page.md).
"""

import gzip
import hashlib
import mimetypes
import re
from base64 import b64encode
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from hamseda.errors import ConfigError
from hamseda.serve import pages
from hamseda.wire.descriptor import Endpoint

INDEX: Final = "index.html"
ASSETS: Final = "assets/"
KEEPER: Final = "sw.js"
"""The service worker: it keeps the files for a visit without this home."""
MANIFEST: Final = "manifest.webmanifest"
SINGLE_FILE: Final = "hamseda.html"
"""The whole page in one file, to keep on a disk."""
CURE: Final = b"""addEventListener("install", () => skipWaiting());
addEventListener("activate", (event) => event.waitUntil(leave()));
async function leave() {
  await registration.unregister();
  for (const name of await caches.keys()) await caches.delete(name);
  for (const open of await clients.matchAll({ type: "window" })) {
    await open.navigate(open.url).catch(() => undefined);
  }
}
"""
"""Takes the place of a service worker that this home never gave out, and goes.

A changed page may have left one, under any name; nothing else would ever remove it. What it kept
goes too: the page's own worker may serve what it finds there.
"""
FILES_MOST: Final = 64
FILE_BYTES_MOST: Final = 4 * 1024 * 1024

_REFERENCE: Final = re.compile(r'\b(?P<attribute>src|href)="\./(?P<name>[^"]+)"')
_BUILD: Final = re.compile(r'<meta name="build" content="([0-9a-f]{64})"')
_REACH: Final = "@reach@"
"""Stands in the page and its service worker for the id of the policy of the moment."""
_PACKED: Final = ("text/", "application/javascript", "image/svg", "application/manifest")

_HEADERS: Final[Mapping[str, str]] = {
    **pages.PRIVATE_HEADERS,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(self)",
    "X-Frame-Options": "DENY",
}


def cure_headers(door: str) -> Mapping[str, str]:
    """Let the cure reach as far as any worker below the door can: browsers refuse it otherwise."""
    return {**pages.PRIVATE_HEADERS, "Service-Worker-Allowed": f"/{door}"}


def policy(endpoints: Iterable[Endpoint]) -> str:
    """Write the Content-Security-Policy of a page whose home has these endpoints.

    'self' covers the home's own line: a WebSocket of the same host and port.
    """
    others = "".join(f" {source}" for each in endpoints for source in _sources(each))
    return (
        f"default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'{others};"
        " img-src 'self' data:; font-src 'self'; media-src 'self' blob:; worker-src 'self';"
        " manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )


def _sources(endpoint: Endpoint) -> tuple[str, ...]:
    # A policy has no form for an IPv6 address; a browser has none for another TLS name.
    if not endpoint.web or ":" in endpoint.host or endpoint.tls_name not in {"", endpoint.host}:
        return ()
    place = f"{endpoint.host}:{endpoint.port}"
    return (
        f"{endpoint.scheme}://{place}",
        f"{'wss' if endpoint.scheme == 'https' else 'ws'}://{place}",
    )


def _cache(name: str) -> str:
    if name in {INDEX, KEEPER, SINGLE_FILE}:
        # Asked for anew each time; what the page names never changes.
        return "no-cache"
    if name.startswith(ASSETS):
        return "private, max-age=31536000, immutable"
    # No hash in its name: a day, so that a visit costs no request for the icon.
    return "private, max-age=86400"


@dataclass(frozen=True, slots=True)
class PageFile:
    """Be one file as it is sent."""

    kind: str
    body: bytes = field(repr=False)
    packed: bytes | None = field(repr=False)
    """The same under gzip, where that is worth it: nothing secret is in these files."""
    headers: Mapping[str, str] = field(repr=False)


class Page:
    """Hold the files of a built page, ready to send under the policy of the moment."""

    def __init__(self, door: str, markup: str, bodies: Mapping[str, bytes]) -> None:
        self._door = door
        self._fixed = {
            name: (body, _packed(name, body)) for name, body in bodies.items() if name != KEEPER
        }
        self._templates = {INDEX: markup.encode()}
        if KEEPER in bodies:
            self._templates[KEEPER] = bodies[KEEPER]
        self._files: Mapping[str, PageFile] = {}
        build = _BUILD.search(markup)
        self.build: Final = None if build is None else bytes.fromhex(build[1])
        """The id of this build; the page knows its own."""
        single = bodies.get(SINGLE_FILE)
        self.single_file_hash: Final = (
            None if single is None else hashlib.sha256(single).hexdigest()
        )

    def file(self, path: str) -> PageFile | None:
        """Give the file under a path below the door; the empty path is the page itself."""
        return self._files.get(path or INDEX)

    def allow(self, endpoints: Iterable[Endpoint]) -> None:
        """Let the page talk to these ways to its home; before that there is no file of it.

        Short: what is large was packed when the page was read, before there were calls to delay.
        """
        allowed = policy(endpoints)
        reach = hashlib.sha256(allowed.encode()).hexdigest()[:16]
        bodies = dict(self._fixed)
        for name, template in self._templates.items():
            body = template.replace(_REACH.encode(), reach.encode())
            bodies[name] = (body, _packed(name, body))
        self._files = {
            name: PageFile(_content_type(name), body, packed, _headers(name, self._door, allowed))
            for name, (body, packed) in bodies.items()
        }


def load_page(folder: Path, door: str) -> Page:
    """Read a built page; `ConfigError` when the folder does not hold one."""
    index = folder / INDEX
    if not index.is_file():
        raise ConfigError(
            f"there is no built page in {folder}", next="run `make dev`, or leave `page` empty"
        )
    bodies = _bodies(folder)
    markup = _with_integrity(index.read_text(encoding="utf-8"), bodies, f"/{door}/")
    if MANIFEST in bodies:
        # The page lives at the door without a slash, which no relative name can say.
        bodies[MANIFEST] = bodies[MANIFEST].replace(b'"./"', f'"/{door}"'.encode())
    return Page(door, markup, bodies)


def built_page() -> Path | None:
    """Give the folder of the page that came with this release or this checkout, if there is one."""
    here = Path(__file__).resolve()
    for folder in (here.parents[1] / "page", here.parents[3] / "web" / "dist"):
        if (folder / INDEX).is_file():
            return folder
    return None


def _bodies(folder: Path) -> dict[str, bytes]:
    found: dict[str, bytes] = {}
    for path in sorted(folder.rglob("*")):
        if not path.is_file() or path.name == INDEX:
            continue
        if len(found) == FILES_MOST or path.stat().st_size > FILE_BYTES_MOST:
            raise ConfigError(f"{folder} holds more than a page", next="build it with `make dev`")
        found[path.relative_to(folder).as_posix()] = path.read_bytes()
    return found


def _with_integrity(markup: str, bodies: Mapping[str, bytes], base: str) -> str:
    """Name files by their absolute place, scripts and styles by their hash as well (W3C SRI).

    The page lives at the door with and without a slash behind it, so no name may be relative.
    """

    def absolute(match: re.Match[str]) -> str:
        name, attribute = match["name"], match["attribute"]
        body = bodies.get(name)
        if body is None:
            raise ConfigError(f"the page names {name}, which is missing", next="build it again")
        reference = f'{attribute}="{base}{name}"'
        if not name.endswith((".js", ".css")):
            return reference
        digest = b64encode(hashlib.sha384(body).digest()).decode()
        return f'{reference} integrity="sha384-{digest}"'

    return _REFERENCE.sub(absolute, markup)


def _headers(name: str, door: str, allowed: str) -> Mapping[str, str]:
    headers = {**_HEADERS, "Content-Security-Policy": allowed, "Cache-Control": _cache(name)}
    if name == KEEPER:
        headers["Service-Worker-Allowed"] = f"/{door}"
    if name == SINGLE_FILE:
        headers["Content-Disposition"] = f'attachment; filename="{SINGLE_FILE}"'
    return headers


def _content_type(name: str) -> str:
    kind = _kind(name)
    return f"{kind}; charset=utf-8" if kind.startswith("text/") else kind


def _kind(name: str) -> str:
    if name == MANIFEST:
        return "application/manifest+json"
    if name.endswith(".js"):
        return "text/javascript"
    return mimetypes.guess_type(name)[0] or "application/octet-stream"


def _packed(name: str, body: bytes) -> bytes | None:
    if not _kind(name).startswith(_PACKED):
        return None
    packed = gzip.compress(body, mtime=0)
    return packed if len(packed) < len(body) else None
