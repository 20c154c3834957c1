"""Read and write the line with which a front asks a home to be admitted (spec/front.md §1)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from hamseda.errors import WireError
from hamseda.wire import base64url
from hamseda.wire.address import ADDRESS, AROUND, origin, parse_address_untrusted
from hamseda.wire.descriptor import Endpoint
from hamseda.wire.host import bracketed, check_door_untrusted, check_host_untrusted, is_loopback

ADMISSION_MOST = 512
KEY_BYTES = 32
_ADMISSION = re.compile(
    ADDRESS + r"/(?P<door>[A-Za-z0-9_-]+)#front=(?P<key>[A-Za-z0-9_-]{43})(?P<web>&web)?"
    r"(&tls=(?P<tls>[A-Za-z0-9.-]+))?",
    re.ASCII,
)


@dataclass(frozen=True, slots=True)
class Admission:
    """Name a front: where it is, and the key by which it shows that it is the one."""

    endpoint: Endpoint
    key: bytes = field(repr=False)

    def __str__(self) -> str:
        """Return the line's text; it holds the front's door."""
        end = self.endpoint
        place = origin(end.scheme, bracketed(end.host), end.port)
        more = ("&web" if end.web else "") + (f"&tls={end.tls_name}" if end.tls_name else "")
        return f"{place}/{end.door}#front={base64url.encode(self.key)}{more}"


def parse_admission_untrusted(text: str) -> Admission:
    """Read the line that a front printed, or raise `WireError`."""
    text = text.strip(AROUND)
    match = _ADMISSION.fullmatch(text) if len(text) <= ADMISSION_MOST else None
    if match is None:
        raise _broken()
    try:
        scheme, host, port = parse_address_untrusted(match["address"])
    except WireError as reason:
        raise _broken(str(reason)) from None
    check_door_untrusted(match["door"])
    if match["tls"]:
        check_host_untrusted(match["tls"])
    if scheme == "http" and not is_loopback(host):
        raise _broken()
    key = base64url.decode_untrusted(match["key"])
    end = Endpoint(scheme, host, port, match["tls"] or "", match["door"], bool(match["web"]))
    return Admission(end, key)


def _broken(said: str = "this is not the line of a front") -> WireError:
    return WireError(said, next="copy the whole line that `hamseda front` printed")
