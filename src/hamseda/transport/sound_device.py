"""Reach sound devices through PortAudio, by the optional package `sounddevice` (extra `audio`).

The package is imported when a device is wanted, so that a machine without sound can still call
with files. PortAudio looks for devices only when it starts, and restarting it closes every stream:
what is plugged in now is therefore asked of a process of its own (`python -m` this module).
"""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol, cast

from hamseda.errors import AudioError
from hamseda.media.modes import SAMPLE_RATE, STANDARD
from hamseda.transport.device import Device, Kind, Stream

_LOOK_SECONDS = 5.0


class _Stream(Stream, Protocol):
    def start(self) -> None: ...


class _WritableBuffer(Protocol):
    def __setitem__(self, where: slice, data: bytes) -> None: ...


class _StreamKind(Protocol):
    def __call__(
        self,
        *,
        device: int,
        samplerate: int,
        blocksize: int,
        channels: int,
        dtype: str,
        callback: Callable[..., None],
    ) -> _Stream: ...


class _Default(Protocol):
    device: Sequence[int]


class _Library(Protocol):
    """Say what is used of `sounddevice`, which has no types."""

    PortAudioError: type[Exception]
    RawInputStream: _StreamKind
    RawOutputStream: _StreamKind
    default: _Default

    def query_devices(self) -> Sequence[Mapping[str, Any]]: ...

    def query_hostapis(self) -> Sequence[Mapping[str, Any]]: ...

    def _terminate(self) -> None: ...

    def _initialize(self) -> None: ...


class PortAudio:
    """Be the sound system of this machine."""

    def __init__(self) -> None:
        """Load the library; raise `AudioError` if it is not installed."""
        try:
            self._library = cast("_Library", importlib.import_module("sounddevice"))
        except ImportError as error:
            raise AudioError(
                "this installation has no sound",
                next="Install the extra hamseda[audio] (docs/tutorial/first-call.md says how), or"
                " use --play FILE.wav and --record FILE.wav.",
            ) from error
        except OSError as error:
            raise AudioError(
                "the PortAudio library is missing",
                next="Install it (Debian: libportaudio2), or use --play and --record.",
            ) from error

    def devices(self) -> Sequence[Device]:
        """List the devices as they were at the last scan."""
        library = self._library
        try:
            found = library.query_devices()
            apis = [str(api["name"]) for api in library.query_hostapis()]
            defaults = list(library.default.device)
        except library.PortAudioError as error:
            raise _refused("the sound devices cannot be listed", error) from error
        names = Counter(str(entry["name"]) for entry in found)
        return [
            Device(
                id=_id(entry, apis, is_unique=names[str(entry["name"])] == 1),
                number=number,
                kinds=_kinds(entry),
                default_for=_kinds(entry) & _default_kinds(number, defaults),
            )
            for number, entry in enumerate(found)
        ]

    def rescan(self) -> None:
        """Restart PortAudio, which closes every stream."""
        library = self._library
        try:
            library._terminate()  # pyright: ignore[reportPrivateUsage]
            library._initialize()  # pyright: ignore[reportPrivateUsage]
        except library.PortAudioError as error:
            raise _refused("the sound devices cannot be listed", error) from error

    def present(self) -> frozenset[str]:
        """Ask a fresh process which devices there are now."""
        try:
            done = subprocess.run(  # noqa: S603 - this very program
                [sys.executable, "-m", __name__],
                capture_output=True,
                timeout=_LOOK_SECONDS,
                check=True,
            )
        except (OSError, subprocess.SubprocessError):
            return frozenset()
        return frozenset(cast("list[str]", json.loads(done.stdout)))

    def open_microphone(self, device: Device, heard: Callable[[bytes], None]) -> Stream:
        """Open and start a device that calls `heard` for each frame."""

        def on_sound(data: bytes, _frames: int, _time: object, _status: object) -> None:
            heard(bytes(data))

        return self._open("microphone", self._library.RawInputStream, device, on_sound)

    def open_speaker(self, device: Device, needed: Callable[[], bytes]) -> Stream:
        """Open and start a device that calls `needed` for each frame."""

        def on_need(out: _WritableBuffer, _frames: int, _time: object, _status: object) -> None:
            out[:] = needed()

        return self._open("speaker", self._library.RawOutputStream, device, on_need)

    def _open(
        self, kind: Kind, make: _StreamKind, device: Device, callback: Callable[..., None]
    ) -> Stream:
        try:
            stream = make(
                device=device.number,
                samplerate=SAMPLE_RATE,
                blocksize=STANDARD.frame_samples,
                channels=1,
                dtype="int16",
                callback=callback,
            )
            stream.start()
        except self._library.PortAudioError as error:
            raise _refused(f"the {kind} {device.id} cannot be opened", error) from error
        return stream


def _id(entry: Mapping[str, Any], apis: Sequence[str], *, is_unique: bool) -> str:
    name = str(entry["name"])
    return name if is_unique else f"{name} ({apis[int(entry['hostapi'])]})"


def _kinds(entry: Mapping[str, Any]) -> frozenset[Kind]:
    kinds: set[Kind] = set()
    if entry["max_input_channels"] > 0:
        kinds.add("microphone")
    if entry["max_output_channels"] > 0:
        kinds.add("speaker")
    return frozenset(kinds)


def _default_kinds(number: int, defaults: Sequence[int]) -> frozenset[Kind]:
    of: tuple[Kind, Kind] = ("microphone", "speaker")
    return frozenset(kind for kind, default in zip(of, defaults, strict=True) if default == number)


def _refused(what: str, error: Exception) -> AudioError:
    return AudioError(
        f"{what}: {error}",
        next="Close what else uses it, choose another (`hamseda devices`), or use --play and"
        " --record.",
    )


if __name__ == "__main__":
    json.dump([device.id for device in PortAudio().devices()], sys.stdout)
