"""Read a voice from a WAV file, and record what is played out into one.

Reading takes PCM of 8, 16, 24 or 32 bits, or 32-bit float, mono or stereo, at any usual rate, and
gives 48 kHz mono frames. A recording is a valid file after every frame, so that a call that is
killed leaves what was heard.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import av
from av.error import FFmpegError

from hamseda.errors import AudioError
from hamseda.media.modes import SAMPLE_BYTES, SAMPLE_RATE
from hamseda.transport.audio_source import FRAME_BYTES

_PCM, _FLOAT, _EXTENSIBLE = 1, 3, 0xFFFE
_RATES = range(4_000, 384_001)
_CHUNK_SECONDS = 0.5
_UINT32 = 0xFFFF_FFFF
_HEADER = struct.Struct("<4sI4s4sIHHIIHH4sI")


@dataclass(frozen=True, slots=True)
class _Format:
    channels: int
    rate: int
    sample_bytes: int
    is_float: bool

    @property
    def block(self) -> int:
        return self.channels * self.sample_bytes

    @property
    def name(self) -> str:
        """Give libav's name of the samples; 24 bits travel as the upper ones of 32."""
        return (
            "flt" if self.is_float else {1: "u8", 2: "s16", 3: "s32", 4: "s32"}[self.sample_bytes]
        )


class WavSource:
    """Give a file's sound frame by frame, then zeros."""

    def __init__(self, path: Path) -> None:
        """Open the file and read its header; raise `AudioError` if it cannot be played."""
        self._path = path
        try:
            self._file: BinaryIO = path.open("rb")
        except OSError as error:
            raise _unreadable(path, error.strerror or "it cannot be opened") from error
        try:
            self._format, self._left = _read_header(path, self._file)
        except OSError as error:
            self._file.close()
            raise _unreadable(path, error.strerror or "it is no ordinary file") from error
        except AudioError:
            self._file.close()
            raise
        self._resampler = av.AudioResampler("s16", "mono", SAMPLE_RATE)
        self._ready = bytearray()
        self._is_drained = False

    @property
    def is_ended(self) -> bool:
        """Tell whether all of the file has been given."""
        return self._is_drained and not self._ready

    def read_frame(self) -> bytes:
        """Give the next frame; after the end, zeros for ever."""
        while len(self._ready) < FRAME_BYTES and not self._is_drained:
            self._fill()
        pcm = bytes(self._ready[:FRAME_BYTES])
        del self._ready[:FRAME_BYTES]
        return pcm.ljust(FRAME_BYTES, b"\0")

    def close(self) -> None:
        """Close the file; what is read afterwards is zeros."""
        self._file.close()
        self._ready.clear()
        self._is_drained = True

    def _fill(self) -> None:
        block = self._format.block
        wanted = min(int(self._format.rate * _CHUNK_SECONDS) * block, self._left)
        try:
            data = self._file.read(wanted)
        except OSError as error:
            raise _unreadable(self._path, error.strerror or "reading failed") from error
        self._left -= len(data)
        self._is_drained = self._left == 0 or len(data) < wanted
        data = data[: len(data) // block * block]
        frames = [self._frame(data)] if data else []
        try:
            for frame in [*frames, None] if self._is_drained else frames:
                for resampled in self._resampler.resample(frame):
                    self._ready += bytes(resampled.planes[0])[: resampled.samples * SAMPLE_BYTES]
        except FFmpegError as error:
            raise _unreadable(self._path, "its sound cannot be resampled") from error
        if self._is_drained:
            self._file.close()

    def _frame(self, data: bytes) -> av.AudioFrame:
        samples = len(data) // self._format.block
        layout = "mono" if self._format.channels == 1 else "stereo"
        frame = av.AudioFrame(self._format.name, layout, samples)
        frame.sample_rate = self._format.rate
        frame.planes[0].update(_widen(data) if self._format.sample_bytes == 3 else data)
        return frame


class WavSink:
    """Record 48 kHz mono frames into a file that is valid at every moment."""

    def __init__(self, path: Path) -> None:
        """Create the file, or empty it; raise `AudioError` if it cannot be written."""
        self._path = path
        self._bytes = 0
        try:
            self._file: BinaryIO = path.open("wb")
        except OSError as error:
            raise _unwritable(path, error) from error
        self._guarded(self._write_header)

    def write_frame(self, pcm: bytes) -> None:
        """Append one frame; raise `AudioError` if the disk refuses it."""

        def append() -> None:
            self._file.seek(_HEADER.size + self._bytes)
            self._file.write(pcm)
            self._bytes += len(pcm)
            # The header after its data: a kill between them leaves a shorter valid file.
            self._file.flush()
            self._write_header()

        self._guarded(append)

    def close(self) -> None:
        """Close the file; may be called twice."""
        self._guarded(self._file.close)

    def _write_header(self) -> None:
        data = min(self._bytes, _UINT32 - _HEADER.size)
        self._file.seek(0)
        self._file.write(
            _HEADER.pack(
                *(b"RIFF", data + _HEADER.size - 8, b"WAVE"),
                *(b"fmt ", 16, _PCM, 1, SAMPLE_RATE, SAMPLE_RATE * SAMPLE_BYTES, SAMPLE_BYTES, 16),
                *(b"data", data),
            )
        )
        self._file.flush()

    def _guarded(self, write: Callable[[], None]) -> None:
        try:
            write()
        except OSError as error:
            raise _unwritable(self._path, error) from error


def _read_header(path: Path, file: BinaryIO) -> tuple[_Format, int]:
    """Find the format and the sound; leave the file at the first sample."""
    if struct.unpack("<4s4x4s", file.read(12).ljust(12, b"\0")) != (b"RIFF", b"WAVE"):
        raise _unreadable(path, "it is no WAV file")
    found: _Format | None = None
    while len(head := file.read(8)) == 8:
        name, size = struct.unpack("<4sI", head)
        if name == b"data":
            if found is None:
                raise _unreadable(path, "its sound comes before its format")
            return found, _length(size)
        if name == b"fmt ":
            found = _parse_format(path, file.read(min(size, 64)))
            size = max(0, size - 64)
        # Chunks are padded to even sizes.
        file.seek(size + size % 2, 1)
    raise _unreadable(path, "it holds no sound")


def _length(size: int) -> int:
    # A program that streamed into a pipe or was killed left one of these: read to the end.
    return 1 << 62 if size in {0, _UINT32, 0x7FFF_FFFF} else size


def _parse_format(path: Path, chunk: bytes) -> _Format:
    if len(chunk) < 16:
        raise _unreadable(path, "its format is cut off")
    tag, channels, rate, _, _, bits = struct.unpack_from("<HHIIHH", chunk)
    if tag == _EXTENSIBLE and len(chunk) >= 26:
        (tag,) = struct.unpack_from("<H", chunk, 24)
    if tag not in {_PCM, _FLOAT}:
        raise _unreadable(path, f"its sound is compressed (format {tag})")
    if bits not in ({32} if tag == _FLOAT else {8, 16, 24, 32}):
        raise _unreadable(path, f"it has {bits} bits a sample")
    if channels not in {1, 2}:
        raise _unreadable(path, f"it has {channels} channels, a call takes one or two")
    if rate not in _RATES:
        raise _unreadable(path, f"it has {rate} samples a second")
    return _Format(channels, rate, bits // 8, tag == _FLOAT)


def _widen(data: bytes) -> bytes:
    """Turn 24-bit samples into 32-bit ones of the same loudness."""
    wide = bytearray(len(data) // 3 * 4)
    for byte in range(3):
        wide[byte + 1 :: 4] = data[byte::3]
    return bytes(wide)


def _unreadable(path: Path, why: str) -> AudioError:
    return AudioError(
        f"{path.name} cannot be played: {why}",
        next="Give a WAV file of plain PCM, mono or stereo, such as a recorder or ffmpeg writes.",
    )


def _unwritable(path: Path, error: OSError) -> AudioError:
    return AudioError(
        f"{path.name} cannot be recorded: {error.strerror or 'writing failed'}",
        next="Give --record a path in a directory that exists and has room.",
    )
