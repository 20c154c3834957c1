"""Write packets into a file that every analyser reads."""

import struct
from pathlib import Path
from typing import Final

from hamseda.errors import WireError

_MAGIC: Final = 0xA1B2C3D4
_VERSION: Final = (2, 4)
_LONGEST: Final = 65_535
_RAW_IP: Final = 101
"""LINKTYPE_RAW: packets begin with their IP header."""


class Capture:
    """Be one capture file, open for writing (libpcap's classic format)."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("wb")
        self._file.write(struct.pack("<IHHiIII", _MAGIC, *_VERSION, 0, 0, _LONGEST, _RAW_IP))

    def write(self, data: bytes, at: float) -> None:
        """Keep one packet; `at` is in seconds of any clock."""
        seconds = int(at)
        micros = int((at - seconds) * 1_000_000)
        self._file.write(struct.pack("<IIII", seconds, micros, len(data), len(data)) + data)

    def close(self) -> None:
        """Have everything on disk."""
        self._file.close()


def read_capture_untrusted(data: bytes) -> list[tuple[float, bytes]]:
    """Read the packets of a capture of raw IP, with their times. Raise `WireError`."""
    if len(data) < 24 or struct.unpack_from("<I", data)[0] != _MAGIC:
        raise WireError("no capture in libpcap's classic format, written on a machine like ours")
    (link,) = struct.unpack_from("<I", data, 20)
    if link != _RAW_IP:
        raise WireError(f"a capture of link type {link}: the lab reads raw IP ({_RAW_IP})")
    at, packets = 24, list[tuple[float, bytes]]()
    while at < len(data):
        if at + 16 > len(data):
            raise WireError("a capture that was cut short")
        seconds, micros, size, _ = struct.unpack_from("<IIII", data, at)
        packet = data[at + 16 : at + 16 + size]
        if len(packet) != size:
            raise WireError("a capture that was cut short")
        packets.append((seconds + micros / 1_000_000, packet))
        at += 16 + size
    return packets
