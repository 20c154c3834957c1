"""Read the test vectors of spec/vectors (their shape: tools/vectors/README.md)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TypeAlias, cast

Json: TypeAlias = "int | str | list[Json] | dict[str, Json]"

FOLDER = Path(__file__).parents[1] / "spec" / "vectors"


@dataclass(frozen=True, slots=True)
class Values:
    """Take typed values out of one JSON object; a value of another type is an error."""

    raw: Mapping[str, Json] = field(repr=False)

    def hex(self, key: str) -> bytes:
        """Take bytes."""
        return bytes.fromhex(self.text(key))

    def text(self, key: str) -> str:
        """Take text."""
        value = self.raw[key]
        if not isinstance(value, str):
            raise TypeError(key)
        return value

    def number(self, key: str) -> int:
        """Take a number."""
        value = self.raw[key]
        if not isinstance(value, int):
            raise TypeError(key)
        return value

    def array(self, key: str) -> list[Json]:
        """Take a list of anything."""
        value = self.raw[key]
        if not isinstance(value, list):
            raise TypeError(key)
        return value

    def steps(self, key: str) -> list[Values]:
        """Take a list of objects."""
        return [Values(step) for step in self.array(key) if isinstance(step, dict)]


@dataclass(frozen=True, slots=True)
class Case:
    """Hold one case: what goes in, and what must come out."""

    id: str
    what: str
    valid: bool
    failure: str
    source: str
    given: Values
    out: Values

    @property
    def op(self) -> str:
        """Name the operation."""
        return self.given.text("op")


def names() -> list[str]:
    """List the vector files, without their ending."""
    return sorted(path.stem for path in FOLDER.glob("*.json"))


@cache
def load(name: str) -> tuple[Case, ...]:
    """Read one file of vectors."""
    document = json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))
    return tuple(_case(Values(case)) for case in cast("list[dict[str, Json]]", document["cases"]))


def _case(values: Values) -> Case:
    given, out = values.raw["in"], values.raw["out"]
    if not isinstance(given, dict) or not isinstance(out, dict):
        raise TypeError("in or out is no object")
    return Case(
        id=values.text("id"),
        what=values.text("what"),
        valid=bool(values.number("valid")),
        failure=values.text("failure"),
        source=values.text("source"),
        given=Values(given),
        out=Values(out),
    )
