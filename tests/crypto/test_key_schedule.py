"""Hold key_schedule.py against spec/handshake.md §2, §3 and the registry."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from hamseda.crypto.key_schedule import Label, h, info, kdf, tagged_hash

REGISTRY = Path(__file__).parents[2] / "spec" / "registry.md"


def test_every_label_stands_in_the_registry_and_the_other_way_round() -> None:
    """A label that is used for two purposes gives one key to two of them."""
    section = REGISTRY.read_text(encoding="utf-8").split("## 2 Labels")[1].split("## 3")[0]
    cells = [line.split("|")[1] for line in section.splitlines() if line.startswith("|")]
    listed = [label for cell in cells for label in re.findall(r"`([^`]+)`", cell)]
    assert len(listed) == len(set(listed))
    assert set(listed) == {label.value for label in Label}


@given(st.lists(st.binary(max_size=8), max_size=4), st.lists(st.binary(max_size=8), max_size=4))
def test_two_lists_of_items_never_hash_alike(a: list[bytes], b: list[bytes]) -> None:
    """Who could move bytes from one item to the next could forge a signed statement."""
    assert (h(*a) == h(*b)) == (a == b)


def test_an_integer_item_is_four_bytes() -> None:
    """Python and JavaScript must write numbers alike."""
    assert h(1, b"x") == hashlib.sha256(b"\0\0\0\4\0\0\0\1\0\0\0\1x").digest()


def test_purpose_and_context_separate_keys() -> None:
    """A key that leaks from one purpose must say nothing about another."""
    keys = {kdf(b"k", b"", label, 32, ctx) for label in Label for ctx in (b"", b"c")}
    assert len(keys) == 2 * len(Label)


def test_info_names_the_version() -> None:
    """There is no negotiation: another version has other keys."""
    assert info(Label.SAS, b"ctx") == b"hamseda/1 sas\x00ctx"
    assert tagged_hash(Label.HOME, b"pk") == hashlib.sha256(b"hamseda/1 home\x00pk").digest()
