"""Whole calls between processes, through a home, over TLS, judged by what is heard."""

from __future__ import annotations

import secrets
from pathlib import Path

import pytest

from tests.integration.hearing import talk, talk_well
from tests.integration.mutation import mutated_package
from tests.integration.world import Home, Pair, World
from tests.speech import speak, voice

pytestmark = pytest.mark.calls

SETUP_MS = 1000
"""On loopback it is about 100; a loaded machine may take its time."""


@pytest.fixture
def number(tmp_path: Path) -> Path:
    """Give a sentence that nobody spoke before: no recording of an earlier run can pass for it."""
    said = secrets.randbelow(10**6)
    print(f"espeak-ng says {said}")
    return speak(f"Good evening. The number of today is {said}. Goodbye.", tmp_path / "number.wav")


def test_each_hears_the_other(pair: Pair, number: Path) -> None:
    """Two people who share nothing but a link talk: this is what all the rest is for."""
    heard = talk_well(pair.ali, pair.maryam, mine=voice("jfk"), theirs=number)
    words = [side.last("sas") for side in (heard.calling, heard.answering)]
    assert words[0]["emoji"] == words[1]["emoji"]
    assert words[0]["names"] == words[1]["names"]
    assert len(words[0]["emoji"]) == 5
    for side in (heard.calling, heard.answering):
        assert not side.strays, "with --json standard output is JSON and nothing else"
        connected = side.last("connected")
        assert connected["path"] == "line"
        assert 0 < connected["setup_ms"] < SETUP_MS
        last = side.last("quality")
        assert last["frames_on_time"] >= 0.95 * last["frames_expected"]
        assert last["mode"] == "standard"


def test_who_accepted_can_call_too_and_every_call_has_new_words(pair: Pair, number: Path) -> None:
    """A contact is equal on both sides; words that stay the same could be prepared for."""
    first = talk_well(pair.maryam, pair.ali, mine=number, theirs=number)
    pair.ali.start_answer("--once")
    second = pair.maryam.start_call("ali", duration=0.5).ended()
    assert second.last("sas")["emoji"] != first.calling.last("sas")["emoji"]


def test_one_waiting_side_takes_call_after_call(pair: Pair) -> None:
    """A phone that works once is no phone."""
    answering = pair.maryam.start_answer()
    last = None
    for _ in range(3):
        pair.ali.start_call("maryam", duration=0.5).ended()
        last = answering.wait_for("ended", after=last, reason="remote_hangup")
    assert answering.stop() == 0


def test_events_tell_the_story_in_order(pair: Pair) -> None:
    """Whoever builds on the output relies on the order and on `t` never going back."""
    answering = pair.maryam.start_answer("--once", duration=1.2)
    calling = pair.ali.start_call("maryam").ended()
    answering.ended()
    assert calling.last("ended")["reason"] == "remote_hangup"
    assert answering.last("ended")["reason"] == "hangup"
    for side, direction in ((calling, "out"), (answering, "in")):
        names = [seen.event for seen in side.events]
        assert names.index("ringing") < names.index("answered") < names.index("connected")
        assert names[-1] == "ended"
        assert side.last("ringing")["direction"] == direction
        moments = [seen["t"] for seen in side.events]
        assert moments == sorted(moments)
    assert calling.last("ended")["duration_s"] == pytest.approx(1.2, abs=0.4)


def test_a_call_without_frames_is_noticed(world: World, tmp_path: Path, number: Path) -> None:
    """A test that stays green when the relay drops all frames would prove nothing."""
    deaf = mutated_package(
        tmp_path / "deaf", "relay/service.py", "await target.line.media(message)", "return"
    )
    pair = world.pair(world.home(package=deaf))
    with pytest.raises(AssertionError, match="no event 'connected'"):
        talk(pair.ali, pair.maryam, mine=number, theirs=number)


def test_people_of_two_homes_talk_at_the_inviters(world: World, home: Home) -> None:
    """A person may have contacts at many homes and wait at all of them at once."""
    second = world.home(name="second")
    ali, maryam, bahar = (world.person(name) for name in ("ali", "maryam", "bahar"))
    world.befriend(home, ali, maryam)
    world.befriend(second, bahar, maryam)
    answering = maryam.start_answer()
    answering.wait_for("ready", after=answering.wait_for("ready"))
    for caller in (ali, bahar):
        caller.start_call("maryam", duration=0.5).ended()
        answering.wait_for("ringing", contact=caller.name)
    assert answering.stop() == 0
