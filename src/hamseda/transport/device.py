"""Say what a sound device is, find the one that is meant, and hold one open.

A device runs on its own clock and thread: between it and the call stands a queue of at most 100 ms
that drops its oldest frame, and what nobody needed for a while. How devices are reached is the
matter of `sound_device.py`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol, TypeAlias

from hamseda.errors import AudioError
from hamseda.transport.audio_source import FRAME_BYTES, SILENCE

QUEUE_FRAMES = 5
CALM_TURNS = 50
"""Turns without a gap after which what was not needed in them is dropped: a second."""

CALM_TURNS_MOST = 3200
DEAD_SECONDS = 1.0
"""A device that moves no frame for so long is gone."""

Kind: TypeAlias = Literal["microphone", "speaker"]


@dataclass(frozen=True, slots=True)
class Device:
    """Describe one sound device as it is plugged in now."""

    id: str
    """Its name, which stays when it is unplugged and comes back."""
    number: int
    """Its place in the list, which does not."""
    kinds: frozenset[Kind]
    default_for: frozenset[Kind]


class Stream(Protocol):
    """Be an open device."""

    @property
    def active(self) -> bool:
        """Tell whether the device still runs."""
        ...

    def close(self) -> None:
        """Give the device back."""
        ...


class SoundSystem(Protocol):
    """Reach the devices of this machine; what fails raises `AudioError`."""

    def devices(self) -> Sequence[Device]:
        """List the devices as they were at the last scan."""
        ...

    def rescan(self) -> None:
        """Look for devices again. Every stream must be closed before."""
        ...

    def present(self) -> frozenset[str]:
        """Give the ids of what is plugged in now, leaving open streams alone. May take a second."""
        ...

    def open_microphone(self, device: Device, heard: Callable[[bytes], None]) -> Stream:
        """Open and start a device that calls `heard` for each frame, on a thread of its own."""
        ...

    def open_speaker(self, device: Device, needed: Callable[[], bytes]) -> Stream:
        """Open and start a device that calls `needed` for each frame, on a thread of its own."""
        ...


def find_device(devices: Sequence[Device], wish: str | None, kind: Kind) -> Device:
    """Find the device that is meant: an id, a number, or a part of one id; None is the default.

    Raise `AudioError` when there is none.
    """
    of_kind = [device for device in devices if kind in device.kinds]
    if wish is None:
        default = [device for device in of_kind if kind in device.default_for] or of_kind
        if not default:
            raise AudioError(
                f"this machine has no {kind}",
                next="Plug one in, or use --play FILE.wav and --record FILE.wav.",
            )
        return default[0]
    exact = [device for device in of_kind if wish in (device.id, str(device.number))]
    found = exact or [device for device in of_kind if wish.casefold() in device.id.casefold()]
    if not found:
        raise AudioError(f"no {kind} is called {wish!r}", next="`hamseda devices` lists them.")
    if len(found) > 1 and not exact:
        raise AudioError(
            f"{len(found)} of the {kind}s have {wish!r} in their name",
            next="Give more of the name; `hamseda devices` lists them.",
        )
    return found[0]


class FrameQueue:
    """Join two clocks: hold a few frames, drop the oldest when full, give zeros when empty.

    One thread may put while another takes: a deque's own operations are atomic.
    """

    def __init__(self) -> None:
        """Hold nothing yet."""
        self._frames: deque[bytes] = deque(maxlen=QUEUE_FRAMES)
        self._fewest = QUEUE_FRAMES
        """How many waited when the fewest did, of late."""
        self._turns = 0
        self._calm = CALM_TURNS
        self._has_given = False
        self._is_trying = False
        """Something was dropped, and no gap has come of it yet."""

    def put(self, pcm: bytes) -> None:
        """Append one frame; the oldest goes when there are too many."""
        self._frames.append(pcm)

    def take(self) -> bytes:
        """Give the oldest frame, or silence.

        A burst at the start, or after a standstill, would be heard as delay for the rest of the
        call: what always waited behind the next frame goes. A gap that comes of it doubles the
        turns until it is tried again.
        """
        try:
            pcm = self._frames.popleft()
        except IndexError:
            self._note_gap()
            return SILENCE
        self._has_given = True
        self._fewest = min(self._fewest, len(self._frames))
        self._turns += 1
        if self._turns >= self._calm:
            self._is_trying = self._is_trying or self._fewest > 0
            for _ in range(self._fewest):
                self._frames.popleft()
            self._watch_anew()
        return pcm

    def _note_gap(self) -> None:
        if self._has_given and self._is_trying:
            self._calm = min(CALM_TURNS_MOST, 2 * self._calm)
            self._is_trying = False
        self._has_given = False
        self._watch_anew()

    def _watch_anew(self) -> None:
        self._fewest = QUEUE_FRAMES
        self._turns = 0


class OpenDevice:
    """Hold one device open, with the queue between its clock and the call's.

    One that moves no frames is gone, whatever it says of itself.
    """

    def __init__(self, system: SoundSystem, device: Device, kind: Kind) -> None:
        """Open and start the device; raise `AudioError` if it cannot be."""
        self.device = device
        self.queue = FrameQueue()
        self.frames = 0
        """How many frames have crossed."""
        self._seen = (-1, 0.0)
        if kind == "microphone":
            self._stream = system.open_microphone(device, self._heard)
        else:
            self._stream = system.open_speaker(device, self._needed)

    def is_alive(self, now: float) -> bool:
        """Tell whether a frame has crossed lately, as far as earlier calls of this can tell."""
        frames, since = self._seen
        if self.frames != frames:
            self._seen = (self.frames, now)
            since = now
        return self._stream.active and now - since <= DEAD_SECONDS

    def close(self) -> None:
        """Give the device back."""
        self._stream.close()

    def _heard(self, pcm: bytes) -> None:
        self.frames += 1
        self.queue.put(pcm.ljust(FRAME_BYTES, b"\0"))

    def _needed(self) -> bytes:
        self.frames += 1
        return self.queue.take()
