"""Speech goes through the codec in packets of one size, and a lost one is not a hole."""

from __future__ import annotations

import math
import struct
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hamseda.errors import AudioError
from hamseda.media.modes import MODES, SAMPLE_RATE, STANDARD, Mode
from hamseda.transport.opus import LOOK_AHEAD_SAMPLES, OpusDecoder, OpusEncoder

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
    encoder, decoder = OpusEncoder(mode), OpusDecoder(mode)
    loud = tone(mode.frame_samples)
    noise = bytes((n * n * 31 + n // 7) % 251 for n in range(mode.frame_bytes))
    for pcm in (loud, bytes(mode.frame_bytes), noise, loud):
        packet = encoder.encode(pcm)
        assert len(packet) == mode.opus_bytes
        assert len(decoder.decode(packet)) == mode.frame_bytes
        assert len(decoder.conceal()) == mode.frame_bytes


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


@given(st.lists(st.binary(max_size=80), min_size=1, max_size=5))
@settings(max_examples=50)
def test_noise_gives_a_frame_and_no_error(packets: list[bytes]) -> None:
    """Whatever is in a packet, exactly one frame of sound comes out."""
    decoder = OpusDecoder()
    for packet in packets:
        assert len(decoder.decode(packet)) == FRAME_BYTES
        assert len(decoder.conceal()) == FRAME_BYTES


def test_the_same_sound_gives_the_same_packets() -> None:
    """Tests that compare recordings need a codec without dice."""
    runs = [
        [encoder.encode(pcm) for pcm in cut(tone(9_600), FRAME_BYTES)]
        for encoder in (OpusEncoder(), OpusEncoder())
    ]
    assert all(earlier == later for earlier, later in pairwise(runs))
