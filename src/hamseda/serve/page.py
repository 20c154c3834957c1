"""Serve the web client, built by `make`, from memory and under the door only.

The page is code from the network: whoever runs this home, or breaks its TLS, can change it (see
spec/threat-model.md). What a home can do is to allow nothing else: no inline script, no other
host, and no script or style whose bytes differ from those that were there when it started.
"""

import gzip
import hashlib
import mimetypes
import re
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from hamseda.errors import ConfigError
from hamseda.serve import pages

INDEX: Final = "index.html"
ASSETS: Final = "assets/"
FILES_MOST: Final = 64
FILE_BYTES_MOST: Final = 4 * 1024 * 1024

_REFERENCE: Final = re.compile(r'\b(?P<attribute>src|href)="\./(?P<name>[^"]+)"')
_PACKED: Final = ("text/", "application/javascript", "image/svg", "application/manifest")

HEADERS: Final[Mapping[str, str]] = {
    **pages.PRIVATE_HEADERS,
    # 'self' covers the line: a WebSocket of the same host and port.
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self';"
        " img-src 'self' data:; font-src 'self'; media-src 'self' blob:; worker-src 'self';"
        " manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(self)",
    "X-Frame-Options": "DENY",
    # The frame of the page is asked for anew each time; what it names never changes.
    "Cache-Control": "no-cache",
}
ASSET_HEADERS: Final[Mapping[str, str]] = {
    **HEADERS,
    "Cache-Control": "private, max-age=31536000, immutable",
}
NAMED_HEADERS: Final[Mapping[str, str]] = {
    **HEADERS,
    # No hash in its name: a day, so that a visit costs no request for the icon.
    "Cache-Control": "private, max-age=86400",
}


@dataclass(frozen=True, slots=True)
class PageFile:
    """Be one file as it is sent."""

    kind: str
    body: bytes = field(repr=False)
    packed: bytes | None = field(repr=False)
    """The same under gzip, where that is worth it: nothing secret is in these files."""
    headers: Mapping[str, str] = field(repr=False)


class Page:
    """Hold the files of a built page, ready to send."""

    def __init__(self, files: Mapping[str, PageFile]) -> None:
        self._files = files

    def file(self, path: str) -> PageFile | None:
        """Give the file under a path below the door; the empty path is the page itself."""
        return self._files.get(path or INDEX)


def load_page(folder: Path, door: str) -> Page:
    """Read a built page; `ConfigError` when the folder does not hold one."""
    index = folder / INDEX
    if not index.is_file():
        raise ConfigError(
            f"there is no built page in {folder}", next="run `make dev`, or leave `page` empty"
        )
    bodies = _bodies(folder)
    markup = _with_integrity(index.read_text(encoding="utf-8"), bodies, f"/{door}/")
    files = {
        name: _file(name, body, ASSET_HEADERS if name.startswith(ASSETS) else NAMED_HEADERS)
        for name, body in bodies.items()
    }
    files[INDEX] = _file(INDEX, markup.encode(), HEADERS)
    return Page(files)


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


def _file(name: str, body: bytes, headers: Mapping[str, str]) -> PageFile:
    kind = "text/javascript" if name.endswith(".js") else mimetypes.guess_type(name)[0]
    kind = kind or "application/octet-stream"
    packed = gzip.compress(body, mtime=0) if kind.startswith(_PACKED) else None
    if packed is not None and len(packed) >= len(body):
        packed = None
    is_text = kind.startswith("text/")
    return PageFile(f"{kind}; charset=utf-8" if is_text else kind, body, packed, headers)
