"""Be a machine with sound devices that a test plugs in and out."""

from __future__ import annotations

from collections.abc import Callable

from hamseda.errors import AudioError
from hamseda.transport.device import Device, Kind

SPOKEN = b"\x01\x02" * 960


class PluggedStream:
    """Be an open device of the fake machine; a test lets it tick."""

    def __init__(self, tick: Callable[[], None], system: PluggedIn, device: Device) -> None:
        self._tick = tick
        self._system = system
        self._device = device
        self.active = True

    def tick(self) -> None:
        """Let 20 ms pass on the device's clock; one that was unplugged has none."""
        if self.active and self._device.id in self._system.plugged:
            self._tick()

    def close(self) -> None:
        """Give the device back."""
        self.active = False


class PluggedIn:
    """Be the sound system; what is plugged in is seen after a rescan only, as with PortAudio."""

    def __init__(self, *plugged: str) -> None:
        self.plugged = list(plugged)
        """Names; one with "mic" in it is a microphone, others are speakers. The first is default"""
        self.broken: set[str] = set()
        self.streams: list[PluggedStream] = []
        self.played: dict[str, list[bytes]] = {}
        self.rescans = 0
        self.looks = 0
        self._seen = list(plugged)

    def devices(self) -> list[Device]:
        """List what there was at the last scan."""
        found: list[Device] = []
        for number, name in enumerate(self._seen):
            kind: Kind = "microphone" if "mic" in name else "speaker"
            kinds = frozenset[Kind]({kind})
            is_first = not any(kinds <= device.kinds for device in found)
            found.append(Device(name, number, kinds, kinds if is_first else frozenset()))
        return found

    def rescan(self) -> None:
        """Look again."""
        assert not any(stream.active for stream in self.streams), "a rescan closes streams"
        self.rescans += 1
        self._seen = list(self.plugged)

    def present(self) -> frozenset[str]:
        """Say what is plugged in."""
        self.looks += 1
        return frozenset(self.plugged)

    def open_microphone(self, device: Device, heard: Callable[[bytes], None]) -> PluggedStream:
        """Open a microphone that hears `SPOKEN`."""
        return self._open(device, lambda: heard(SPOKEN))

    def open_speaker(self, device: Device, needed: Callable[[], bytes]) -> PluggedStream:
        """Open a speaker that remembers what it played."""
        played = self.played.setdefault(device.id, [])
        return self._open(device, lambda: played.append(needed()))

    def tick(self) -> None:
        """Let 20 ms pass on every device."""
        for stream in self.streams:
            stream.tick()

    def _open(self, device: Device, tick: Callable[[], None]) -> PluggedStream:
        if device.id in self.broken or device.id not in self.plugged:
            raise AudioError(f"{device.id} cannot be opened")
        self.streams.append(PluggedStream(tick, self, device))
        return self.streams[-1]
