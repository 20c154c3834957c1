"""Turn the local voice into media messages: gather, encode, seal and pack (spec/media.md §2)."""

from __future__ import annotations

from collections.abc import Callable

from hamseda.crypto.sframe import SFrameSender
from hamseda.media.modes import SLOT_SAMPLES, STANDARD, Mode
from hamseda.transport.audio_source import AudioSource
from hamseda.transport.opus import OpusEncoder
from hamseda.wire.audio import AudioFrame, Report, encode_audio, encode_report

_UINT32 = 0xFFFF_FFFF


class Speaking:
    """Say what a source gives, 20 ms a turn, in whatever mode is wanted.

    A mode begins with a new message, so that every message of a mode has one size.
    """

    def __init__(
        self,
        source: AudioSource,
        keys: SFrameSender,
        send: Callable[[tuple[bytes, ...]], None],
        mode: Mode = STANDARD,
    ) -> None:
        self._source = source
        self._keys = keys
        self._send = send
        self._encoder = OpusEncoder(mode)
        self._pcm = bytearray()
        self._packets: list[bytes] = []
        self._t = 0

    @property
    def mode(self) -> Mode:
        """Give the mode of the present frame."""
        return self._encoder.mode

    @property
    def t(self) -> int:
        """Give the media time of the next sample, modulo 2^32."""
        return self._t & _UINT32

    def turn(self, wanted: Mode) -> None:
        """Take the next 20 ms; send when they complete a frame and a message."""
        if not self._pcm and not self._packets:
            self._encoder.switch(wanted)
        self._pcm += self._source.read_frame()
        self._t += SLOT_SAMPLES
        mode = self.mode
        if len(self._pcm) < mode.frame_bytes:
            return
        frame = AudioFrame(
            (self._t - mode.frame_samples) & _UINT32,
            mode.code,
            self._encoder.encode(bytes(self._pcm)),
        )
        self._pcm.clear()
        self._pack(encode_audio(frame))

    def report(self, report: Report) -> None:
        """Send a report in the stream of frames, in the size of one."""
        self._pack(encode_report(report, mode_code=self.mode.code))

    def leave_out(self, turns: int) -> None:
        """Go on after a standstill: what was not said then is not said late."""
        self._pcm.clear()
        self._t += turns * SLOT_SAMPLES

    def _pack(self, plaintext: bytes) -> None:
        self._packets.append(self._keys.seal(plaintext))
        if len(self._packets) >= self.mode.packets_a_message:
            self._send(tuple(self._packets))
            self._packets.clear()
