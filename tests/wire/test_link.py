"""Links are all that two strangers share: each reads as one thing or as nothing."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given

from hamseda.errors import WireError
from hamseda.wire import base64url
from hamseda.wire.link import HomeLink, InvitationLink, LocalHome, parse_link
from tests.wire.examples import LINKS

DOOR = "Ab-_012345"
HASH = bytes(range(32))
TEXT = base64url.encode(HASH)


@given(LINKS)
def test_a_link_reads_back_the_same(link: Any) -> None:
    """What `serve` and `invite` print is what `accept` and `call` take."""
    assert parse_link(str(link)) == link


@pytest.mark.parametrize(
    ("text", "link"),
    [
        (
            f"https://home.example/{DOOR}#h={TEXT}",
            HomeLink("https", "home.example", 443, DOOR, TEXT),
        ),
        (
            f"https://Home.Example:8443/{DOOR}#{TEXT}",
            InvitationLink("https", "home.example", 8443, DOOR, HASH),
        ),
        (
            f"https://[2001:DB8::1]:8443/{DOOR}#{TEXT}",
            InvitationLink("https", "[2001:db8::1]", 8443, DOOR, HASH),
        ),
        (
            f"http://127.0.0.1:8080/{DOOR}#h={TEXT}",
            HomeLink("http", "127.0.0.1", 8080, DOOR, TEXT),
        ),
        ("http://localhost:8080", LocalHome("http", "localhost", 8080)),
        ("http://localhost:8080/", LocalHome("http", "localhost", 8080)),
        ("http://[::1]", LocalHome("http", "[::1]", 80)),
    ],
)
def test_each_form_is_known(text: str, link: object) -> None:
    """The forms of spec/invitation.md §1 and §2."""
    assert parse_link(text) == link


@pytest.mark.parametrize("around", [" {}", "{}\n", "\u200f{}\u200e", "\u2068{}\u2069", "\ufeff{}"])
def test_what_a_chat_puts_around_a_link_is_dropped(around: str) -> None:
    """A right-to-left chat wraps Latin text in marks that nobody can see or delete."""
    link = f"https://home.example/{DOOR}#{TEXT}"
    assert str(parse_link(around.format(link))) == link


@pytest.mark.parametrize(
    "text",
    [
        f"https://home.example/{DOOR}#{TEXT[:-1]}",
        f"https://home.example/{DOOR}#{TEXT}A",
        f"https://home.example/{DOOR}#{TEXT[:-1]}9",  # loose bits at the end
        f"https://home.example/{DOOR}#",
        f"https://home.example/{DOOR}",
        f"https://home.example/{DOOR}#h=",
        f"https://home.example/{DOOR}#h={TEXT[:-2]}",
        f"https://home.example/{DOOR}#H={TEXT}",
        f"https://home.example/short#{TEXT}",
        f"https://home.example#{TEXT}",
        f"https://home.example:65536/{DOOR}#{TEXT}",
        f"https://home..example/{DOOR}#{TEXT}",
        f"https://[1.2.3.4]/{DOOR}#{TEXT}",
        "https://home.example",
    ],
)
def test_a_broken_link_says_so_and_what_to_do(text: str) -> None:
    """The person holding it must hear that another one is needed, not a parser's words."""
    with pytest.raises(WireError, match="this link is incomplete or was changed") as caught:
        parse_link(text)
    assert caught.value.next == "ask for it again, sent another way"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "hello",
        "ftp://home.example/",
        f"https://user@home.example/{DOOR}#{TEXT}",
        f"https://home.example/{DOOR}/more#{TEXT}",
        f"https://home.example/{DOOR}?q#{TEXT}",
        f"https://home.example:0/{DOOR}#{TEXT}",
        f"https://home.example/{DOOR}#{TEXT}\nhttps://other.example",
        f"https://خانه.example/{DOOR}#{TEXT}",
        f"HTTPS://home.example/{DOOR}#{TEXT}",
        f"https://home.example/{DOOR}#{TEXT}" + "A" * 600,
    ],
)
def test_what_is_no_link_is_called_that(text: str) -> None:
    """Nothing is guessed or repaired: a repaired link could lead elsewhere."""
    with pytest.raises(WireError, match="not a link of hamseda"):
        parse_link(text)


def test_http_is_for_this_machine_only() -> None:
    """An invitation fetched in the clear shows everybody on the way what it is."""
    with pytest.raises(WireError, match="for this machine only") as caught:
        parse_link(f"http://home.example/{DOOR}#{TEXT}")
    assert "https://" in caught.value.next


def test_a_link_does_not_show_in_a_repr() -> None:
    """Whoever reads it in a log could accept the invitation."""
    assert DOOR not in repr(parse_link(f"https://home.example/{DOOR}#{TEXT}"))
