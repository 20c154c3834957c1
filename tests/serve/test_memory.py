"""What a home asks of the C library."""

import platform

from hamseda.serve.memory import keep_large_buffers_apart


def test_glibc_takes_the_wish() -> None:
    """A home of thousands of idle lines should fit on the smallest rented machine."""
    assert keep_large_buffers_apart() == (platform.libc_ver()[0] == "glibc")
