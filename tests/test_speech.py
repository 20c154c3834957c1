"""The measure of speech must itself be right: it decides whether a call was a call."""

from __future__ import annotations

import contextlib
from pathlib import Path

import numpy as np
import pytest

from hamseda.transport.audio_source import FRAME_BYTES
from hamseda.transport.opus import OpusDecoder, OpusEncoder
from hamseda.transport.wav import WavSink, WavSource
from tests.speech import pesq_wb, voice


@pytest.fixture(scope="module")
def decoded() -> list[bytes]:
    """Send the recorded voice through the codec and nothing else."""
    encoder, decoder = OpusEncoder(), OpusDecoder()
    frames: list[bytes] = []
    with contextlib.closing(WavSource(voice("jfk"))) as source:
        while not source.is_ended:
            frames.append(decoder.decode(encoder.encode(source.read_frame())))
    return frames


def record(path: Path, frames: list[bytes]) -> Path:
    """Write frames to a file."""
    with contextlib.closing(WavSink(path)) as sink:
        for pcm in frames:
            sink.write_frame(pcm)
    return path


def test_the_codec_alone_scores_high(decoded: list[bytes], tmp_path: Path) -> None:
    """A call cannot sound better than this, so this must be good."""
    assert pesq_wb(voice("jfk"), record(tmp_path / "heard.wav", decoded)) > 4.0


def test_a_late_start_and_a_long_end_cost_nothing(decoded: list[bytes], tmp_path: Path) -> None:
    """Recordings begin before the voice does, and end when somebody hangs up."""
    silence = [bytes(FRAME_BYTES)]
    recording = record(tmp_path / "heard.wav", silence * 70 + decoded + silence * 100)
    assert pesq_wb(voice("jfk"), recording) > 4.0


def test_a_missing_half_costs_much(decoded: list[bytes], tmp_path: Path) -> None:
    """A call that broke off is no good call, however clear its beginning was."""
    half = record(tmp_path / "heard.wav", decoded[: len(decoded) // 2])
    assert pesq_wb(voice("jfk"), half) < 3.0


def test_holes_cost_much(decoded: list[bytes], tmp_path: Path) -> None:
    """One frame in five missing is heard by everybody."""
    frames = [bytes(FRAME_BYTES) if n % 5 == 0 else pcm for n, pcm in enumerate(decoded)]
    assert pesq_wb(voice("jfk"), record(tmp_path / "heard.wav", frames)) < 2.0


@pytest.mark.parametrize("count", [0, 1, 500])
def test_silence_scores_worst(count: int, tmp_path: Path) -> None:
    """A relay that drops everything must turn the test red, not break the measure."""
    silence = record(tmp_path / "heard.wav", [bytes(FRAME_BYTES)] * count)
    assert pesq_wb(voice("jfk"), silence) == 1.0


def test_another_sound_scores_badly(tmp_path: Path) -> None:
    """Noise of the right length and loudness is no speech."""
    dice = np.random.default_rng(1)
    noise = [dice.integers(-3_000, 3_000, 960, dtype="<i2").tobytes() for _ in range(550)]
    assert pesq_wb(voice("jfk"), record(tmp_path / "heard.wav", noise)) < 1.6
