"""The relay forwards these bytes fifty times a second: their layout is small and strict."""

from __future__ import annotations

import pytest

from hamseda.errors import WireError
from hamseda.wire.media import MEDIA_MOST, MediaMessage, parse_media_untrusted


def test_two_frames_lie_behind_each_other() -> None:
    """The drawing of spec/line.md §3, byte for byte."""
    message = MediaMessage(5, (b"ab", b"c"))
    assert message.encode().hex() == "0305" + "00026162" + "000163"
    assert parse_media_untrusted(message.encode()) == message


def test_1024_bytes_are_allowed_and_no_more() -> None:
    """The relay drops what is larger; a sender must notice before."""
    room = MEDIA_MOST - 4
    assert len(MediaMessage(0, (bytes(room),)).encode()) == MEDIA_MOST
    with pytest.raises(ValueError, match="1025 bytes"):
        MediaMessage(0, (bytes(room + 1),)).encode()
    with pytest.raises(WireError):
        parse_media_untrusted(b"\x03\x00" + (room + 1).to_bytes(2, "big") + bytes(room + 1))


@pytest.mark.parametrize(
    ("fault", "data"),
    [
        ("nothing", ""),
        ("no frame", "0300"),
        ("another kind", "0200" + "000161"),
        ("handle 8", "0308" + "000161"),
        ("half a length", "0300" + "00"),
        ("half a second length", "0300" + "000161" + "00"),
        ("empty frame", "0300" + "0000"),
        ("empty frame behind a good one", "0300" + "000161" + "0000"),
        ("frame one byte short", "0300" + "000261"),
        ("length of 65535", "0300" + "ffff61"),
    ],
)
def test_a_bent_layout_is_refused(fault: str, data: str) -> None:
    """Whoever breaks TLS can inject these; they must die here."""
    with pytest.raises(WireError):
        parse_media_untrusted(bytes.fromhex(data))


@pytest.mark.parametrize(("handle", "frames"), [(8, (b"a",)), (-1, (b"a",)), (0, ()), (0, (b"",))])
def test_our_own_mistakes_are_loud(handle: int, frames: tuple[bytes, ...]) -> None:
    """What nobody could read must not be sent."""
    with pytest.raises(ValueError, match="handle"):
        MediaMessage(handle, frames).encode()
