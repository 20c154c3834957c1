"""Speech goes through the codec in packets of one size, and a lost one is not a hole."""

from __future__ import annotations

import math
import struct
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hamseda.errors import AudioError
from hamseda.media.modes import MODES, SAMPLE_RATE, STANDARD, Mode
from hamseda.transport.opus import LOOK_AHEAD_SAMPLES, OpusDecoder, OpusEncoder
from hamseda.transport.wav import WavSink, WavSource
from tests.speech import pesq_wb, voice

FRAME_BYTES = STANDARD.frame_bytes


def tone(samples: int, *, hertz: float = 300.0) -> bytes:
    """Make a vowel's worth of plain tone."""
    wave = (round(8_000 * math.sin(2 * math.pi * hertz * n / SAMPLE_RATE)) for n in range(samples))
    return b"".join(struct.pack("<h", sample) for sample in wave)


def loudness(pcm: bytes) -> float:
    """Give the root mean square of a piece of sound."""
    samples = struct.unpack(f"<{len(pcm) // 2}h", pcm)
    return math.sqrt(sum(sample * sample for sample in samples) / len(samples))


def cut(pcm: bytes, size: int) -> list[bytes]:
    """Cut sound into whole frames."""
    return [pcm[i : i + size] for i in range(0, len(pcm) - size + 1, size)]


@pytest.mark.parametrize("mode", MODES.values(), ids=lambda mode: mode.name)
def test_every_packet_has_the_size_of_its_mode(mode: Mode) -> None:
    """Sizes that follow the speech would tell a listener what is said."""
    encoder, decoder = OpusEncoder(mode), OpusDecoder()
    slots = mode.frame_ms // 20
    loud = tone(mode.frame_samples)
    noise = bytes((n * n * 31 + n // 7) % 251 for n in range(mode.frame_bytes))
    for pcm in (loud, bytes(mode.frame_bytes), noise, loud):
        packet = encoder.encode(pcm)
        assert len(packet) == mode.opus_bytes
        assert len(decoder.decode(packet, slots)) == mode.frame_bytes
        assert len(decoder.conceal()) == FRAME_BYTES


def test_a_tone_comes_back_after_the_look_ahead() -> None:
    """The codec delays by 6.5 ms and no more, and the zeros after the end bring the tail out."""
    encoder, decoder = OpusEncoder(), OpusDecoder()
    spoken = cut(tone(SAMPLE_RATE // 2), FRAME_BYTES)
    heard = [decoder.decode(encoder.encode(pcm)) for pcm in [*spoken, bytes(FRAME_BYTES)]]
    assert abs(loudness(b"".join(heard[5:25])) / loudness(b"".join(spoken)) - 1) < 0.1
    tail = heard[-1][: LOOK_AHEAD_SAMPLES * 2]
    assert loudness(tail) > 2_000


def test_a_lost_frame_is_concealed_and_many_fade_out() -> None:
    """One lost packet goes by unnoticed; a dead line does not hum for ever."""
    encoder, decoder = OpusEncoder(), OpusDecoder()
    for pcm in cut(tone(SAMPLE_RATE // 2), FRAME_BYTES):
        decoder.decode(encoder.encode(pcm))
    concealed = [loudness(decoder.conceal()) for _ in range(100)]
    assert concealed[0] > 3_000
    assert concealed[-1] < 300


def test_concealing_before_the_first_packet_is_silence() -> None:
    """A call that begins with a lost packet begins quietly."""
    assert OpusDecoder().conceal() == bytes(FRAME_BYTES)


def test_a_frame_of_another_size_is_refused() -> None:
    """A device that delivers half frames is our own bug, so it is loud."""
    with pytest.raises(AudioError, match="1920 bytes, not 1918"):
        OpusEncoder().encode(bytes(1918))


def test_speech_goes_on_after_a_broken_packet() -> None:
    """A contact's broken program costs one frame, not the call."""
    encoder, decoder = OpusEncoder(), OpusDecoder()
    packets = [encoder.encode(pcm) for pcm in cut(tone(SAMPLE_RATE // 2), FRAME_BYTES)]
    packets[10] = b"\xff" * 60
    heard = [decoder.decode(packet) for packet in packets]
    assert loudness(heard[14]) > 3_000


@given(st.lists(st.binary(max_size=80), min_size=1, max_size=5), st.integers(1, 6))
@settings(max_examples=50)
def test_noise_gives_a_frame_and_no_error(packets: list[bytes], slots: int) -> None:
    """Whatever is in a packet, exactly its slots of sound come out."""
    decoder = OpusDecoder()
    for packet in packets:
        assert len(decoder.decode(packet, slots)) == slots * FRAME_BYTES
        assert len(decoder.conceal()) == FRAME_BYTES


def test_the_same_sound_gives_the_same_packets() -> None:
    """Tests that compare recordings need a codec without dice."""
    runs = [
        [encoder.encode(pcm) for pcm in cut(tone(9_600), FRAME_BYTES)]
        for encoder in (OpusEncoder(), OpusEncoder())
    ]
    assert all(earlier == later for earlier, later in pairwise(runs))


SWITCHED = {"standard-40": 4.2, "saver": 3.9, "survival": 3.5, "last-resort": 2.8}
"""PESQ-wb that speech keeps while it changes between standard and this mode twice a second.

A fresh encoder at each change, without the last sound said to it once more, gives 3.7, 3.5 and 3.2.
In last resort libopus goes over to narrow band, which costs a step that nothing hides.
"""


@pytest.mark.parametrize("mode", list(MODES.values())[1:], ids=lambda mode: mode.name)
def test_a_change_of_mode_is_not_heard(mode: Mode, tmp_path: Path) -> None:
    """A network that gets worse in mid-word must not cost a hole in the word."""
    spoken = read_pcm(voice("jfk"))
    encoder, decoder = OpusEncoder(), OpusDecoder()
    heard, at, half_seconds = bytearray(), 0, 0
    while at + mode.frame_bytes <= len(spoken):
        if at >= half_seconds * SAMPLE_RATE:
            encoder.switch(mode if half_seconds % 2 else STANDARD)
            half_seconds += 1
        pcm = spoken[at : at + encoder.mode.frame_bytes]
        heard += decoder.decode(encoder.encode(pcm), encoder.mode.frame_ms // 20)
        at += len(pcm)
    sink = WavSink(tmp_path / "heard.wav")
    sink.write_frame(bytes(heard))
    sink.close()
    assert pesq_wb(voice("jfk"), tmp_path / "heard.wav") > SWITCHED[mode.name]


def read_pcm(path: Path) -> bytes:
    """Read a whole file as 48 kHz PCM, with a moment of silence after it."""
    source = WavSource(path)
    frames: list[bytes] = []
    while not source.is_ended:
        frames.append(source.read_frame())
    source.close()
    return b"".join(frames) + bytes(SAMPLE_RATE)


def test_a_switch_to_the_same_mode_changes_nothing() -> None:
    """Who asks twice gets the packets of who did not ask."""
    asked, left = OpusEncoder(), OpusEncoder()
    for pcm in cut(tone(9_600), FRAME_BYTES):
        asked.switch(STANDARD)
        assert asked.encode(pcm) == left.encode(pcm)


@pytest.mark.parametrize("mode", MODES.values(), ids=lambda mode: mode.name)
def test_20_ms_are_concealed_after_a_packet_of_any_mode(mode: Mode) -> None:
    """Playout goes by slots of 20 ms, also where a lost packet was longer."""
    encoder, decoder = OpusEncoder(mode), OpusDecoder()
    for pcm in cut(tone(SAMPLE_RATE), mode.frame_bytes):
        decoder.decode(encoder.encode(pcm), mode.frame_ms // 20)
    assert loudness(decoder.conceal()) > 2_000
