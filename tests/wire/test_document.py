"""Lists of endpoints as text: they come through chats, and from whoever may have changed them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hamseda.errors import WireError
from hamseda.wire.document import LIST_PREFIX, format_list, parse_list_untrusted
from tests.wire.examples import signed_descriptors

lists = signed_descriptors.map(lambda value: value.encode())


@given(lists)
def test_a_list_comes_back_from_its_text(signed: bytes) -> None:
    """Whoever is blocked gets one chance to copy a text."""
    assert parse_list_untrusted(format_list(signed)) == signed


@given(lists, st.integers(20, 90))
def test_a_list_survives_wrapped_lines_and_marks(signed: bytes, width: int) -> None:
    """Mail wraps long lines, and chats that run from right to left put invisible marks around."""
    text = format_list(signed)
    wrapped = "\r\n> ".join(text[at : at + width] for at in range(0, len(text), width))
    assert parse_list_untrusted(f"\u2066 {wrapped}\u2069\n") == signed


@given(lists, st.data())
def test_a_list_that_lost_its_end_is_refused_in_words(signed: bytes, data: st.DataObject) -> None:
    """A text that was cut short must say so, and not look like another home's."""
    text = format_list(signed)
    cut = data.draw(st.integers(len(LIST_PREFIX), len(text) - 1))
    with pytest.raises(WireError, match="incomplete"):
        parse_list_untrusted(text[:cut])


def test_other_text_is_no_list_and_says_what_to_copy() -> None:
    """People paste links, greetings and half of what they were sent."""
    for text in ("", "hello", "https://home.example/a-secret-door#h=abc", "hamseda:endpoint:"):
        with pytest.raises(WireError, match="not a list") as caught:
            parse_list_untrusted(text)
        assert LIST_PREFIX in caught.value.next


def test_a_text_without_end_is_not_read() -> None:
    """Somebody may import a film."""
    with pytest.raises(WireError, match="too long"):
        parse_list_untrusted("A" * 1_000_000)
