"""A home's descriptor: signed, versioned, and true."""

from pathlib import Path

import pytest

from hamseda.crypto.home_identity import verify_home_document_untrusted
from hamseda.errors import ConfigError
from hamseda.serve.config import Settings
from hamseda.serve.identity import DESCRIPTOR_NAME, YEAR, endpoints, establish
from hamseda.serve.keys import load_or_create
from hamseda.wire.link import parse_link

NOW = 1_800_000_000
DOOR = "a-door-of-a-home"


def test_document_passes_a_clients_checks(tmp_path: Path) -> None:
    """The first thing that everybody does with a home is to check it."""
    keys = load_or_create(tmp_path)
    ways = endpoints(Settings(public=("https://home.example",)), [8080], keys.door)
    home = establish(tmp_path, keys, ways, NOW)
    verified = verify_home_document_untrusted(home.document, home.home_id)
    assert verified.descriptor.endpoints == ways
    assert (verified.descriptor.version, verified.descriptor.expiry) == (NOW, NOW + YEAR)
    assert parse_link(str(home.link)) == home.link


def test_version_grows_only_with_what_it_says(tmp_path: Path) -> None:
    """An older version never replaces a newer one, so a change must be a newer one.

    Also after the file was lost: contacts would ignore a new address under an old number.
    """
    keys = load_or_create(tmp_path)
    one = endpoints(Settings(public=("https://home.example",)), [1], keys.door)
    two = endpoints(
        Settings(public=("https://home.example", "https://b.example:1")), [1], keys.door
    )
    assert establish(tmp_path, keys, one, NOW).is_new
    assert not establish(tmp_path, keys, one, NOW + 1000).is_new
    changed = establish(tmp_path, keys, two, NOW + 1000)
    verified = verify_home_document_untrusted(changed.document, changed.home_id)
    assert verified.descriptor.version == NOW + 1000
    again = establish(tmp_path, keys, one, NOW)
    assert verify_home_document_untrusted(again.document, again.home_id).descriptor.version == (
        NOW + 1001
    )
    (tmp_path / DESCRIPTOR_NAME).unlink()
    late = establish(tmp_path, keys, two, NOW + YEAR)
    version = verify_home_document_untrusted(late.document, late.home_id).descriptor.version
    assert version == NOW + YEAR


def test_descriptor_of_other_keys_is_not_taken_over(tmp_path: Path) -> None:
    """A file from another home's backup must not be shown as this home's."""
    keys = load_or_create(tmp_path)
    ways = endpoints(Settings(), [8080], keys.door)
    establish(tmp_path, keys, ways, NOW)
    other = tmp_path / "other"
    other.mkdir()
    other_keys = load_or_create(other)
    (other / DESCRIPTOR_NAME).write_bytes((tmp_path / DESCRIPTOR_NAME).read_bytes())
    assert establish(other, other_keys, endpoints(Settings(), [1], other_keys.door), NOW).is_new


@pytest.mark.parametrize(
    ("settings", "link"),
    [
        (Settings(), "http://localhost:8080"),
        (Settings(host="127.0.0.1"), "http://127.0.0.1:8080"),
        (Settings(host="::1"), "http://[::1]:8080"),
        (Settings(host="0.0.0.0", tls=("self-signed",)), "https://localhost:8080"),
        (Settings(host="203.0.113.7", tls=("self-signed",)), "https://203.0.113.7:8080"),
        (Settings(host="0.0.0.0", public=("https://home.example",)), "https://home.example"),
        (Settings(public=("https://[2001:db8::7]:8443",)), "https://[2001:db8::7]:8443"),
    ],
)
def test_link_says_where_the_home_is(tmp_path: Path, settings: Settings, link: str) -> None:
    """The printed link is what people pass on."""
    keys = load_or_create(tmp_path)
    home = establish(tmp_path, keys, endpoints(settings, [8080], keys.door), NOW)
    assert str(home.link) == f"{link}/{keys.door}#h={home.home_id}"


@pytest.mark.parametrize(
    "settings",
    [
        Settings(host="0.0.0.0"),
        Settings(host="203.0.113.7"),
        Settings(public=("http://home.example",)),
        Settings(public=("https://home.example/path",)),
        Settings(public=("home.example",)),
        Settings(public=("https://home.example:99999",)),
        Settings(public=("ftp://home.example",)),
        Settings(public=("https://",)),
        Settings(public=("https://hö.example",)),
        Settings(public=("https://user@home.example",)),
    ],
)
def test_addresses_that_no_client_would_take_are_refused(settings: Settings) -> None:
    """A home that prints a link nobody can use must say so at the start."""
    with pytest.raises(ConfigError):
        endpoints(settings, [8080], DOOR)
