"""Tell the C library how a home uses memory."""

import ctypes
from typing import Any, Final

_M_MMAP_THRESHOLD: Final = -3
_THRESHOLD: Final = 128 * 1024


def keep_large_buffers_apart() -> bool:
    """Give each large buffer pages of its own; False where the C library is not glibc.

    uvloop holds 256 KiB for the TLS of each connection and writes to the first few only, so
    only those cost memory. After the first connection ended, glibc would place such buffers
    between other data instead: measured, 47.1 instead of 43.6 KiB an idle line (3,000 lines,
    bench/idle_line_memory.py), and closed lines would not give theirs back.
    """
    try:
        mallopt: Any = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError):
        return False
    return mallopt(_M_MMAP_THRESHOLD, _THRESHOLD) == 1
