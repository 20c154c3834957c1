"""Encode and decode the small deterministic subset of CBOR that every structured message uses.

The subset (spec/README.md): unsigned integers below 2^53, byte strings, text strings, booleans,
arrays, and maps with unsigned integer keys, at most `DEPTH` deep, in the one form of RFC 8949
§4.2.1. Whatever else cbor2 can read is refused here, so that two readers never disagree.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, NoReturn, TypeAlias, TypeGuard, cast

import cbor2

from hamseda.errors import WireError

Value: TypeAlias = "int | bytes | str | bool | Sequence[Value] | Mapping[int, Value]"

UINT_MOST = 2**53 - 1
"""The largest integer that JavaScript holds exactly."""

DEPTH = 6
LIMIT = 65_792
"""How many bytes a message may have by default: as many as the largest record of a line."""


def encode(value: Value) -> bytes:
    """Encode one value of the subset; anything else is a bug of ours and raises `ValueError`."""
    fault = _fault(value, DEPTH)
    if fault:
        raise ValueError(fault)
    return cbor2.dumps(value, canonical=True)


def decode_untrusted(data: bytes, limit: int = LIMIT) -> Value:
    """Decode one value of at most `limit` bytes (spec/README.md).

    Whatever the bytes, raise `WireError` or nothing.
    """
    if len(data) > limit:
        raise WireError(f"CBOR of {len(data)} bytes, at most {limit} are allowed")
    try:
        value: object = cbor2.loads(
            data,
            max_depth=DEPTH,
            allow_indefinite=False,
            allow_duplicate_keys=False,
            semantic_decoders=_EVERY_TAG_REFUSED,
        )
    except cbor2.CBORDecodeError as error:
        # The only type that comes out of cbor2 6.3: it wraps the UnicodeDecodeError, TypeError,
        # ValueError, OverflowError and OSError that hostile bytes cause inside it.
        raise WireError("CBOR cannot be decoded") from error
    if not _is_value(value):
        raise WireError(_fault(value, DEPTH))
    if cbor2.dumps(value, canonical=True) != data:
        raise WireError("CBOR is not in its one deterministic form")
    return value


def _refuse_tag(*_: object) -> NoReturn:
    raise cbor2.CBORDecodeError("a tag")


class _EveryTag(dict[int, Any]):
    """Answer for every tag before cbor2 acts on it: some compile patterns or parse addresses."""

    def __missing__(self, tag: int) -> object:
        return _refuse_tag


_EVERY_TAG_REFUSED = _EveryTag()


def _is_value(value: object) -> TypeGuard[Value]:
    return not _fault(value, DEPTH)


def _fault(value: object, depth: int) -> str:
    """Say what keeps a value out of the subset; "" when it is of the subset."""
    if isinstance(value, bytes | str):
        return ""
    if isinstance(value, int):
        return "" if 0 <= value <= UINT_MOST else "CBOR holds an integer outside 0 to 2^53 - 1"
    if not isinstance(value, dict | list | tuple):
        return f"CBOR holds a value of type {type(value).__name__}"
    if depth == 0:
        return f"CBOR is nested deeper than {DEPTH}"
    items = cast("Collection[object]", value)
    if isinstance(items, dict):
        if not all(_is_key(key) for key in cast("Collection[object]", items)):
            return "CBOR holds a map key that is no unsigned integer"
        items = cast("Collection[object]", items.values())
    return next(filter(None, (_fault(item, depth - 1) for item in items)), "")


def _is_key(key: object) -> bool:
    return isinstance(key, int) and not isinstance(key, bool) and 0 <= key <= UINT_MOST
