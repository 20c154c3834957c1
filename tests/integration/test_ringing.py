"""What happens between "call" and "hello": everything that can keep two people from talking."""

from __future__ import annotations

import time

import pytest

from tests.integration.hearing import hold_a_call
from tests.integration.running import Running
from tests.integration.world import Home, Pair, World

pytestmark = pytest.mark.calls

RING_SECONDS = 45


def end_reason(running: Running) -> str:
    """Give why a process says that its call ended."""
    return str(running.last("ended")["reason"])


def test_who_was_offline_learns_of_the_call(pair: Pair) -> None:
    """Without it people ask each other for ever "did you call?"."""
    calling = pair.ali.start_call("maryam", "--patience", "1.5").ended(status=4)
    assert end_reason(calling) == "away"
    assert not calling.all("ringing"), "it never rang there, and must not be said to"
    answering = pair.maryam.start_answer()
    missed = answering.wait_for("missed")
    assert missed["contact"] == "ali"
    assert 0 <= missed["age_s"] <= 30
    pair.ali.start_call("maryam", duration=0.3).ended()
    answering.wait_for("ended", reason="remote_hangup")
    assert len(answering.all("missed")) == 1, "one call is missed once"
    assert len(answering.all("ringing")) == 1, "yesterday's call must not ring today"
    answering.stop()
    again = pair.maryam.start_answer()
    again.stop()
    assert not again.all("missed"), "what was said is not said again"


def test_a_caller_whose_power_failed_can_call_again(world: World) -> None:
    """His offer lies in the mailbox and no cancel follows: the phone asks him before it rings.

    His next call rings at once: he is not "busy" because of the one that nobody can answer.
    """
    home = world.home()
    pair = world.pair(home)
    taking_in = pair.ali.start_answer()
    home.wait_for_envelopes(0)
    taking_in.stop()
    calling = pair.ali.start_call("maryam")
    home.wait_for_envelopes(1)
    calling.kill()
    answering = pair.maryam.start_answer()
    home.wait_for_envelopes(0)
    pair.ali.start_call("maryam", duration=0.3).ended()
    answering.wait_for("ended", reason="remote_hangup")
    assert len(answering.all("ringing")) == 1
    assert answering.stop() == 0


def test_a_caller_who_died_in_mid_call_can_call_again(pair: Pair) -> None:
    """The other side hears silence; when the same person calls again, the old call is over."""
    answering = pair.maryam.start_answer()
    calling = pair.ali.start_call("maryam")
    calling.wait_for("connected")
    calling.kill()
    answering.wait_for("trouble")
    pair.ali.start_call("maryam", duration=0.3).ended()
    assert answering.wait_for("ended")["reason"] == "lost"
    answering.wait_for("ended", reason="remote_hangup")
    assert answering.stop() == 0


def test_both_call_each_other_at_once(pair: Pair) -> None:
    """Both wanted to talk, so one call results, not two engaged tones; tried several times."""
    for _ in range(4):
        sides = [pair.ali.start_call("maryam"), pair.maryam.start_call("ali")]
        for side in sides:
            side.wait_for("connected")
            side.wait_for("sas")
        assert sides[0].last("sas")["emoji"] == sides[1].last("sas")["emoji"]
        assert sides[0].stop() == 0
        sides[1].ended()
        assert [end_reason(side) for side in sides] == ["hangup", "remote_hangup"]
        for side in sides:
            assert not side.all("missed"), "a call that took place was not missed"
            assert not side.all("path"), "the line did not break"


def test_who_talks_is_busy_for_others(world: World, home: Home, pair: Pair) -> None:
    """The second caller must hear so at once, and the two who talk must not be disturbed."""
    bahar = world.person("bahar")
    world.befriend(home, bahar, pair.maryam)
    calling, answering = hold_a_call(pair.ali, pair.maryam)
    refused = bahar.start_call("maryam").ended(5.0, status=3)
    assert end_reason(refused) == "busy"
    for side in (calling, answering):
        side.wait_for("quality", after=side.events[-1])
    for side in (calling, answering):
        assert not side.all("trouble")
    assert calling.stop() == 0
    answering.ended()


def test_who_declines_is_not_available(pair: Pair) -> None:
    """A no is an answer: the caller hears it at once."""
    answering = pair.maryam.start_answer("--once", "--decline")
    calling = pair.ali.start_call("maryam").ended(5.0, status=3)
    assert end_reason(calling) == "declined"
    answering.wait()
    assert end_reason(answering) == "declined"
    assert not answering.all("missed"), "who declined did not miss it"


def test_nobody_picks_up(pair: Pair) -> None:
    """The caller is told the difference between a phone that rings and one that is off."""
    answering = pair.maryam.start_answer("--ring", "30")
    calling = pair.ali.start_call("maryam", "--patience", "2").ended(status=4)
    assert calling.last("ringing")["direction"] == "out"
    assert end_reason(calling) == "no_answer"
    answering.wait_for("ended", reason="cancelled")
    assert answering.wait_for("missed")["contact"] == "ali"


def test_the_caller_hangs_up_while_it_rings(pair: Pair) -> None:
    """The phone falls silent at once, says who it was, and works for the next call."""
    answering = pair.maryam.start_answer("--ring", "1.5")
    calling = pair.ali.start_call("maryam")
    calling.wait_for("ringing")
    pressed = time.monotonic()
    assert calling.stop() == 0
    assert end_reason(calling) == "cancelled"
    silent = answering.wait_for("ended", reason="cancelled")
    assert silent.at - pressed < 2.0
    assert answering.wait_for("missed")["contact"] == "ali"
    pair.ali.start_call("maryam", duration=0.3).ended()


def test_a_call_rings_for_45_seconds(world: World, home: Home, pair: Pair) -> None:
    """Long enough to cross a flat, short enough not to be held for an offer of yesterday.

    A phone that rings unanswered and one that is switched off, both in full length.
    """
    other = world.pair(home)
    answering = pair.maryam.start_answer("--ring", "60")
    began = time.monotonic()
    unanswered = pair.ali.start_call("maryam")
    away = other.ali.start_call("maryam")
    for calling, reason in ((unanswered, "no_answer"), (away, "away")):
        ended = calling.wait_for("ended", RING_SECONDS + 10)
        assert ended["reason"] == reason
        assert RING_SECONDS <= ended.at - began < RING_SECONDS + 6
        calling.ended(status=4)
    answering.wait_for("missed")


def test_a_phone_that_died_in_mid_call_says_so_when_it_is_back(pair: Pair) -> None:
    """Its keys are gone, so the call is over: nobody should talk into the dark for 90 s."""
    calling, answering = hold_a_call(pair.ali, pair.maryam)
    answering.kill()
    again = pair.maryam.start_answer()
    calling.ended(10.0)
    assert end_reason(calling) == "remote_hangup"
    pair.ali.start_call("maryam", duration=0.3).ended()
    again.stop()
