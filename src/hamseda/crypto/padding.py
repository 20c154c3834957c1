"""Hide how long a message is (spec/handshake.md §7, ISO/IEC 7816-4)."""

from __future__ import annotations

from collections.abc import Iterable

from hamseda.errors import UsageError, WireError

MARK = b"\x80"


def pad(x: bytes, size: int) -> bytes:
    """Fill `x` up to exactly `size` bytes; `x` may have `size - 1` at most."""
    if len(x) >= size:
        raise UsageError(f"{len(x)} bytes do not fit into {size} with their padding")
    return (x + MARK).ljust(size, b"\x00")


def unpad_untrusted(x: bytes) -> bytes:
    """Take the padding off again; what has none raises `WireError`."""
    stripped = x.rstrip(b"\x00")
    if not stripped.endswith(MARK):
        raise WireError("bad message: it has no padding")
    return stripped[:-1]


def bucket(size_needed: int, buckets: Iterable[int]) -> int:
    """Choose the smallest bucket with room for `size_needed` bytes and their padding."""
    fitting = [size for size in buckets if size > size_needed]
    if not fitting:
        raise UsageError(f"{size_needed} bytes fit into no bucket")
    return min(fitting)
