"""Fields say what is wrong with a message without repeating what is in it."""

from __future__ import annotations

import pytest

from hamseda.errors import WireError
from hamseda.wire.cbor import encode
from hamseda.wire.codes import Bye
from hamseda.wire.fields import Fields


def fields_of(value: object) -> Fields:
    """Make the reader of a map with one key."""
    return Fields.parse_untrusted(encode({1: value}), "test")  # type: ignore[dict-item]


def test_a_missing_key_is_named() -> None:
    """Presence comes before value: no `KeyError` for a stranger's message."""
    with pytest.raises(WireError, match="test lacks key 2"):
        fields_of(1).uint(2)


def test_a_boolean_is_no_number() -> None:
    """Python calls True an int; the other implementation does not."""
    with pytest.raises(WireError, match="not an integer"):
        fields_of(True).uint(1)
    with pytest.raises(WireError, match="not a boolean"):
        fields_of(1).bool(1)
    with pytest.raises(WireError, match="not an integer"):
        fields_of([True]).uints(1, 1)


def test_bounds_are_inclusive() -> None:
    """The CDDL's ranges are."""
    assert fields_of(3).uint(1, 3, 3) == 3
    for low, high in ((4, 9), (0, 2)):
        with pytest.raises(WireError, match="outside"):
            fields_of(3).uint(1, low, high)


def test_text_is_measured_in_bytes() -> None:
    """A bound on memory is a bound on bytes, whatever the script."""
    assert fields_of("سلام").text(1, 8) == "سلام"
    with pytest.raises(WireError, match="more than 7"):
        fields_of("سلام").text(1, 7)


def test_an_array_has_one_to_most_items() -> None:
    """An empty list of endpoints or modes would leave its reader with nothing to choose."""
    assert fields_of([1, 2]).uints(1, 2) == (1, 2)
    for wrong in ([], [1, 2, 3]):
        with pytest.raises(WireError, match="items"):
            fields_of(wrong).uints(1, 2)


def test_bytes_have_one_of_the_named_sizes() -> None:
    """Sizes are closed lists, because a size that varies tells something."""
    assert fields_of(b"abc").bytes(1, (2, 3)) == b"abc"
    assert fields_of(b"abc").bytes(1, most=3) == b"abc"
    for size, most in (((2, 4), None), (2, None), (None, 2)):
        with pytest.raises(WireError, match="3 bytes"):
            fields_of(b"abc").bytes(1, size, most)


def test_a_number_outside_the_registry_is_refused() -> None:
    """What a later release may add is named where it is read; everything else is closed."""
    assert fields_of(4).code(1, Bye) is Bye.IDLE
    assert fields_of(99).code(1, Bye, otherwise=Bye.UNKNOWN) is Bye.UNKNOWN
    with pytest.raises(WireError, match="registry"):
        fields_of(99).code(1, Bye)


def test_keys_that_nobody_took_are_counted_not_shown() -> None:
    """An error text may end in a log."""
    fields = Fields.parse_untrusted(encode({1: 1, 77: "secret"}), "test")
    fields.uint(1)
    with pytest.raises(WireError) as caught:
        fields.done()
    assert str(caught.value) == "test has 1 unknown keys"


def test_an_optional_key_may_be_missing_but_not_wrong() -> None:
    """Optional means absent, never malformed."""
    assert fields_of(1).optional_bytes(2) is None
    assert fields_of(1).optional_uint(2) is None
    assert fields_of(1).optional_uint(1) == 1
    assert fields_of(2).optional_code(1, Bye) is Bye.TOO_MANY_LINES
    assert fields_of(2).optional_code(2, Bye) is None
    with pytest.raises(WireError):
        fields_of(1).optional_bytes(1)
