"""PortAudio's words are turned into ours, and its failures into sentences."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from hamseda.errors import AudioError
from hamseda.transport.device import Device, Kind
from hamseda.transport.sound_device import PortAudio


class PortAudioError(Exception):
    """Be the library's own error."""


class RawStream:
    """Be a stream of the library; a test calls its callback."""

    opened: list[RawStream]

    def __init__(self, *, device: int, callback: Callable[..., None], **options: Any) -> None:
        if device == 2:
            raise PortAudioError("Device unavailable")
        self.callback = callback
        self.options = options
        self.active = False
        RawStream.opened.append(self)

    def start(self) -> None:
        """Begin."""
        self.active = True

    def close(self) -> None:
        """End."""
        self.active = False


def entry(name: str, api: int, inputs: int, outputs: int) -> dict[str, Any]:
    """Give one device as the library lists it."""
    return {
        "name": name, "hostapi": api, "max_input_channels": inputs, "max_output_channels": outputs
    }  # fmt: skip


@pytest.fixture
def library(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """Put a library with four devices where the real one would be."""
    RawStream.opened = []
    fake = SimpleNamespace(
        PortAudioError=PortAudioError,
        RawInputStream=RawStream,
        RawOutputStream=RawStream,
        default=SimpleNamespace(device=[0, 1]),
        query_devices=lambda: [
            entry("Camera", 0, 1, 0),
            entry("Monitor", 0, 0, 2),
            entry("Headset", 0, 1, 2),
            entry("Headset", 1, 1, 2),
        ],
        query_hostapis=lambda: [{"name": "ALSA"}, {"name": "JACK"}],
        restarts=[],
    )
    fake._terminate = lambda: fake.restarts.append("stop")
    fake._initialize = lambda: fake.restarts.append("start")
    monkeypatch.setitem(sys.modules, "sounddevice", fake)
    return fake


def test_devices_are_listed_with_ids_that_tell_them_apart(library: SimpleNamespace) -> None:
    """Two of one name differ by the system that they belong to."""
    one, other = frozenset[Kind]({"microphone"}), frozenset[Kind]({"speaker"})
    both = one | other
    assert PortAudio().devices() == [
        Device("Camera", 0, one, one),
        Device("Monitor", 1, other, other),
        Device("Headset (ALSA)", 2, both, frozenset()),
        Device("Headset (JACK)", 3, both, frozenset()),
    ]


def test_frames_cross_in_the_calls_format(library: SimpleNamespace) -> None:
    """20 ms of 48 kHz mono, whatever the hardware has: PortAudio converts."""
    system = PortAudio()
    camera, monitor, *_ = system.devices()
    heard: list[bytes] = []
    microphone = system.open_microphone(camera, heard.append)
    system.open_speaker(monitor, lambda: b"frame")
    assert microphone.active
    raw, played = RawStream.opened
    assert raw.options == {"samplerate": 48_000, "blocksize": 960, "channels": 1, "dtype": "int16"}
    raw.callback(memoryview(b"sound"), 960, None, None)
    out = bytearray(5)
    played.callback(out, 960, None, None)
    assert (heard, bytes(out)) == ([b"sound"], b"frame")


def test_a_device_that_cannot_be_opened_is_named(library: SimpleNamespace) -> None:
    """Which one, why, and what to do."""
    system = PortAudio()
    with pytest.raises(AudioError, match=r"Headset \(ALSA\).*unavailable") as caught:
        system.open_speaker(system.devices()[2], lambda: b"")
    assert "hamseda devices" in caught.value.next


def test_a_rescan_restarts_the_library(library: SimpleNamespace) -> None:
    """PortAudio looks for devices only when it starts."""
    PortAudio().rescan()
    assert library.restarts == ["stop", "start"]


@pytest.mark.parametrize(("failure", "words"), [(ImportError, "hamseda[audio]"), (OSError, "Debi")])
def test_a_missing_library_is_named(
    failure: type[Exception], words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who has no sound learns what to install, and how to call without it."""

    def fail(name: str) -> None:
        raise failure(name)

    monkeypatch.setattr("importlib.import_module", fail)
    with pytest.raises(AudioError) as caught:
        PortAudio()
    assert words in caught.value.next
