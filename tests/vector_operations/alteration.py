"""Change one byte of a vector at a time."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TypeAlias

from tests.vectors import Case, Json, Values

Path: TypeAlias = tuple[str | int, ...]

_HEX = re.compile(r"(?:[0-9a-f]{2})*")

# They say which operation runs, and no operation runs on them.
_STRUCTURE = {"op", "do", "expect"}

# These are judged, not computed with: many other values deserve the same answer. Only the
# file's own hash (SHA256SUMS) guards them.
_JUDGED = {
    ("glare", "body_1"),
    ("glare", "body_2"),
    ("public_key", "pk"),
    ("dialogue", "pkB"),
    ("seat_verify", "grant"),
    ("grant_verify", "now"),
    ("voucher_verify", "now"),
}


def spots(case: Case) -> Iterator[tuple[Path, int | str]]:
    """List every value of a valid case that has a say in its outcome, and where it stands.

    Steps that must fail or be dropped are left out: altered, they still do.
    """
    for path, value in _leaves({"in": dict(case.given.raw), "out": dict(case.out.raw)}, ()):
        if (case.op, path[1]) not in _JUDGED:
            yield path, value


def _leaves(value: Json, path: Path) -> Iterator[tuple[Path, int | str]]:
    if isinstance(value, dict):
        if value.get("expect", "ok") == "ok":
            for key, item in value.items():
                if key not in _STRUCTURE:
                    yield from _leaves(item, (*path, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _leaves(item, (*path, index))
    else:
        yield path, value


def places(value: int | str) -> int:
    """Count the bytes of a value: of what its hexadecimal stands for, or of its text."""
    if isinstance(value, int):
        return 1
    return len(value) // 2 if _HEX.fullmatch(value) else len(value)


def altered(case: Case, path: Path, value: int | str, place: int) -> Case:
    """Give a copy of the case with one byte of one value changed."""
    whole: Json = {"in": dict(case.given.raw), "out": dict(case.out.raw)}
    changed = _put(whole, path, _change(value, place))
    if not isinstance(changed, dict):
        raise TypeError(path)
    given, out = changed["in"], changed["out"]
    if not isinstance(given, dict) or not isinstance(out, dict):
        raise TypeError(path)
    return Case(
        case.id, case.what, case.valid, case.failure, case.source, Values(given), Values(out)
    )


def _change(value: int | str, place: int) -> int | str:
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value ^ 1
    if _HEX.fullmatch(value):
        digit = f"{int(value[2 * place], 16) ^ 1:x}"
        return value[: 2 * place] + digit + value[2 * place + 1 :]
    return value[:place] + chr(ord(value[place]) ^ 1) + value[place + 1 :]


def _put(where: Json, path: Path, value: Json) -> Json:
    if not path:
        return value
    key = path[0]
    if isinstance(where, Mapping) and isinstance(key, str):
        return {**where, key: _put(where[key], path[1:], value)}
    if isinstance(where, list) and isinstance(key, int):
        return [*where[:key], _put(where[key], path[1:], value), *where[key + 1 :]]
    raise TypeError(path)
