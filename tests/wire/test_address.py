"""The address with which every link begins is read in one place, and read strictly."""

from __future__ import annotations

import pytest

from hamseda.errors import WireError
from hamseda.wire.address import origin, parse_address_untrusted
from hamseda.wire.host import bracketed


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("https://Home.Example", ("https", "home.example", 443)),
        ("http://localhost", ("http", "localhost", 80)),
        ("https://192.0.2.7:8443", ("https", "192.0.2.7", 8443)),
        ("https://[2001:DB8::7]:65535", ("https", "2001:db8::7", 65535)),
    ],
)
def test_an_address_has_three_parts(text: str, parts: tuple[str, str, int]) -> None:
    """What is written from them is read as the same again."""
    scheme, host, port = parse_address_untrusted(text)
    assert (scheme, host, port) == parts
    assert parse_address_untrusted(origin(scheme, bracketed(host), port)) == parts


@pytest.mark.parametrize(
    "text", ["https://home.example:65536", "https://[1.2.3.4]", "https://[:::]", "https://-"]
)
def test_what_only_looks_like_an_address_is_refused(text: str) -> None:
    """A link that was cut or changed must not lead anywhere else."""
    with pytest.raises(WireError):
        parse_address_untrusted(text)
