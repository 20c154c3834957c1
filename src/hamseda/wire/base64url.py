"""Write bytes as base64url (RFC 4648 §5) without padding, and read only that one form."""

from __future__ import annotations

import base64
import re

from hamseda.errors import WireError

_ALPHABET = re.compile(r"[A-Za-z0-9_-]*", re.ASCII)


def encode(data: bytes) -> str:
    """Write bytes as base64url without padding."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def decode_untrusted(text: str) -> bytes:
    """Read base64url. Padding, other characters and loose trailing bits raise `WireError`."""
    if not _ALPHABET.fullmatch(text) or len(text) % 4 == 1:
        raise WireError("this is not base64url")
    data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    if encode(data) != text:
        raise WireError("base64url has bits after its end")
    return data
