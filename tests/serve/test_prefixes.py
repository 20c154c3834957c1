"""Who pays for what comes through a reverse proxy."""

import pytest

from hamseda.errors import ConfigError
from hamseda.serve.config import read_settings
from hamseda.serve.prefixes import Prefixes

PREFIXES = Prefixes(bytes(32), ["127.0.0.1", "::1"])


@pytest.mark.parametrize("address", ["127.0.0.1", "::ffff:127.0.0.1", "::1"])
def test_a_proxy_is_known_in_every_spelling(address: str) -> None:
    """A socket for both kinds of addresses spells IPv4 its own way."""
    assert PREFIXES.is_proxy(address)


@pytest.mark.parametrize("address", ["127.0.0.2", "", "unknown"])
def test_nobody_else_is_a_proxy(address: str) -> None:
    """Its word decides who pays."""
    assert not PREFIXES.is_proxy(address)
    assert not Prefixes(bytes(32)).is_proxy(address)


def test_people_behind_a_proxy_pay_for_themselves() -> None:
    """By the newest header: a client may send some of its own before it."""
    headers = ["198.51.100.1", "192.0.2.3, 203.0.113.9"]
    assert PREFIXES.key_behind("127.0.0.1", headers) == PREFIXES.key_of("203.0.113.77")


@pytest.mark.parametrize("headers", [[], ["unknown"], ["203.0.113.9", "-"]])
def test_who_is_not_named_pays_as_the_proxy(headers: list[str]) -> None:
    """All such people share one ration, which is little."""
    assert PREFIXES.key_behind("127.0.0.1", headers) == PREFIXES.key_of("127.0.0.1")


def test_a_proxy_is_an_address() -> None:
    """A name would be looked up once, and not follow its address."""
    with pytest.raises(ConfigError, match="is no address"):
        read_settings(None, {"trusted_proxy": ("proxy.example",)})
