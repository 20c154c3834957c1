"""Hold sas.py and emoji.py against spec/call.md §3 and spec/emoji.json."""

from __future__ import annotations

import json
import unicodedata
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from hamseda.crypto.sas import EMOJI, sas_bytes, sas_emoji, sas_indices

TABLE = Path(__file__).parents[2] / "spec" / "emoji.json"
NONCE = st.binary(min_size=32, max_size=32)


def test_the_signs_are_those_of_the_specification() -> None:
    """The page and the terminal must show the same sign for the same number."""
    listed = json.loads(TABLE.read_text(encoding="utf-8"))
    assert [
        {"index": index, "symbol": emoji.symbol, "en": emoji.en, "fa": emoji.fa}
        for index, emoji in enumerate(EMOJI)
    ] == listed


def test_no_sign_and_no_name_stands_for_two_numbers() -> None:
    """Two people who say the same words must see the same signs."""
    assert len(EMOJI) == 64
    for names in ({e.symbol for e in EMOJI}, {e.en for e in EMOJI}, {e.fa for e in EMOJI}):
        assert len(names) == 64
    # One code point each: nothing for a font or a terminal to compose in its own way.
    assert all(unicodedata.name(emoji.symbol) for emoji in EMOJI)


@given(NONCE, NONCE)
def test_five_indices_are_the_first_thirty_bits(n_a: bytes, n_b: bytes) -> None:
    """Bits taken from the wrong end would differ from the page's."""
    indices = sas_indices(n_a, n_b, b"T" * 32, b"c" * 32)
    bits = "".join(f"{index:06b}" for index in indices)
    assert len(bits) == 30
    raw = sas_bytes(n_a, n_b, b"T" * 32, b"c" * 32)
    assert f"{int.from_bytes(raw, 'big'):032b}".startswith(bits)


def test_everything_that_an_interceptor_changes_changes_the_signs() -> None:
    """Somebody in between has another transcript or other identities on each side."""
    base = (b"a" * 32, b"b" * 32, b"T" * 32, b"c" * 32)
    seen = {sas_emoji(*base)}
    for position in range(4):
        changed = list(base)
        changed[position] = b"x" * 32
        seen.add(sas_emoji(changed[0], changed[1], changed[2], changed[3]))
    assert len(seen) == 5
