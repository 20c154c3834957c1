"""Take the voice from a microphone and give the other one to a speaker.

`sounddevice` (PortAudio) is the optional extra `audio`; it is imported when a device is opened,
so that a machine without sound can still call with files. A device runs on its own clock and
thread: between it and the call stands a queue of at most 100 ms that drops its oldest frame.
"""

from __future__ import annotations

import importlib
from collections import deque
from collections.abc import Callable
from typing import Protocol, cast

from hamseda.errors import AudioError
from hamseda.media.modes import SAMPLE_RATE, STANDARD
from hamseda.transport.audio_source import FRAME_BYTES, SILENCE

QUEUE_FRAMES = 5

_Callback = Callable[..., None]


class _WritableBuffer(Protocol):
    def __setitem__(self, where: slice, data: bytes) -> None: ...


class _Stream(Protocol):
    def start(self) -> None: ...

    def close(self) -> None: ...


class _StreamKind(Protocol):
    def __call__(
        self, *, samplerate: int, blocksize: int, channels: int, dtype: str, callback: _Callback
    ) -> _Stream: ...


class FrameQueue:
    """Join two clocks: hold a few frames, drop the oldest when full, give zeros when empty.

    One thread may put while another takes: a deque's own operations are atomic.
    """

    def __init__(self, size: int = QUEUE_FRAMES) -> None:
        """Hold at most `size` frames."""
        self._frames: deque[bytes] = deque(maxlen=size)

    def put(self, pcm: bytes) -> None:
        """Append one frame; the oldest goes when there are too many."""
        self._frames.append(pcm)

    def take(self) -> bytes:
        """Give the oldest frame, or silence."""
        try:
            return self._frames.popleft()
        except IndexError:
            return SILENCE


class Microphone:
    """Give what the default input device hears."""

    def __init__(self) -> None:
        """Open and start the device; raise `AudioError` if there is none."""
        self._queue = FrameQueue()
        self._stream = _open("RawInputStream", "microphone", self._on_sound)

    def read_frame(self) -> bytes:
        """Give the oldest waiting frame, or zeros."""
        return self._queue.take()

    def close(self) -> None:
        """Give the device back."""
        self._stream.close()

    def _on_sound(self, data: bytes, _frames: int, _time: object, _status: object) -> None:
        self._queue.put(bytes(data).ljust(FRAME_BYTES, b"\0"))


class Speaker:
    """Play to the default output device."""

    def __init__(self) -> None:
        """Open and start the device; raise `AudioError` if there is none."""
        self._queue = FrameQueue()
        self._stream = _open("RawOutputStream", "speaker", self._on_need)

    def write_frame(self, pcm: bytes) -> None:
        """Hand one frame to the device; the oldest waiting one goes when there are too many."""
        self._queue.put(pcm)

    def close(self) -> None:
        """Give the device back."""
        self._stream.close()

    def _on_need(self, out: _WritableBuffer, _frames: int, _time: object, _status: object) -> None:
        out[:] = self._queue.take()


def _open(kind: str, device: str, callback: _Callback) -> _Stream:
    try:
        library = importlib.import_module("sounddevice")
    except ImportError as error:
        raise AudioError(
            f"no {device}: this installation has no sound",
            next="Install the extra hamseda[audio] (docs/tutorial/first-call.md says how), or use"
            " --play FILE.wav and --record FILE.wav.",
        ) from error
    except OSError as error:
        raise AudioError(
            f"no {device}: the PortAudio library is missing",
            next="Install it (Debian: libportaudio2), or use --play and --record.",
        ) from error
    foreign = cast("type[Exception]", library.PortAudioError)
    try:
        stream = cast("_StreamKind", getattr(library, kind))(
            samplerate=SAMPLE_RATE,
            blocksize=STANDARD.frame_samples,
            channels=1,
            dtype="int16",
            callback=callback,
        )
        stream.start()
    except foreign as error:
        raise AudioError(
            f"the {device} cannot be opened: {error}",
            next="Plug it in or choose it in the system's settings, or use --play and --record.",
        ) from error
    return stream
