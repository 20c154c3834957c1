"""CBOR has many ways to say one thing; this one reader takes one of them."""

from __future__ import annotations

from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hamseda.errors import WireError
from hamseda.wire.cbor import DEPTH, UINT_MOST, decode_untrusted, encode

values: st.SearchStrategy[Any] = st.recursive(
    st.integers(0, UINT_MOST) | st.binary() | st.text() | st.booleans(),
    lambda inner: st.lists(inner) | st.dictionaries(st.integers(0, UINT_MOST), inner),
    max_leaves=10,
).filter(lambda value: depth(value) <= DEPTH)


def depth(value: Any) -> int:
    """Count how many containers lie in each other."""
    if not isinstance(value, list | dict):
        return 0
    inside: Any = cast("Any", value)
    return 1 + max(map(depth, inside.values() if isinstance(value, dict) else inside), default=0)


@given(values)
def test_the_subset_reads_back_the_same(value: Any) -> None:
    """What one side means must be what the other understands."""
    assert decode_untrusted(encode(value)) == value


@given(st.binary(max_size=60))
def test_one_meaning_has_one_form(data: bytes) -> None:
    """A hash over bytes is a hash over the meaning only if nobody can write it differently."""
    try:
        value = decode_untrusted(data)
    except WireError:
        return
    assert encode(value) == data


@pytest.mark.parametrize(
    ("fault", "data"),
    [
        ("nothing", ""),
        ("negative number", "20"),
        ("number of 2^53", "1b0020000000000000"),
        ("number of 64 bits", "1bffffffffffffffff"),
        ("longer than shortest number", "1801"),
        ("longer than shortest length", "580161"),
        ("longer than shortest map head", "b80101" + "02"),
        ("null", "f6"),
        ("undefined", "f7"),
        ("simple value", "e0"),
        ("half float", "f93c00"),
        ("double", "fb3ff0000000000000"),
        ("indefinite bytes", "5f4161ff"),
        ("indefinite text", "7f6161ff"),
        ("indefinite array", "9f01ff"),
        ("indefinite map", "bf0102ff"),
        ("break alone", "ff"),
        ("reserved length", "1c"),
        ("trailing byte", "0100"),
        ("cut off bytes", "426100"[:4]),
        ("huge claimed bytes", "5bffffffffffffffff"),
        ("huge claimed array", "9bffffffffffffffff"),
        ("huge claimed map", "bbffffffffffffffff"),
        ("text that is no UTF-8", "61ff"),
        ("text with a surrogate", "63eda080"),
        ("duplicate key", "a201000100"),
        ("keys out of order", "a202000100"),
        ("text key", "a1616100"),
        ("boolean key", "a1f500"),
        ("negative key", "a12000"),
        ("array key", "a1810100"),
        ("map key", "a1a000"),
        ("tag: date", "c01a514b67b0"),
        ("tag: bignum", "c24101"),
        ("tag: huge decimal", "c4821b7fffffffffffffff01"),
        ("tag: regular expression", "d8236128"),
        ("tag: shared value", "d81c81d81d00"),
        ("tag: shared reference to nothing", "d81d00"),
        ("tag: string reference", "d81900"),
        ("tag: set", "d9010281" + "01"),
        ("tag: address", "d9010444" + "7f000001"),
        ("tag: self-described", "d9d9f701"),
        ("tag: unknown", "d8ff01"),
        ("seven arrays in each other", "81" * 7 + "01"),
        ("ten thousand arrays in each other", "81" * 10_000 + "01"),
        ("ten thousand tags in each other", "c1" * 10_000 + "01"),
    ],
)
def test_what_the_subset_lacks_is_refused(fault: str, data: str) -> None:
    """Each of these is understood by some reader and not by another."""
    with pytest.raises(WireError):
        decode_untrusted(bytes.fromhex(data))


def test_six_arrays_in_each_other_are_read() -> None:
    """The bound is the specification's, not one less."""
    assert decode_untrusted(bytes.fromhex("81" * 6 + "01")) == [[[[[[1]]]]]]


def test_a_message_above_its_limit_is_not_even_decoded() -> None:
    """Work for a stranger is bounded before it starts."""
    assert decode_untrusted(encode(bytes(8)), limit=9) == bytes(8)
    with pytest.raises(WireError, match="9 bytes, at most 8"):
        decode_untrusted(encode(bytes(8)), limit=8)


OUTSIDE: list[Any] = [-1, 2**53, None, 1.5, {"a": 1}, {True: 1}, {-1: 1}, [[[[[[[]]]]]]]]


@pytest.mark.parametrize("value", OUTSIDE)
def test_our_own_mistakes_are_loud(value: Any) -> None:
    """What nobody could read back must not leave this process."""
    with pytest.raises(ValueError, match="CBOR"):
        encode(value)


def test_a_map_is_written_in_the_order_of_its_keys() -> None:
    """Code may fill a map in any order; the bytes are the same."""
    assert encode({300: 1, 24: 2, 1: 3}) == encode({1: 3, 24: 2, 300: 1})
    assert encode({300: 1, 24: 2, 1: 3}).hex() == "a301031818021" + "9012c01"
