"""Between a sound card's clock and the call's there is a short queue and nothing old."""

from __future__ import annotations

import importlib.util

import pytest

from hamseda.errors import AudioError
from hamseda.transport.audio_source import SILENCE
from hamseda.transport.sound_device import QUEUE_FRAMES, FrameQueue, Microphone


def test_an_empty_queue_gives_silence() -> None:
    """A microphone that is late costs 20 ms of silence, not a call that waits."""
    assert FrameQueue().take() == SILENCE


def test_a_full_queue_drops_its_oldest_frame() -> None:
    """A card that runs fast must not build up delay."""
    queue = FrameQueue()
    for number in range(QUEUE_FRAMES + 2):
        queue.put(bytes([number]))
    assert [queue.take() for _ in range(QUEUE_FRAMES)] == [
        bytes([number]) for number in range(2, QUEUE_FRAMES + 2)
    ]
    assert queue.take() == SILENCE


@pytest.mark.skipif(
    importlib.util.find_spec("sounddevice") is not None, reason="the extra is installed here"
)
def test_a_missing_library_is_named() -> None:
    """Who has no sound learns which extra to install, and how to call without it."""
    with pytest.raises(AudioError) as caught:
        Microphone()
    assert "hamseda[audio]" in caught.value.next
