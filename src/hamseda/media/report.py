"""Exchange receiver reports: how far away the other side is, and what it hears of us.

Feed time and reports in; time is an argument. Both sides' clocks may start anywhere: a report
echoes the other's clock together with how long it was held, so only differences count
(spec/media.md §3).
"""

from __future__ import annotations

from dataclasses import dataclass

from hamseda.media.playout import ReceptionStats
from hamseda.wire.audio import NOTHING_HEARD, UINT32, Report

INTERVAL = 1.0
"""Seconds between two reports."""

MAX_RTT_MS = 60_000
"""A round trip above this is a peer's mistake, not a distance."""


@dataclass(frozen=True, slots=True)
class _Heard:
    report: Report
    at: float


class Reporter:
    """Make this side's reports and read the other's."""

    def __init__(self, *, start: float) -> None:
        """Begin at `start`, in seconds of the clock that every later `now` is read from."""
        self._start = start
        self._next = start + INTERVAL
        self._heard: _Heard | None = None
        self._rtt_ms: float | None = None
        self._remote_on_time: float | None = None
        self._remote_arrived: float | None = None

    @property
    def rtt_ms(self) -> float | None:
        """Give the newest round-trip time in milliseconds, or None before the first echo."""
        return self._rtt_ms

    @property
    def remote_on_time(self) -> float | None:
        """Give the share (0 to 1) of our slots that the remote had on time in its last second."""
        return self._remote_on_time

    @property
    def remote_arrived(self) -> float | None:
        """Give the share (0 to 1) of our slots that reached the remote in its last second."""
        return self._remote_arrived

    @property
    def remote(self) -> Report | None:
        """Give the newest report of the remote side."""
        return None if self._heard is None else self._heard.report

    def is_due(self, now: float) -> bool:
        """Tell whether the next report should leave now."""
        return now >= self._next

    def make(self, stats: ReceptionStats, *, t: int, now: float) -> Report:
        """Make the report that leaves now; `t` is the media time of this side's sender."""
        # From `now`, not from `_next`: after a stall one report is enough, not a volley.
        self._next = now + INTERVAL
        echo_ms, held_ms = 0, NOTHING_HEARD
        if self._heard is not None:
            echo_ms = self._heard.report.sent_ms
            held_ms = min(round((now - self._heard.at) * 1000), NOTHING_HEARD - 1)
        return Report(
            t=t,
            sent_ms=self._clock_ms(now),
            echo_ms=echo_ms,
            held_ms=held_ms,
            expected=stats.frames_expected,
            on_time=stats.frames_on_time,
            late=stats.frames_late,
            lost=stats.frames_lost,
            buffer_ms=stats.buffer_ms,
        )

    def hear(self, report: Report, now: float) -> None:
        """Take in a report of the remote side; an older one than the newest is ignored."""
        previous = self.remote
        if previous is not None:
            ahead = (report.sent_ms - previous.sent_ms) & UINT32
            if ahead == 0 or ahead > UINT32 // 2:
                return
        self._heard = _Heard(report, now)
        shares = _shares(previous, report)
        if shares is not None:
            self._remote_on_time, self._remote_arrived = shares
        if not report.has_echo:
            return
        rtt_ms = (self._clock_ms(now) - report.echo_ms - report.held_ms) & UINT32
        # Rounding may take a loopback's zero a little below zero.
        if rtt_ms >= UINT32 - 3:
            rtt_ms = 0
        if rtt_ms <= MAX_RTT_MS:
            self._rtt_ms = float(rtt_ms)

    def _clock_ms(self, now: float) -> int:
        # Since the call began, not since the machine did: its uptime is nobody's business.
        return round((now - self._start) * 1000) & UINT32


def _shares(previous: Report | None, report: Report) -> tuple[float, float] | None:
    """Compare two reports: the shares on time, and arrived at all.

    What cannot be (a share outside 0 to 1) is cut, not believed.
    """
    expected = report.expected - (previous.expected if previous else 0)
    on_time = report.on_time - (previous.on_time if previous else 0)
    late = report.late - (previous.late if previous else 0)
    if expected <= 0:
        return None
    return _share(on_time, expected), _share(on_time + late, expected)


def _share(part: int, whole: int) -> float:
    return min(1.0, max(0.0, part / whole))
