"""Both people know how the call sounds on the other side."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from hamseda.media.playout import ReceptionStats
from hamseda.media.report import Reporter
from hamseda.wire.audio import Report

NONE_YET = ReceptionStats(0, 0, 0, 0, 0)
UINT32 = st.integers(0, 2**32 - 1)


def a_report(**fields: int) -> Report:
    """Make a report of zeros but for the given fields."""
    zeros = Report(0, 0, 0, 0, 0, 0, 0, 0, 0)
    return replace(zeros, **fields)


def test_a_report_is_due_once_a_second() -> None:
    """The numbers on the screen are never older than that."""
    reporter = Reporter(start=100.0)
    assert not reporter.is_due(100.9)
    assert reporter.is_due(101.0)
    reporter.make(NONE_YET, t=0, now=101.0)
    assert not reporter.is_due(101.9)
    assert reporter.is_due(102.0)


def test_after_a_stall_one_report_is_sent_not_many() -> None:
    """A laptop that wakes up must not send a volley of old news."""
    reporter = Reporter(start=0.0)
    reporter.make(NONE_YET, t=0, now=60.0)
    assert not reporter.is_due(60.5)


def test_round_trip_does_not_depend_on_the_clocks() -> None:
    """Two machines whose clocks differ by years, 80 ms apart, with 300 ms of holding."""
    local, remote = Reporter(start=1_000.0), Reporter(start=9_000_000.0)
    remote.hear(local.make(NONE_YET, t=0, now=1_001.0), now=9_000_000.5)
    assert remote.rtt_ms is None
    local.hear(remote.make(NONE_YET, t=0, now=9_000_000.8), now=1_001.38)
    assert local.rtt_ms is not None
    assert abs(local.rtt_ms - 80) <= 2


def test_loopback_is_no_hour_away() -> None:
    """Rounding must not wrap a distance of zero around."""
    for held in (0.0, 0.0004, 0.3006, 0.9995):
        local, remote = Reporter(start=0.0003), Reporter(start=0.0)
        remote.hear(local.make(NONE_YET, t=0, now=1.0), now=1.0)
        now = 1.0 + held
        local.hear(remote.make(NONE_YET, t=0, now=now), now=now)
        assert local.rtt_ms is not None
        assert local.rtt_ms <= 2


def test_share_on_time_is_that_of_the_last_second() -> None:
    """A call that was bad a minute ago and is good now is good."""
    reporter = Reporter(start=0.0)
    assert reporter.remote_on_time is None
    reporter.hear(a_report(sent_ms=1000, expected=50, on_time=10), now=1.0)
    assert reporter.remote_on_time == 0.2
    reporter.hear(a_report(sent_ms=2000, expected=100, on_time=60), now=2.0)
    assert reporter.remote_on_time == 1.0


def test_what_came_late_has_arrived_all_the_same() -> None:
    """A path that delays needs a second line; one that is too narrow needs smaller frames."""
    reporter = Reporter(start=0.0)
    reporter.hear(a_report(sent_ms=1000, expected=50, on_time=10, late=30, lost=10), now=1.0)
    assert reporter.remote_on_time == 0.2
    assert reporter.remote_arrived == 0.8


def test_an_overtaken_report_is_ignored() -> None:
    """The copy that took the slower line must not bring back what was."""
    reporter = Reporter(start=0.0)
    reporter.hear(a_report(sent_ms=2000, expected=100, on_time=100), now=2.0)
    reporter.hear(a_report(sent_ms=1000, expected=50, on_time=0), now=2.1)
    assert reporter.remote_on_time == 1.0
    assert reporter.remote is not None
    assert reporter.remote.sent_ms == 2000


@given(st.lists(st.tuples(UINT32, UINT32, UINT32, UINT32, UINT32), max_size=10))
def test_lies_of_a_peer_stay_inside_the_scales(numbers: list[tuple[int, ...]]) -> None:
    """What is shown to a person is a share and a distance, whatever was sent."""
    reporter = Reporter(start=0.0)
    for second, (sent_ms, echo_ms, held_ms, expected, on_time) in enumerate(numbers):
        report = a_report(
            sent_ms=sent_ms, echo_ms=echo_ms, held_ms=held_ms, expected=expected, on_time=on_time
        )
        reporter.hear(report, now=float(second))
        assert reporter.rtt_ms is None or 0 <= reporter.rtt_ms <= 60_000
        assert reporter.remote_on_time is None or 0 <= reporter.remote_on_time <= 1
        assert reporter.make(NONE_YET, t=0, now=float(second)).held_ms >= 0
