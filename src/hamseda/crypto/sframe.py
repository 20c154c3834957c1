"""Seal media frames with SFrame (RFC 9605; spec/media.md §1)."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from typing import NoReturn

from cryptography.hazmat.primitives.hashes import SHA256, SHA512, HashAlgorithm
from cryptography.hazmat.primitives.kdf.hkdf import HKDF, HKDFExpand

from hamseda.crypto.aead import TAG_SIZE, gcm_open_untrusted, gcm_seal
from hamseda.errors import UsageError, WireError

FIRST_CTR = 2**24
"""Where a sender starts, so that the header has 5 bytes for all of a call."""
LAST_CTR = 2**32 - 1
WINDOW = 1024
_NONCE_SIZE = 12


@dataclass(frozen=True, slots=True)
class _Suite:
    number: int
    hash: HashAlgorithm
    key_size: int


_SUITES = {4: _Suite(4, SHA256(), 16), 5: _Suite(5, SHA512(), 32)}


@dataclass(frozen=True, slots=True)
class FrameHeader:
    """Say which encoder sealed a frame, under which counter, and where its ciphertext begins."""

    kid: int
    ctr: int
    size: int


@dataclass(frozen=True, slots=True)
class FrameKeys:
    """Hold what one base key gives for one KID."""

    key: bytes = field(repr=False)
    salt: bytes = field(repr=False)

    def nonce(self, ctr: int) -> bytes:
        """Combine salt and counter (RFC 9605 §4.4.3)."""
        return (int.from_bytes(self.salt, "big") ^ ctr).to_bytes(_NONCE_SIZE, "big")


def frame_keys(base_key: bytes, kid: int, suite: int = 5) -> FrameKeys:
    """Derive key and salt (RFC 9605 §4.4.2)."""
    chosen = _SUITES[suite]
    context = kid.to_bytes(8, "big") + chosen.number.to_bytes(2, "big")
    secret = HKDF.extract(chosen.hash, b"", base_key)

    def expand(purpose: bytes, size: int) -> bytes:
        return HKDFExpand(chosen.hash, size, purpose + context).derive(secret)

    return FrameKeys(
        expand(b"SFrame 1.0 Secret key ", chosen.key_size),
        expand(b"SFrame 1.0 Secret salt ", _NONCE_SIZE),
    )


def seal_frame(
    base_key: bytes, kid: int, ctr: int, plaintext: bytes, suite: int = 5, metadata: bytes = b""
) -> bytes:
    """Seal one frame under a given counter. For vectors; a call uses `SFrameSender`.

    Two frames under one key, KID and counter give both away.
    """
    return _seal(frame_keys(base_key, kid, suite), kid, ctr, plaintext, metadata)


def open_frame_untrusted(
    base_key: bytes, kid: int, data: bytes, suite: int = 5, metadata: bytes = b""
) -> tuple[int, bytes]:
    """Open one frame of this KID into its counter and plaintext, or raise `WireError`."""
    header = _parse_header_of_untrusted(kid, data)
    keys = frame_keys(base_key, kid, suite)
    return header.ctr, _open_untrusted(keys, header, data, metadata)


class SFrameSender:
    """Seal the frames of one encoder, each under a counter that no one else can touch.

    Sealing twice under one counter is impossible by construction: the counter only grows, is
    taken before anything can fail, cannot be passed in, and a sender can be neither copied nor
    stored. Sealed bytes are copied where a frame must travel twice (spec/media.md §1).
    """

    __slots__ = ("__counters", "__keys", "__kid")

    def __init__(self, base_key: bytes, kid: int = 0) -> None:
        self.__kid = kid
        self.__keys = frame_keys(base_key, kid, 5)
        self.__counters = itertools.count(FIRST_CTR)

    def seal(self, plaintext: bytes) -> bytes:
        """Seal the next frame."""
        ctr = next(self.__counters)
        if ctr > LAST_CTR:
            raise UsageError("this call has sealed all the frames it may")
        return _seal(self.__keys, self.__kid, ctr, plaintext, b"")

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        """Refuse copies, deep copies and storage: each would repeat the counters."""
        raise TypeError("an SFrameSender cannot be copied: two would seal under one counter")


class SFrameReceiver:
    """Open the frames of one remote encoder, each counter once.

    The last 1024 counters are remembered; a counter is marked only after its frame was
    authenticated, so a forged frame cannot push a real one out.
    """

    __slots__ = ("_highest", "_keys", "_kid", "_seen")

    def __init__(self, base_key: bytes, kid: int = 0) -> None:
        self._kid = kid
        self._keys = frame_keys(base_key, kid, 5)
        self._highest = -1
        # Bit i stands for counter `_highest - i`.
        self._seen = 0

    def open_untrusted(self, data: bytes) -> bytes | None:
        """Open a frame; None for a duplicate or one too old, `WireError` for all else."""
        header = _parse_header_of_untrusted(self._kid, data)
        behind = self._highest - header.ctr
        if behind >= WINDOW or (behind >= 0 and self._seen >> behind & 1):
            return None
        plaintext = _open_untrusted(self._keys, header, data, b"")
        if behind >= 0:
            self._seen |= 1 << behind
        else:
            # A jump beyond the window leaves nothing to remember; the shift stays bounded.
            kept = self._seen << min(-behind, WINDOW)
            self._seen = (kept | 1) & ((1 << WINDOW) - 1)
            self._highest = header.ctr
        return plaintext


def _seal(keys: FrameKeys, kid: int, ctr: int, plaintext: bytes, metadata: bytes) -> bytes:
    header = encode_header(kid, ctr)
    return header + gcm_seal(keys.key, keys.nonce(ctr), plaintext, header + metadata)


def _open_untrusted(keys: FrameKeys, header: FrameHeader, data: bytes, metadata: bytes) -> bytes:
    if len(data) < header.size + TAG_SIZE:
        raise WireError("bad message: a frame shorter than its tag")
    aad = data[: header.size] + metadata
    return gcm_open_untrusted(keys.key, keys.nonce(header.ctr), data[header.size :], aad)


def encode_header(kid: int, ctr: int) -> bytes:
    """Write KID and CTR in as few bytes as they need (RFC 9605 §4.3)."""
    kid_field, kid_bytes = _encode_number(kid)
    ctr_field, ctr_bytes = _encode_number(ctr)
    return bytes([kid_field << 4 | ctr_field]) + kid_bytes + ctr_bytes


def _encode_number(value: int) -> tuple[int, bytes]:
    if value < 8:
        return value, b""
    size = (value.bit_length() + 7) // 8
    return 8 | (size - 1), value.to_bytes(size, "big")


def parse_header_untrusted(data: bytes) -> FrameHeader:
    """Read the header in front of a frame, or raise `WireError`."""
    if not data:
        raise WireError("bad message: an empty frame")
    kid, offset = _parse_number_untrusted(data, 1, data[0] >> 4)
    ctr, offset = _parse_number_untrusted(data, offset, data[0] & 0x0F)
    return FrameHeader(kid, ctr, offset)


def _parse_header_of_untrusted(kid: int, data: bytes) -> FrameHeader:
    header = parse_header_untrusted(data)
    if header.kid != kid:
        raise WireError(f"bad message: a frame of encoder {header.kid}, not {kid}")
    return header


def _parse_number_untrusted(data: bytes, offset: int, field: int) -> tuple[int, int]:
    if field < 8:
        return field, offset
    end = offset + (field & 7) + 1
    if len(data) < end:
        raise WireError("bad message: a frame shorter than its header")
    value = int.from_bytes(data[offset:end], "big")
    if _encode_number(value)[0] != field:
        raise WireError("bad message: a number in more bytes than it needs")
    return value, end
