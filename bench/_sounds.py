"""Make what the microphones of a measured call hear, and read what was kept of it.

Sound is kept with the wall clock of the machine beside each piece, at the microphone
and at the speaker alike, so that the two ends of a call can be compared.
"""

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any, Final, Self

import numpy as np
from numpy.typing import NDArray
from scipy import signal

from tests.browser.sound import write_pcm

Sound = NDArray[np.float64]

RATE: Final = 48_000
"""Of the files, and of what our page plays; a browser's microphone has a rate of its own."""
CHIRP_SECONDS: Final = 0.2
EVERY_SECONDS: Final = 2.0
TALKS: Final = 12.0
"""Seconds of a call after both sides hear each other."""
SETTLES: Final = 2.0
"""Seconds that are not counted: jitter buffers learn."""
_CHIRP_PEAK: Final = 0.5
_TONE_HZ: Final = 440.0
_TONE_PEAK: Final = 0.05
_HEARD: Final = 0.01
"""What counts as sound: far below the tone, far above what a codec makes of silence."""
_MATCH: Final = 0.4
"""The share of the best match that the other chirps of a recording reach."""
_FASTEST: Final = 10
"""The percentile that takes a clock read late for what it is; early it is never read."""
_AROUND: Final = 100
"""Pieces before and after that tell how late a piece was read."""


@dataclass(frozen=True, slots=True)
class Stamped:
    """Be a recording whose every sample has a moment, in milliseconds of the wall clock."""

    sound: Sound
    rate: int
    begins: NDArray[np.float64]
    """When each piece began, by what the pieces around it say as well."""
    starts: NDArray[np.int64]
    """The sample at which each piece begins."""

    @classmethod
    def read(cls, kept: Mapping[str, Any]) -> Self:
        """Read what a page kept; `stamp.js` took out of its stamps what was read late."""
        sound = np.frombuffer(base64.b64decode(kept["sound"]), "<i2") / 32_768
        rate = int(kept["rate"])
        sizes = np.asarray(kept["sizes"], dtype=np.int64)
        return cls.of(sound, rate, np.asarray(kept["ends"]), sizes, is_late=False)

    @classmethod
    def of(
        cls,
        sound: Sound,
        rate: int,
        stamps: NDArray[np.float64],
        sizes: NDArray[np.int64],
        *,
        is_late: bool,
    ) -> Self:
        """Give each sample a moment by the stamps at the ends of pieces, in milliseconds.

        `is_late`: the clock may have been read late, never early.
        """
        ends = np.cumsum(sizes)
        lags = np.asarray(stamps, dtype=np.float64) - ends * 1000 / rate
        starts = ends - sizes
        percentile = _FASTEST if is_late else 50
        around = _AROUND if is_late else 3
        lag = [
            np.percentile(lags[max(0, at - around) : at + around + 1], percentile)
            for at in range(len(lags))
        ]
        return cls(sound, rate, np.asarray(lag) + starts * 1000 / rate, starts)

    def moment(self, sample: int) -> float:
        """Tell when a sample was."""
        piece = int(np.searchsorted(self.starts, sample, side="right")) - 1
        return float(self.begins[piece] + (sample - self.starts[piece]) * 1000 / self.rate)

    @property
    def first_heard(self) -> float:
        """Tell when the first sound was."""
        loud = np.flatnonzero(np.abs(self.sound) > _HEARD)
        assert len(loud), "nothing was heard"
        return self.moment(int(loud[0]))

    def chirps(self) -> list[float]:
        """Tell when each chirp began."""
        match = np.abs(signal.correlate(self.sound, _chirp(self.rate), mode="valid", method="fft"))
        apart = int(EVERY_SECONDS * self.rate / 2)
        peaks, _ = signal.find_peaks(match, height=_MATCH * match.max(), distance=apart)
        return [self.moment(int(peak)) for peak in peaks]

    def write(self, path: Path, begin: int = 0, end: int | None = None) -> Path:
        """Write the sound, or some of its samples, into a WAV file."""
        assert self.rate == RATE, f"sound of {self.rate} Hz"
        return write_pcm(path, _pcm(self.sound[begin:end]))


def delays(mouth: Stamped, ear: Stamped, *, after: float) -> list[float]:
    """Give the milliseconds that each chirp said `after` a moment took from mouth to ear."""
    heard = np.asarray(ear.chirps())
    found: list[float] = []
    for said in mouth.chirps():
        later = heard[(heard > said) & (heard < said + 1000 * EVERY_SECONDS / 2)]
        if said > after and len(later):
            found.append(float(later[0] - said))
    return found


def ear_numbers(side: str, mouth: Stamped, ear: Stamped, *, after: float) -> dict[str, float]:
    """Sum up the delays of the chirps that a side heard, said `after` a moment (wall clock, ms)."""
    found = delays(mouth, ear, after=after)
    assert found, "no chirp arrived"
    return {
        f"{side}_ear_ms": median(found),
        f"{side}_ear_p95_ms": float(np.percentile(found, 95)),
        f"{side}_chirps": len(found),
    }


def chirping(path: Path) -> Path:
    """Write what a microphone hears: see `chirps`."""
    return write_pcm(path, chirps())


def chirps() -> bytes:
    """Give a chirp every two seconds and a low tone that never ends, to be said on and on."""
    length = int(EVERY_SECONDS * RATE)
    sound = _TONE_PEAK * np.sin(2 * np.pi * _TONE_HZ * np.arange(length) / RATE)
    chirp = _chirp(RATE)
    at = (length - len(chirp)) // 2
    sound[at : at + len(chirp)] = chirp
    return _pcm(sound)


def _chirp(rate: int) -> Sound:
    seconds = np.arange(int(CHIRP_SECONDS * rate)) / rate
    swept = signal.chirp(seconds, f0=500.0, t1=CHIRP_SECONDS, f1=6000.0)
    return _CHIRP_PEAK * swept * signal.windows.tukey(len(seconds), 0.2)


def _pcm(sound: Sound) -> bytes:
    return np.clip(np.round(sound * 32_767), -32_768, 32_767).astype("<i2").tobytes()
