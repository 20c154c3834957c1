"""Pack sealed frames into one media message of a line (spec/line.md §3).

Layout: `03 ‖ handle(1) ‖ ( length(2) ‖ frame )+`, big-endian, at most `MEDIA_MOST` bytes.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Self

from hamseda.errors import WireError
from hamseda.wire.line import MEDIA
from hamseda.wire.relay import HANDLE_MOST

MEDIA_MOST = 1024
HEADER_BYTES = 2
LENGTH_BYTES = 2


@dataclass(frozen=True, slots=True)
class MediaMessage:
    """Carry one or more SFrame ciphertexts to the other seat of a room."""

    handle: int
    frames: tuple[bytes, ...] = field(repr=False)

    def encode(self) -> bytes:
        """Encode the whole WebSocket message; what the layout cannot hold raises `ValueError`."""
        if not 0 <= self.handle <= HANDLE_MOST or not self.frames or not all(self.frames):
            raise ValueError("a media message needs a handle of 0 to 7 and frames that hold bytes")
        parts = [bytes((MEDIA, self.handle))]
        for frame in self.frames:
            parts += (len(frame).to_bytes(LENGTH_BYTES, "big"), frame)
        data = b"".join(parts)
        if len(data) > MEDIA_MOST:
            raise ValueError(f"a media message of {len(data)} bytes, at most {MEDIA_MOST} may go")
        return data

    @classmethod
    def parse_untrusted(cls, data: bytes) -> Self:
        """Decode a whole WebSocket message. Whatever the bytes, raise `WireError` or nothing."""
        if not HEADER_BYTES < len(data) <= MEDIA_MOST:
            raise WireError(f"a media message of {len(data)} bytes")
        if data[0] != MEDIA or data[1] > HANDLE_MOST:
            raise WireError("this is no media message, or its handle is above 7")
        frames: list[bytes] = []
        at = HEADER_BYTES
        while at < len(data):
            start = at + LENGTH_BYTES
            at = start + int.from_bytes(data[at:start], "big")
            if at <= start or at > len(data):
                raise WireError("a frame of a media message is empty or cut off")
            frames.append(data[start:at])
        return cls(data[1], tuple(frames))


def parse_media_untrusted(data: bytes) -> MediaMessage:
    """Decode one media message, its kind byte included."""
    return MediaMessage.parse_untrusted(data)
