"""What a sealed media packet carries is exactly one of two things, or it is refused."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hamseda.errors import WireError
from hamseda.media.modes import MODES
from hamseda.wire.audio import (
    OPUS_BYTES,
    REPORT,
    AudioFrame,
    Report,
    encode_audio,
    encode_report,
    parse_audio_untrusted,
)

UINT32 = st.integers(0, 2**32 - 1)
REPORTS = st.builds(
    Report,
    t=UINT32,
    sent_ms=UINT32,
    echo_ms=UINT32,
    held_ms=UINT32,
    expected=UINT32,
    on_time=UINT32,
    late=UINT32,
    lost=UINT32,
    buffer_ms=st.integers(0, 2**16 - 1),
)


def test_sizes_are_those_of_the_modes() -> None:
    """Bitrate and frame duration leave only one size; two tables must not drift apart."""
    assert {mode.code: mode.opus_bytes for mode in MODES.values()} == dict(OPUS_BYTES)


@given(t=UINT32, code=st.sampled_from(sorted(OPUS_BYTES)), data=st.data())
def test_an_audio_frame_comes_back(t: int, code: int, data: st.DataObject) -> None:
    """What was spoken is what is heard, in every mode."""
    size = OPUS_BYTES[code]
    frame = AudioFrame(t, code, data.draw(st.binary(min_size=size, max_size=size)))
    encoded = encode_audio(frame)
    assert encoded[:5] == t.to_bytes(4, "big") + bytes([code])
    assert parse_audio_untrusted(encoded) == frame


@given(report=REPORTS, code=st.sampled_from(sorted(OPUS_BYTES)))
def test_a_report_comes_back_and_looks_like_audio(report: Report, code: int) -> None:
    """Its size must not tell a listener that it is a report."""
    encoded = encode_report(report, mode_code=code)
    assert len(encoded) == 5 + OPUS_BYTES[code]
    assert parse_audio_untrusted(encoded) == report


def test_a_report_has_the_bytes_of_the_specification() -> None:
    """Another program, written from the specification alone, must understand it."""
    report = Report(
        t=1, sent_ms=2, echo_ms=3, held_ms=4, expected=5, on_time=6, late=7, lost=8, buffer_ms=9
    )
    numbers = b"".join(value.to_bytes(4, "big") for value in (2, 3, 4, 5, 6, 7, 8))
    expected = b"\0\0\0\x01\x80" + numbers + b"\0\x09" + bytes(30)
    assert encode_report(report, mode_code=1) == expected


def test_counts_stop_at_their_largest_value() -> None:
    """A number that started over would look like a call without loss."""
    report = Report(
        t=0,
        sent_ms=2**32,
        echo_ms=0,
        held_ms=0,
        expected=2**40,
        on_time=0,
        late=0,
        lost=0,
        buffer_ms=2**20,
    )
    parsed = parse_audio_untrusted(encode_report(report, mode_code=1))
    assert isinstance(parsed, Report)
    assert (parsed.sent_ms, parsed.expected, parsed.buffer_ms) == (0, 2**32 - 1, 2**16 - 1)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\0\0\0\0\x01",
        b"\0\0\0\0\x01" + bytes(59),
        b"\0\0\0\0\x01" + bytes(61),
        b"\0\0\0\0\x00" + bytes(60),
        b"\0\0\0\0\x06" + bytes(60),
        b"\0\0\0\0\x81" + bytes(60),
        b"\0\0\0\0\x80" + bytes(30),
        b"\0\0\0\0\x80" + bytes(61),
        b"\0\0\0\0\x80" + bytes(59) + b"\x01",
    ],
)
def test_anything_else_is_refused(data: bytes) -> None:
    """One size per mode, both ways: a peer cannot smuggle a channel into sizes or padding."""
    with pytest.raises(WireError):
        parse_audio_untrusted(data)


def test_a_packet_of_a_wrong_size_is_never_sent() -> None:
    """A size that follows the speech would leak it; that is our own bug, so it is loud."""
    with pytest.raises(ValueError, match="59 bytes"):
        encode_audio(AudioFrame(0, 1, bytes(59)))


NOISE = st.binary(max_size=200)
LIKELY_NOISE = st.tuples(
    st.binary(min_size=4, max_size=4),
    st.sampled_from([bytes([code]) for code in (*OPUS_BYTES, REPORT)]),
    st.sampled_from(sorted(OPUS_BYTES.values())).flatmap(
        lambda size: st.binary(min_size=size, max_size=size)
    ),
).map(b"".join)


@given(NOISE | LIKELY_NOISE)
def test_noise_raises_nothing_but_the_one_error(data: bytes) -> None:
    """Whatever a contact's broken program sends, this one keeps running."""
    with contextlib.suppress(WireError):
        parse_audio_untrusted(data)
