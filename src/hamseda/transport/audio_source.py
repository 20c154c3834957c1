"""Say what a call needs of sound: somewhere to take frames from, somewhere to put them.

A frame is 20 ms of 48 kHz mono 16-bit PCM. Neither side waits: a source without sound gives
zeros, a sink without room drops.
"""

from __future__ import annotations

from typing import Protocol

from hamseda.media.modes import STANDARD

FRAME_BYTES = STANDARD.frame_bytes
SILENCE = bytes(FRAME_BYTES)


class AudioSource(Protocol):
    """Give the local voice, frame by frame."""

    def read_frame(self) -> bytes:
        """Give exactly `FRAME_BYTES`, at once; zeros where there is no sound."""
        ...

    def close(self) -> None:
        """Give the file or device back; may be called twice."""
        ...


class AudioSink(Protocol):
    """Take the remote voice, frame by frame, as it is played out."""

    def write_frame(self, pcm: bytes) -> None:
        """Take exactly `FRAME_BYTES`, at once."""
        ...

    def close(self) -> None:
        """Give the file or device back; may be called twice."""
        ...


class SilentSource:
    """Say nothing, in frames of the usual size: a listener of the network sees no difference."""

    def read_frame(self) -> bytes:
        """Give one frame of zeros."""
        return SILENCE

    def close(self) -> None:
        """Do nothing."""


class DeafSink:
    """Play to nobody."""

    def write_frame(self, pcm: bytes) -> None:
        """Drop one frame."""

    def close(self) -> None:
        """Do nothing."""


class MutableSource:
    """Give another source's voice, or zeros while the person does not want to be heard."""

    def __init__(self, source: AudioSource) -> None:
        self._source = source
        self.is_muted = False

    def read_frame(self) -> bytes:
        """Give the next frame; what is said while muted is lost, not kept."""
        pcm = self._source.read_frame()
        return SILENCE if self.is_muted else pcm

    def close(self) -> None:
        """Close the other source."""
        self._source.close()
