"""Encode and decode what one SFrame packet carries: an audio frame or a receiver report.

Layout (spec/media.md §2, §3): `t(4) ‖ code(1) ‖ payload`, big-endian. `t` counts 48 kHz samples and
wraps; `code` is the mode of an audio frame, or `REPORT`. A report is padded with zeros to the
size of an audio frame of the call's mode, so that sizes tell a listener nothing.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from hamseda.errors import WireError

REPORT = 0x80
"""The code of a receiver report; mode codes stay below it."""

OPUS_BYTES: Mapping[int, int] = MappingProxyType({1: 60, 2: 120, 3: 120, 4: 180, 5: 135})
"""The exact size of an Opus packet of each mode: constant, because sizes leak speech."""

NOTHING_HEARD = 0xFFFF_FFFF
"""The value of `held_ms` before the first report of the other side."""

HEADER_BYTES = 5
REPORT_BYTES = 30
UINT32 = 0xFFFF_FFFF

_HEADER = struct.Struct("!IB")
_REPORT = struct.Struct("!IIIIIIIH")
_REPORT_SIZES = frozenset(OPUS_BYTES.values())


@dataclass(frozen=True, slots=True)
class AudioFrame:
    """Carry one Opus packet and the moment of its first sample."""

    t: int
    """Media time in 48 kHz samples, modulo 2^32."""
    code: int
    opus: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Report:
    """Say how the frames of the other side arrive here, and echo its clock.

    The four frame counts are cumulative over the call and stop at 2^32 - 1.
    """

    t: int
    """Media time of the sender when it reported; nothing depends on it."""
    sent_ms: int
    """The sender's clock in milliseconds since its start of the call, modulo 2^32."""
    echo_ms: int
    """`sent_ms` of the newest report heard from the other side; 0 when there was none."""
    held_ms: int
    """How long ago that one was heard; `NOTHING_HEARD` when there was none."""
    expected: int
    on_time: int
    late: int
    lost: int
    buffer_ms: int

    @property
    def has_echo(self) -> bool:
        """Tell whether the other side had heard a report before it sent this one."""
        return self.held_ms != NOTHING_HEARD


def encode_audio(frame: AudioFrame) -> bytes:
    """Encode one audio frame; a size that is not its mode's raises `ValueError`."""
    if OPUS_BYTES.get(frame.code) != len(frame.opus):
        raise ValueError(f"an Opus packet of {len(frame.opus)} bytes is not of mode {frame.code}")
    return _HEADER.pack(frame.t & UINT32, frame.code) + frame.opus


def encode_report(report: Report, *, mode_code: int) -> bytes:
    """Encode one report, padded to the size of an audio frame of the mode."""
    body = _REPORT.pack(
        report.sent_ms & UINT32,
        report.echo_ms & UINT32,
        report.held_ms & UINT32,
        min(report.expected, UINT32),
        min(report.on_time, UINT32),
        min(report.late, UINT32),
        min(report.lost, UINT32),
        min(report.buffer_ms, 0xFFFF),
    )
    return _HEADER.pack(report.t & UINT32, REPORT) + body.ljust(OPUS_BYTES[mode_code], b"\0")


def parse_audio_untrusted(data: bytes) -> AudioFrame | Report:
    """Decode one media plaintext. Whatever the bytes, raise `WireError` or nothing."""
    if len(data) <= HEADER_BYTES:
        raise WireError(f"media plaintext has {len(data)} bytes, its header alone needs more")
    t, code = _HEADER.unpack_from(data)
    payload = data[HEADER_BYTES:]
    if code == REPORT:
        return _parse_report_untrusted(t, payload)
    size = OPUS_BYTES.get(code)
    if size is None:
        raise WireError(f"media code {code} is not in the registry")
    if len(payload) != size:
        raise WireError(f"mode {code} has packets of {size} bytes, this one has {len(payload)}")
    return AudioFrame(t, code, payload)


def _parse_report_untrusted(t: int, payload: bytes) -> Report:
    if len(payload) not in _REPORT_SIZES:
        raise WireError(f"a report of {len(payload)} bytes has the size of no mode")
    if any(payload[REPORT_BYTES:]):
        raise WireError("the padding of a report is not zero")
    return Report(t, *_REPORT.unpack_from(payload))
