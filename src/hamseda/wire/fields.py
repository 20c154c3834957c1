"""Read the integer-keyed maps of the specification: presence first, then type, then size.

A parser opens a map and takes the keys that its CDDL names; a key that it does not know is a later
release's and is passed over (spec/growth.md §1). What this program wrote for itself ends with
`done`, which refuses such keys: rewriting the item would lose them. Each failure is a `WireError`
that names the map and the key, never a value.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum
from typing import TypeAlias, TypeVar

from hamseda.errors import NewerReleaseError, WireError
from hamseda.wire.cbor import LIMIT, UINT_MOST, Value, decode_untrusted

Octets: TypeAlias = bytes  # two methods below are called `bytes` and `bool`
Flag: TypeAlias = bool
Code = TypeVar("Code", bound=IntEnum)


class Fields:
    """Take the values of one map out, each key once."""

    __slots__ = ("_name", "_rest")

    def __init__(self, values: Mapping[int, Value], name: str) -> None:
        self._rest = dict(values)
        self._name = name

    @classmethod
    def parse_untrusted(cls, data: Octets, name: str, limit: int = LIMIT) -> Fields:
        """Decode a map of at most `limit` bytes; `name` is what errors call it."""
        return cls._of_untrusted(decode_untrusted(data, limit), name)

    @classmethod
    def _of_untrusted(cls, value: Value, name: str) -> Fields:
        if not isinstance(value, Mapping):
            raise WireError(f"{name} is not a map")
        return cls(value, name)

    def uint(self, key: int, low: int = 0, high: int = UINT_MOST) -> int:
        """Take an integer from `low` to `high`, both included."""
        return self._uint(self._take(key), key, low, high)

    def code(self, key: int, codes: type[Code], *, otherwise: Code | None = None) -> Code:
        """Take one number of a list of the registry; `otherwise` stands for what is not in it."""
        value = self.uint(key)
        try:
            return codes(value)
        except ValueError:
            if otherwise is not None:
                return otherwise
            raise self._bad(key, "is not in the registry") from None

    def version(self, what: str = "") -> None:
        """Take key 0, which must say version 1; a later one raises `NewerReleaseError`.

        `what` names the thing to a person.
        """
        if self.uint(0, 1) > 1:
            raise NewerReleaseError(what or self._name)

    def request(self) -> int:
        """Take key 0, the number of a request: 1 to 2^32 - 1 (spec/line.md §4)."""
        return self.uint(0, 1, 2**32 - 1)

    def id(self, key: int) -> Octets:
        """Take the 16 bytes of a mailbox, a bundle, a room or a call."""
        return self.bytes(key, 16)

    def bytes(
        self, key: int, size: int | tuple[int, ...] | None = None, most: int | None = None
    ) -> Octets:
        """Take bytes: of one size, of one of several sizes, or of at most `most`."""
        value = self._take(key)
        if not isinstance(value, Octets):
            raise self._bad(key, "is not bytes")
        sizes = (size,) if isinstance(size, int) else size
        if sizes is not None and len(value) not in sizes:
            raise self._bad(key, f"has {len(value)} bytes")
        if most is not None and len(value) > most:
            raise self._bad(key, f"has {len(value)} bytes, at most {most} are allowed")
        return value

    def text(self, key: int, most: int) -> str:
        """Take text of at most `most` bytes of UTF-8."""
        value = self._take(key)
        if not isinstance(value, str):
            raise self._bad(key, "is not text")
        if len(value.encode()) > most:
            raise self._bad(key, f"has more than {most} bytes")
        return value

    def bool(self, key: int) -> Flag:
        """Take a boolean."""
        value = self._take(key)
        if not isinstance(value, Flag):
            raise self._bad(key, "is not a boolean")
        return value

    def uints(self, key: int, most: int) -> tuple[int, ...]:
        """Take an array of 1 to `most` integers."""
        return tuple(self._uint(item, key, 0, UINT_MOST) for item in self.array(key, most))

    def optional_uints(self, key: int, most: int) -> tuple[int, ...]:
        """Take an array of 1 to `most` integers, or none when the key is missing."""
        return self.uints(key, most) if key in self._rest else ()

    def maps(self, key: int, most: int) -> tuple[Fields, ...]:
        """Take an array of 1 to `most` maps."""
        name = f"{self._name}.{key}"
        return tuple(Fields._of_untrusted(item, name) for item in self.array(key, most))

    def array(self, key: int, most: int) -> tuple[Value, ...]:
        """Take an array of 1 to `most` values."""
        value = self._take(key)
        if not isinstance(value, list | tuple):
            raise self._bad(key, "is not an array")
        if not 1 <= len(value) <= most:
            raise self._bad(key, f"has {len(value)} items, 1 to {most} are allowed")
        return tuple(value)

    def optional_bytes(
        self, key: int, size: int | tuple[int, ...] | None = None, most: int | None = None
    ) -> Octets | None:
        """Take bytes, or None when the key is missing."""
        return self.bytes(key, size, most) if key in self._rest else None

    def optional_bool(self, key: int) -> Flag | None:
        """Take a boolean, or None when the key is missing."""
        return self.bool(key) if key in self._rest else None

    def optional_uint(self, key: int, low: int = 0, high: int = UINT_MOST) -> int | None:
        """Take an integer, or None when the key is missing."""
        return self.uint(key, low, high) if key in self._rest else None

    def optional_code(self, key: int, codes: type[Code]) -> Code | None:
        """Take a number of the registry, or None when the key is missing."""
        return self.code(key, codes) if key in self._rest else None

    def done(self) -> None:
        """Refuse the keys that nobody took, in what this program wrote for itself."""
        if self._rest:
            raise WireError(f"{self._name} has {len(self._rest)} unknown keys")

    def _take(self, key: int) -> Value:
        if key not in self._rest:
            raise WireError(f"{self._name} lacks key {key}")
        return self._rest.pop(key)

    def _uint(self, value: Value, key: int, low: int, high: int) -> int:
        if isinstance(value, Flag) or not isinstance(value, int):
            raise self._bad(key, "is not an integer")
        if not low <= value <= high:
            raise self._bad(key, f"is outside {low} to {high}")
        return value

    def _bad(self, key: int, what: str) -> WireError:
        return WireError(f"{self._name}.{key} {what}")
