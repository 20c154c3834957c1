"""Keep a call's microphone and speaker open, whatever is unplugged meanwhile.

A device that vanishes is replaced by the default one, and taken again when it is back; the person
is told each time. All of it happens on a thread of its own, because opening a device may take a
second: the call goes on with silence.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from hamseda.errors import AudioError
from hamseda.transport.audio_source import SILENCE
from hamseda.transport.device import (
    DEAD_SECONDS,
    Device,
    Kind,
    OpenDevice,
    SoundSystem,
    find_device,
)

CHECK_SECONDS = 0.25
LOOK_SECONDS = 5.0
"""How often what is missing is looked for, and what is dead is opened again."""


@dataclass(slots=True)
class _Leg:
    """Be one direction: what was wished for, and what is open."""

    kind: Kind
    wish: str | None
    opened: OpenDevice | None = None
    is_missing: bool = False
    """The wish, or any device at all, is not there."""

    @property
    def in_use(self) -> str | None:
        """Name the device that is open."""
        return self.opened.device.id if self.opened else None

    def close(self) -> None:
        """Give the device back."""
        opened, self.opened = self.opened, None
        if opened is not None:
            opened.close()


class SoundDesk:
    """Be the source and the sink of a call that has devices."""

    def __init__(
        self,
        system: SoundSystem,
        note: Callable[[str], None],
        *,
        microphone: str | None = None,
        speaker: str | None = None,
    ) -> None:
        """Open both devices; raise `AudioError` when one that was named is not there."""
        self._system = system
        self._note = note
        self._checked_at = self._looked_at = self._opened_at = -LOOK_SECONDS
        self._present: frozenset[str] = frozenset()
        self._asked: queue.SimpleQueue[Kind | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._microphone = _Leg("microphone", microphone)
        self._speaker = _Leg("speaker", speaker)
        self._legs = (self._microphone, self._speaker)
        for leg in self._legs:
            self._begin(leg)

    # For the call

    def read_frame(self) -> bytes:
        """Give the oldest waiting frame of the microphone, or zeros."""
        opened = self._microphone.opened
        return SILENCE if opened is None else opened.queue.take()

    def write_frame(self, pcm: bytes) -> None:
        """Hand one frame to the speaker."""
        opened = self._speaker.opened
        if opened is not None:
            opened.queue.put(pcm)

    def close(self) -> None:
        """Give the devices back; may be called twice."""
        if self._thread is not None:
            self._asked.put(None)
            self._thread.join(2 * LOOK_SECONDS)
            self._thread = None
        for leg in self._legs:
            leg.close()

    # For the person

    def next_device(self, kind: Kind) -> None:
        """Ask for the device after the present one, soon; returns at once."""
        self._asked.put(kind)

    def in_use(self) -> Mapping[Kind, str | None]:
        """Name the devices that are open."""
        return {leg.kind: leg.in_use for leg in self._legs}

    def moved(self, kind: Kind) -> int:
        """Count the frames that have crossed the open device of a kind."""
        leg = self._microphone if kind == "microphone" else self._speaker
        return leg.opened.frames if leg.opened else 0

    # The watch

    def start(self) -> None:
        """Watch the devices on a thread until `close`."""
        self._thread = threading.Thread(target=self._watch, name="sound devices", daemon=True)
        self._thread.start()

    def _watch(self) -> None:
        while True:
            try:
                kind = self._asked.get(timeout=CHECK_SECONDS)
            except queue.Empty:
                self.check(time.monotonic())
                continue
            if kind is None:
                return
            self.change(kind)

    def check(self, now: float) -> None:
        """Replace what has vanished, and take back what has returned."""
        stood_still = now - self._checked_at > DEAD_SECONDS
        self._checked_at = now
        opened = [leg for leg in self._legs if leg.opened is not None]
        # All of them are asked: who was asked a second ago knows more.
        alive = [leg.opened is not None and leg.opened.is_alive(now) for leg in opened]
        gone = [leg for leg, is_alive in zip(opened, alive, strict=True) if not is_alive]
        if gone and not stood_still:
            if now >= self._opened_at + LOOK_SECONDS:
                for leg in gone:
                    self._note(f"The {leg.kind} {leg.in_use} is gone.")
                self._open_again(now)
        elif any(leg.is_missing for leg in self._legs) and now >= self._looked_at + LOOK_SECONDS:
            self._looked_at = now
            self._look(now)

    def change(self, kind: Kind) -> None:
        """Go over to the next device of a kind, in the order of the list."""
        leg = self._microphone if kind == "microphone" else self._speaker
        ids = [device.id for device in self._devices() if kind in device.kinds]
        if not ids:
            self._note(f"There is no {kind}.")
            return
        after = ids.index(leg.in_use) + 1 if leg.in_use in ids else 0
        leg.wish = ids[after % len(ids)]
        leg.close()
        self._open(leg)
        self._tell(leg)

    def _look(self, now: float) -> None:
        before, self._present = self._present, self._system.present()
        # What is there and cannot be opened is not tried for ever: each try stops both sounds.
        if self._present != before:
            self._open_again(now)

    def _open_again(self, now: float) -> None:
        self._opened_at = now
        before = [leg.in_use for leg in self._legs]
        for leg in self._legs:
            leg.close()
        try:
            self._system.rescan()
        except AudioError as error:
            self._note(f"{error}.")
        for leg, was in zip(self._legs, before, strict=True):
            self._open(leg)
            if leg.in_use != was:
                self._tell(leg)

    # One direction

    def _begin(self, leg: _Leg) -> None:
        if leg.wish is not None:
            # From now on by its whole name: a number means another device after a rescan.
            leg.wish = find_device(self._devices(), leg.wish, leg.kind).id
        self._open(leg)
        if leg.opened is None or leg.is_missing:
            self._tell(leg)

    def _open(self, leg: _Leg) -> None:
        """Open the wish, else the default, else nothing."""
        leg.is_missing = False
        for wish in dict.fromkeys((leg.wish, None)):
            try:
                device = find_device(self._devices(), wish, leg.kind)
                leg.opened = OpenDevice(self._system, device, leg.kind)
            except AudioError:
                leg.is_missing = True
            else:
                return

    def _devices(self) -> list[Device]:
        try:
            return list(self._system.devices())
        except AudioError:
            return []

    def _tell(self, leg: _Leg) -> None:
        if leg.opened is None:
            self._note(f"There is no {leg.kind} that works: going on without.")
        else:
            self._note(f"The {leg.kind} is {leg.in_use} now.")
