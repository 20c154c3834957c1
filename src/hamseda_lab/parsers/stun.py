"""Recognise STUN, and the ChannelData of TURN."""

from typing import Final

COOKIE: Final = bytes.fromhex("2112a442")
_HEADER: Final = 20


def is_stun_untrusted(payload: bytes) -> bool:
    """Tell a STUN message by what every one begins with (RFC 8489 §5)."""
    return (
        len(payload) >= _HEADER
        and payload[0] & 0xC0 == 0
        and len(payload) % 4 == 0
        and payload[4:8] == COOKIE
    )


def is_channel_data_untrusted(payload: bytes) -> bool:
    """Tell ChannelData: a channel number, and the length of the rest (RFC 8656 §12.4)."""
    if len(payload) < 4 or not 0x40 <= payload[0] <= 0x4F:
        return False
    length = int.from_bytes(payload[2:4], "big")
    # Over TCP it is padded to a multiple of four.
    return 0 <= len(payload) - 4 - length < 4
