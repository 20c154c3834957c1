"""A device is found by what people type, and what stands between two clocks is short."""

from __future__ import annotations

import pytest

from hamseda.errors import AudioError
from hamseda.transport.audio_source import SILENCE
from hamseda.transport.device import CALM_TURNS, QUEUE_FRAMES, FrameQueue, find_device
from tests.transport.sound_system import PluggedIn

DEVICES = PluggedIn("mic of the camera", "mic of the headset", "speaker", "headset").devices()


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


def test_a_burst_at_the_start_is_no_delay_for_the_rest_of_the_call() -> None:
    """What always waited behind the next frame is dropped after a second."""
    queue = FrameQueue()
    for _ in range(QUEUE_FRAMES):
        queue.put(b"burst")
    given: list[bytes] = []
    for number in range(CALM_TURNS + 1):
        queue.put(bytes([number]))
        given.append(queue.take())
    assert given[-1] == bytes([CALM_TURNS])


def test_what_is_needed_now_and_then_is_kept() -> None:
    """A card that gives two frames at once and then none for a while is not cut off."""
    queue = FrameQueue()
    given: list[bytes] = []
    for _ in range(10 * CALM_TURNS):
        queue.put(b"sound")
        queue.put(b"sound")
        given += [queue.take(), queue.take()]
    assert SILENCE not in given


def test_a_gap_that_comes_of_it_is_not_tried_again_at_once() -> None:
    """A card that stands still each two seconds costs a few gaps, not one each time."""
    queue = FrameQueue()
    gaps = 0
    for turn in range(200 * CALM_TURNS):
        if turn % (2 * CALM_TURNS) < 2:
            pass
        elif turn % (2 * CALM_TURNS) == 2:
            for _ in range(3):
                queue.put(b"sound")
        else:
            queue.put(b"sound")
        gaps += queue.take() == SILENCE
    assert gaps < 20


@pytest.mark.parametrize(
    ("wish", "found"),
    [
        (None, "mic of the camera"),
        ("mic of the headset", "mic of the headset"),
        ("HEADSET", "mic of the headset"),
        ("1", "mic of the headset"),
    ],
)
def test_a_microphone_is_found(wish: str | None, found: str) -> None:
    """By its name, a part of it that no other has, its number, or as the default."""
    assert find_device(DEVICES, wish, "microphone").id == found


@pytest.mark.parametrize(
    ("wish", "words"), [("mic", "2 of the microphones"), ("piano", "'piano'"), ("2", "'2'")]
)
def test_what_is_not_clear_is_said(wish: str, words: str) -> None:
    """A call with the wrong microphone is worse than none: nothing is guessed."""
    with pytest.raises(AudioError, match=words) as caught:
        find_device(DEVICES, wish, "microphone")
    assert "hamseda devices" in caught.value.next


def test_a_machine_without_devices_can_still_call() -> None:
    """The next step is a file."""
    with pytest.raises(AudioError, match="no speaker") as caught:
        find_device([], None, "speaker")
    assert "--record" in caught.value.next
