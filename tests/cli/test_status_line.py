"""One line says how the call is: what people look at when they ask "are you still there?"."""

from __future__ import annotations

from hamseda.cli.status_line import StatusLine
from hamseda.client.events import (
    Answered,
    Connected,
    Ended,
    Event,
    Quality,
    Recovered,
    RemoteMoved,
    Ringing,
    Trouble,
)


def quality(
    seconds: int, late: int = 0, *, mode: str = "standard", rtt: int | None = 118
) -> Quality:
    """Give what is told after so many seconds, with so many late frames in all."""
    expected = seconds * 50
    return Quality(expected, expected - late, late, 0, 60, rtt, mode, 0.98)


def line(*events: tuple[float, Event], now: float, is_muted: bool = False) -> str:
    """Give the line after these events."""
    status = StatusLine()
    for at, event in events:
        status.take(event, at)
    return status.text(now, is_muted=is_muted)


CONNECTED = ((0.0, Ringing("bahar", "out")), (3.0, Answered()), (3.2, Connected("line", 120)))


def test_before_and_after_a_call_there_is_no_line() -> None:
    """It belongs to the call."""
    assert line(now=5.0) == ""
    assert line(*CONNECTED, (60.0, Ended("hangup", 57.0)), now=61.0) == ""


def test_ringing_counts_the_seconds() -> None:
    """A person decides by it how long to go on."""
    assert line(CONNECTED[0], now=12.9).startswith("Ringing 0:12 · m mute")


def test_a_call_shows_time_path_mode_loss_and_distance() -> None:
    """All that tells a bad network from a bad contact."""
    shown = line(*CONNECTED, (5.2, quality(1)), (6.2, quality(2, late=1)), now=65.0)
    assert shown.startswith(
        "Talking 1:01 · by line · standard · 2% lost · there and back 118 ms · they hear 98% · m "
    )
    assert shown.endswith("q hang up")


def test_the_loss_is_of_the_last_seconds() -> None:
    """A bad minute at the beginning must not colour the rest of the call."""
    told = [(float(s), quality(s, late=40)) for s in range(1, 20)]
    assert "· 0% lost ·" in line(*CONNECTED, *told, now=20.0)


def test_what_is_not_known_yet_is_a_question_mark() -> None:
    """A zero would be a lie."""
    assert "back ? ms" in line(*CONNECTED, (5.2, quality(1, rtt=None)), now=6.0)


def test_trouble_shows_how_long_and_the_timer_goes_on_after_it() -> None:
    """Nobody hangs up on a call that is coming back, if they can see that it is."""
    trouble = (10.0, Trouble(500))
    assert line(*CONNECTED, trouble, now=12.6).startswith("Reconnecting 0:03 ·")
    back = (14.0, Recovered(4500))
    assert line(*CONNECTED, trouble, back, now=3683.2).startswith("Talking 1:01:20 ·")


def test_mute_is_loud() -> None:
    """Talking for a minute while muted is everybody's shame."""
    assert " · MUTED · " in line(*CONNECTED, now=4.0, is_muted=True)
    assert "MUTED" not in line(*CONNECTED, now=4.0)


def test_a_move_of_the_other_side_is_news_for_a_moment() -> None:
    """It explains the gap that was just heard, and is nothing to read for the rest of the call."""
    told = (*CONNECTED, (60.0, RemoteMoved()))
    assert " · they changed their way · " in line(*told, now=69.0)
    assert "their way" not in line(*told, now=71.0)
