"""Any recorder's file can be played into a call, and a recording survives everything."""

from __future__ import annotations

import contextlib
import math
import struct
import tempfile
import wave
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hamseda.errors import AudioError
from hamseda.transport.audio_source import FRAME_BYTES
from hamseda.transport.wav import WavSink, WavSource

JFK = Path(__file__).parent.parent / "data" / "jfk-48k.wav"


def riff(fmt: bytes, data: bytes, *, before: bytes = b"", data_size: int | None = None) -> bytes:
    """Build a WAV file by hand."""
    size = len(data) if data_size is None else data_size
    body = b"WAVE" + before + b"fmt " + struct.pack("<I", len(fmt)) + fmt
    body += b"data" + struct.pack("<I", size) + data
    return b"RIFF" + struct.pack("<I", len(body)) + body


def pcm_format(*, channels: int, rate: int, bits: int, tag: int = 1) -> bytes:
    """Build the format chunk of plain PCM."""
    block = channels * bits // 8
    return struct.pack("<HHIIHH", tag, channels, rate, rate * block, block, bits)


def tone(*, channels: int, rate: int, bits: int, tag: int = 1) -> bytes:
    """Make half a second of a 300 Hz tone at half of full scale in the given samples."""
    data = bytearray()
    for n in range(rate // 2):
        level = 0.5 * math.sin(2 * math.pi * 300 * n / rate)
        if tag == 3:
            sample = struct.pack("<f", level)
        elif bits == 8:
            sample = bytes([round(128 + 127 * level)])
        else:
            sample = round(level * (2 ** (bits - 1) - 1)).to_bytes(bits // 8, "little", signed=True)
        data += sample * channels
    return bytes(data)


def read_all(path: Path) -> bytes:
    """Read to the end."""
    pcm = b""
    with contextlib.closing(WavSource(path)) as source:
        while not source.is_ended:
            pcm += source.read_frame()
    return pcm


def samples_of(pcm: bytes) -> tuple[int, ...]:
    """Unpack 16-bit samples."""
    return struct.unpack(f"<{len(pcm) // 2}h", pcm)


def test_a_48_khz_mono_file_is_played_bit_by_bit() -> None:
    """What needs no change is not changed, and frames are exact."""
    with wave.open(str(JFK)) as file:
        expected = file.readframes(file.getnframes())
    pcm = read_all(JFK)
    assert pcm[: len(expected)] == expected
    assert not any(pcm[len(expected) :])
    assert len(pcm) - len(expected) < FRAME_BYTES


def test_after_the_end_there_is_silence_for_ever() -> None:
    """A voice that has said all goes on in packets of the same size."""
    source = WavSource(JFK)
    while not source.is_ended:
        source.read_frame()
    assert [source.read_frame() for _ in range(3)] == [bytes(FRAME_BYTES)] * 3
    source.close()
    source.close()
    assert source.read_frame() == bytes(FRAME_BYTES)


@pytest.mark.parametrize("rate", [8_000, 44_100, 48_000])
@pytest.mark.parametrize("channels", [1, 2])
@pytest.mark.parametrize(("bits", "tag"), [(8, 1), (16, 1), (24, 1), (32, 1), (32, 3)])
def test_every_usual_file_sounds_the_same(
    tmp_path: Path, rate: int, channels: int, bits: int, tag: int
) -> None:
    """Length, pitch and loudness survive, whatever the recorder wrote."""
    path = tmp_path / "voice.wav"
    fmt = pcm_format(channels=channels, rate=rate, bits=bits, tag=tag)
    path.write_bytes(riff(fmt, tone(channels=channels, rate=rate, bits=bits, tag=tag)))
    samples = samples_of(read_all(path))
    assert abs(len(samples) - 24_000) <= 960
    middle = samples[4_800:19_200]
    assert abs(max(middle) - 16_384) < 500
    rises = sum(before < 0 <= after for before, after in pairwise(middle))
    assert abs(rises - 90) <= 1


def test_an_extensible_header_and_foreign_chunks_are_read(tmp_path: Path) -> None:
    """Editors write 24 bits this way, and a title in front of the sound."""
    path = tmp_path / "voice.wav"
    fmt = pcm_format(channels=1, rate=48_000, bits=24, tag=0xFFFE)
    fmt += struct.pack("<HHIH", 22, 24, 4, 1) + bytes(14)
    title = b"LIST" + struct.pack("<I", 5) + b"title\0"
    path.write_bytes(riff(fmt, tone(channels=1, rate=48_000, bits=24), before=title))
    assert max(samples_of(read_all(path))) > 16_000


@pytest.mark.parametrize("size", [0, 0x7FFF_FFFF, 0xFFFF_FFFF, 1_000_000])
def test_a_recorder_that_was_killed_left_a_playable_file(tmp_path: Path, size: int) -> None:
    """Its header says nothing or too much; the sound is there."""
    path = tmp_path / "voice.wav"
    fmt = pcm_format(channels=1, rate=48_000, bits=16)
    sound = tone(channels=1, rate=48_000, bits=16)
    path.write_bytes(riff(fmt, sound + b"\x01", data_size=size))
    pcm = read_all(path)
    assert pcm[: len(sound)] == sound
    assert len(pcm) - len(sound) in {0, FRAME_BYTES}


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "no WAV file"),
        (b"OggS" + bytes(100), "no WAV file"),
        (b"RIFF\0\0\0\0WAVE", "no sound"),
        (b"RIFF\0\0\0\0WAVEdata\0\0\0\0", "before its format"),
        (b"RIFF\0\0\0\0WAVEfmt \x04\0\0\0\0\0\0\0", "cut off"),
        (riff(pcm_format(channels=6, rate=48_000, bits=16), b""), "6 channels"),
        (riff(pcm_format(channels=1, rate=0, bits=16), b""), "0 samples a second"),
        (riff(pcm_format(channels=1, rate=48_000, bits=12), b""), "12 bits"),
        (riff(pcm_format(channels=1, rate=8_000, bits=8, tag=7), b""), "compressed"),
    ],
)
def test_what_cannot_be_played_is_named(tmp_path: Path, content: bytes, why: str) -> None:
    """The person learns what is wrong with the file and what to give instead."""
    path = tmp_path / "voice.wav"
    path.write_bytes(content)
    with pytest.raises(AudioError, match=why) as caught:
        WavSource(path)
    assert "WAV" in caught.value.next


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    """A typing error in a path is no traceback."""
    with pytest.raises(AudioError, match="No such file"):
        WavSource(tmp_path / "nothing.wav")
    with pytest.raises(AudioError, match="No such file"):
        WavSink(tmp_path / "nowhere" / "recording.wav")


@given(st.binary(max_size=300), st.binary(max_size=300), st.integers(0, 2**32 - 1))
def test_noise_raises_nothing_but_the_one_error(fmt: bytes, data: bytes, size: int) -> None:
    """A damaged file costs a sentence, not a crash."""
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "noise.wav"
        path.write_bytes(riff(fmt, data, data_size=size))
        with contextlib.suppress(AudioError):
            source = WavSource(path)
            source.read_frame()
            source.close()


def test_a_recording_is_valid_after_every_frame(tmp_path: Path) -> None:
    """A call that is killed leaves what was heard, in a file that every player opens."""
    path = tmp_path / "heard.wav"
    sink = WavSink(path)
    frame = bytes(range(256)) * 8
    for count in range(1, 4):
        sink.write_frame(frame[:FRAME_BYTES])
        with wave.open(str(path)) as file:
            assert (file.getframerate(), file.getnchannels(), file.getsampwidth()) == (48_000, 1, 2)
            assert file.readframes(file.getnframes()) == frame[:FRAME_BYTES] * count
        assert path.stat().st_size == 44 + count * FRAME_BYTES
    sink.close()
    sink.close()


def test_a_recording_can_be_played(tmp_path: Path) -> None:
    """What was heard yesterday can be said today."""
    path = tmp_path / "heard.wav"
    sink, source = WavSink(path), WavSource(JFK)
    spoken = [source.read_frame() for _ in range(50)]
    source.close()
    for pcm in spoken:
        sink.write_frame(pcm)
    sink.close()
    assert read_all(path) == b"".join(spoken)
