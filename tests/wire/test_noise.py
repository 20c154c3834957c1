"""Throw noise and damaged messages at every reader of `hamseda.wire`.

Readers are found, not listed: a new one is tested on the day it is written.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hamseda.errors import WireError
from hamseda.wire import cbor
from hamseda.wire.codes import RecordType
from hamseda.wire.fields import Fields
from hamseda.wire.link import parse_link
from tests.wire.examples import EXAMPLES, LAYOUTS, LINKS, wire_modules, wire_types

Reader = Callable[..., object]


def readers() -> list[Any]:
    """Find every function and classmethod of the wire that takes foreign input."""
    found: dict[str, Reader] = {}
    for module in wire_modules():
        for name, thing in inspect.getmembers(module):
            if name.endswith("_untrusted") and not name.startswith("_") and callable(thing):
                found[f"{module.__name__}.{name}"] = thing
    for kind in wire_types():
        found[f"{kind.__module__}.{kind.__name__}"] = kind.parse_untrusted
    return [pytest.param(reader, id=name) for name, reader in sorted(found.items())]


def argument(parameter: inspect.Parameter) -> st.SearchStrategy[Any]:
    """Make a foreign argument of the type that the reader names."""
    if parameter.annotation == "str":
        return st.text(max_size=100)
    if parameter.annotation == "int":
        return st.sampled_from([int(kind) for kind in RecordType]) | st.integers(0, 255)
    if parameter.annotation == "bytes":
        return noise
    raise AssertionError(f"say here how to make {parameter}")


def refuses_or_reads(reader: Reader, *arguments: object) -> object:
    """Return what was read, or None after the one permitted error."""
    try:
        return reader(*arguments)
    except WireError:
        return None


cbor_values: st.SearchStrategy[Any] = st.recursive(
    st.integers(0, 2**64 - 1) | st.binary(max_size=40) | st.text(max_size=9) | st.booleans(),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.integers(0, 9), inner, max_size=9)
    ),
    max_leaves=12,
)
noise: st.SearchStrategy[bytes] = st.one_of(
    st.binary(max_size=200),
    cbor_values.map(cbor.cbor2.dumps),
)


@pytest.mark.parametrize("reader", readers())
@given(data=st.data())
@settings(max_examples=12)
def test_noise_is_refused_with_the_one_error(reader: Reader, data: st.DataObject) -> None:
    """Another exception would be a crash, or tell an attacker which check he passed."""
    required = [
        parameter
        for parameter in inspect.signature(reader).parameters.values()
        if parameter.default is inspect.Parameter.empty
    ]
    refuses_or_reads(reader, *(data.draw(argument(parameter)) for parameter in required))


def test_every_reader_has_examples() -> None:
    """The properties below are worth only as much as the types they cover."""
    assert set(wire_types()) == set(EXAMPLES)


@pytest.mark.parametrize("kind", EXAMPLES, ids=lambda kind: kind.__name__)
@given(data=st.data())
@settings(max_examples=8)
def test_what_was_written_reads_back_the_same(kind: type[Any], data: st.DataObject) -> None:
    """Both ends of a line must mean one thing."""
    value = data.draw(EXAMPLES[kind])
    assert kind.parse_untrusted(value.encode()) == value


@pytest.mark.parametrize("kind", EXAMPLES, ids=lambda kind: kind.__name__)
@given(data=st.data())
@settings(max_examples=10)
def test_a_damaged_message_is_refused_or_means_one_thing(
    kind: type[Any], data: st.DataObject
) -> None:
    """What is read is what it says, but for keys of a later release; signatures cover all bytes."""
    good = data.draw(EXAMPLES[kind]).encode()
    at = data.draw(st.integers(0, min(len(good) - 1, 300)))
    cut = data.draw(st.integers(0, 3))
    bad = good[:at] + data.draw(st.binary(max_size=3)) + good[at + cut :]
    read = refuses_or_reads(kind.parse_untrusted, bad)
    if read is not None:
        again = getattr(read, "encode")()  # noqa: B009
        assert again == bad or (kind not in LAYOUTS and kind.parse_untrusted(again) == read)


@pytest.mark.parametrize("kind", EXAMPLES, ids=lambda kind: kind.__name__)
@given(data=st.data())
@settings(max_examples=6)
def test_a_message_that_is_cut_off_is_refused(kind: type[Any], data: st.DataObject) -> None:
    """A connection may break in the middle; half a message must not count as a whole one."""
    good = data.draw(EXAMPLES[kind]).encode()
    cut = data.draw(st.integers(0, len(good) - 1))
    read = refuses_or_reads(kind.parse_untrusted, good[:cut])
    # A media message that ends between two frames is a shorter media message.
    assert read is None or kind.__name__ == "MediaMessage"


@pytest.mark.parametrize(
    "kind", [kind for kind in EXAMPLES if kind not in LAYOUTS], ids=lambda kind: kind.__name__
)
@given(data=st.data())
@settings(max_examples=4)
def test_each_field_is_checked(kind: type[Any], data: st.DataObject) -> None:
    """A field of another type or length is how parsers come to disagree; one more is later's."""
    value = data.draw(EXAMPLES[kind])
    fields: Any = cbor.decode_untrusted(value.encode())
    unknown = data.draw(st.integers(10, 2**53 - 1))
    assert kind.parse_untrusted(cbor.encode({**fields, unknown: 0})) == value
    for key, inside in fields.items():
        less = {other: kept for other, kept in fields.items() if other != key}
        read = refuses_or_reads(kind.parse_untrusted, cbor.encode(less))
        optional = {
            ("Create", 4),
            ("Hello", 4),
            ("HomeDocument", 2),
            ("Reply", 2),
            ("DocumentReply", 3),
        }
        assert read is None or (kind.__name__, key) in optional
        wrong_types: list[Any] = ["x", [], {}, 0 if isinstance(inside, bool) else True]
        for wrong in wrong_types:
            with pytest.raises(WireError):
                kind.parse_untrusted(cbor.encode({**fields, key: wrong}))
        if isinstance(inside, bytes) and (kind.__name__, key) not in _ANY_LENGTH:
            for wrong in (inside + b"\0", inside[:-1], b""):
                with pytest.raises(WireError):
                    kind.parse_untrusted(cbor.encode({**fields, key: wrong}))


_ANY_LENGTH = {
    ("Reply", 2),
    ("RoomControl", 2),
    ("Signed", 0),
    ("DocumentReply", 0),
    ("DocumentReply", 2),
}


@given(text=st.text(max_size=90) | LINKS.map(str), at=st.integers(0, 120), mark=st.text(max_size=2))
def test_a_damaged_link_is_refused_or_means_exactly_its_text(text: str, at: int, mark: str) -> None:
    """People cut links off, and somebody on the way may change them."""
    bad = text[:at] + mark + text[at + 1 :]
    read = refuses_or_reads(parse_link, bad)
    assert read is None or parse_link(str(read)) == read


def test_fields_refuse_what_is_no_map() -> None:
    """Every parser starts here."""
    values: list[Any] = [1, b"", "", True, []]
    for value in values:
        with pytest.raises(WireError):
            Fields.parse_untrusted(cbor.encode(value), "test")
