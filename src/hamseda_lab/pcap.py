"""Write packets into a file that every analyser reads."""

import struct
from pathlib import Path
from typing import Final

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
