"""Open TUN devices: the kernel hands over whole IP packets instead of sending them."""

import fcntl
import os
import struct
from typing import Final

from hamseda_lab.errors import LabError

DEVICE: Final = "/dev/net/tun"
MTU: Final = 1500
_TUNSETIFF: Final = 0x400454CA
_TUN: Final = 0x0001
_NO_EXTRA_HEADER: Final = 0x1000


def open_tun(name: str) -> int:
    """Create a device in the namespace of the calling thread; give its file, non-blocking.

    The device lives as long as the file is open anywhere. Raise `LabError`.
    """
    try:
        file = os.open(DEVICE, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise LabError(
            f"cannot open {DEVICE}: {error.strerror}; is the module `tun` there?"
        ) from error
    try:
        flags = _TUN | _NO_EXTRA_HEADER
        fcntl.ioctl(file, _TUNSETIFF, struct.pack("16sH22x", name.encode(), flags))
    except OSError as error:
        os.close(file)
        raise LabError(f"cannot create a TUN device: {error.strerror}") from error
    return file
