"""Which endpoint is tried next: least alarming first, and elsewhere after a failure."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from hamseda.protocol.ladder import (
    HELLOS_MOST,
    HELLOS_SECONDS,
    YOUNG_SECONDS,
    Failure,
    Hellos,
    Ladder,
    Rung,
    Urgency,
)
from tools.ladder_transcripts import cases, replay

DATA = Path(__file__).resolve().parent.parent / "data" / "ladder_transcripts.json"
TRANSCRIPTS: list[dict[str, Any]] = json.loads(DATA.read_text(encoding="utf-8"))

HOME = Rung(0, "home.example", "", 443)
PORT = Rung(1, "home.example", "", 8443)
FRONT = Rung(2, "front.example", "", 443)
BARE = Rung(3, "203.0.113.5", "", 443)
NEIGHBOUR = Rung(4, "203.0.113.77", "", 8443)
PROXIED = Rung(0, "home.example", "", 443, by_proxy=True)
PROXIED_FRONT = Rung(2, "front.example", "", 443, by_proxy=True)
SOMEBODY = Urgency.SOMEBODY


def order(*rungs: Rung, failure: Failure = Failure.REFUSED, **known: Any) -> list[Rung]:
    """Give the order of a whole round in which everything fails."""
    ladder = Ladder(rungs, Hellos(), **known)
    found: list[Rung] = []
    for now in range(len(rungs)):
        index = ladder.choose(float(now), SOMEBODY).rung
        ladder.failed(index, float(now), failure)
        found.append(rungs[index])
    return found


@pytest.mark.parametrize("case", TRANSCRIPTS, ids=lambda case: case["what"])
def test_both_languages_try_in_the_same_order(case: dict[str, Any]) -> None:
    """Where the terminal gets through the page does too, by the same way."""
    assert replay(case) == case["out"]


def test_the_transcripts_are_those_of_the_tool() -> None:
    """A transcript that nobody can make again would hold the page to a mistake for ever."""
    assert [case["what"] for case in cases()] == [case["what"] for case in TRANSCRIPTS]


def test_the_least_alarming_way_is_first() -> None:
    """An ordinary web site at its ordinary port is what everybody's traffic looks like."""
    assert order(BARE, PORT, HOME)[0] == HOME
    assert order(BARE, PORT)[0] == PORT


def test_what_worked_on_this_network_is_first() -> None:
    """Nobody waits every morning for the same three failures."""
    assert order(HOME, FRONT, BARE, worked=[2])[0] == BARE


def test_after_a_failure_another_host_and_name_is_tried() -> None:
    """Who blocks a name blocks it at every port, who blocks a host blocks every name on it."""
    assert order(HOME, PORT, FRONT, BARE) == [HOME, FRONT, BARE, PORT]


def test_a_demoted_way_is_last() -> None:
    """A line that opens and freezes costs more than one that does not open."""
    assert order(HOME, FRONT, demoted=[0]) == [FRONT, HOME]


def test_in_careful_mode_what_looks_odd_is_last_though_it_worked() -> None:
    """Where an odd port gets people cut off, yesterday's luck is no reason to show one first."""
    ladder = Ladder((BARE, PORT, HOME, FRONT), Hellos(), worked=[0, 1], demoted=[2])
    ladder.is_careful = True
    order: list[int] = []
    for now in range(4):
        order.append(ladder.choose(now, SOMEBODY).rung)
        ladder.failed(order[-1], now, Failure.UNANSWERED)
    assert order == [3, 2, 1, 0]


def test_where_nothing_answers_the_proxy_is_next_and_else_last() -> None:
    """A proxy of the firm is an ordinary way out; past a reset it is a detour that is logged."""
    assert order(HOME, FRONT, PROXIED, failure=Failure.UNANSWERED)[1] == PROXIED
    assert order(HOME, FRONT, PROXIED, failure=Failure.REFUSED)[2] == PROXIED


def test_a_line_that_dies_follows_the_one_that_found_the_proxy() -> None:
    """In a call that moved to the proxy nobody tries the ways again that just died with it."""
    ladder = Ladder((HOME, FRONT, BARE, PROXIED, PROXIED_FRONT), Hellos())
    ladder.opened(0, 0.2)
    ladder.failed(1, 20.0, Failure.UNANSWERED)
    ladder.opened(3, 0.2)
    ladder.ended(0, 21.0, 21.0, is_mute=True)
    assert ladder.choose(21.1, Urgency.CALL, in_use=[3]).rung == 4


def test_a_second_line_takes_another_way_than_the_first() -> None:
    """Two lines through one door fall together."""
    ladder = Ladder((HOME, PORT, FRONT), Hellos())
    assert ladder.choose(0.0, Urgency.CALL, in_use=[0]).rung == 2


def test_a_second_line_takes_the_same_way_where_another_just_failed() -> None:
    """In a call nobody tries again what failed a minute ago while a way is known."""
    ladder = Ladder((HOME, FRONT), Hellos())
    ladder.failed(1, 0.0, Failure.SILENT)
    ladder.opened(0, 0.2)
    assert ladder.choose(20.0, Urgency.CALL, in_use=[0]).rung == 0
    assert ladder.choose(100.0, Urgency.CALL, in_use=[0]).rung == 1


def test_a_fourth_handshake_with_one_neighbourhood_waits() -> None:
    """Four alike in ten seconds are what some censors take for a circumvention tool."""
    ladder = Ladder((BARE, NEIGHBOUR), Hellos())
    for now in range(HELLOS_MOST):
        assert ladder.choose(float(now), Urgency.CALL).wait == 0.0
        ladder.said_hello(now % 2, float(now))
    assert ladder.choose(4.0, Urgency.CALL).wait == pytest.approx(HELLOS_SECONDS - 4.0)
    assert ladder.choose(HELLOS_SECONDS, Urgency.CALL).wait == 0.0


def test_a_way_elsewhere_need_not_wait_for_that() -> None:
    """The ration is a neighbourhood's, and somebody is waiting."""
    ladder = Ladder((HOME, FRONT), Hellos())
    for _ in range(HELLOS_MOST):
        ladder.said_hello(0, 0.0)
    attempt = ladder.choose(0.0, Urgency.CALL)
    assert (attempt.rung, attempt.wait) == (1, 0.0)


def test_two_young_lines_that_fall_mute_demote_a_way_and_one_does_not() -> None:
    """One may be the network's own cut; a censor does it again."""
    ladder = Ladder((HOME, FRONT), Hellos())
    for times in (0, 1):
        assert ladder.demoted == ()
        ladder.opened(0, 0.2)
        ladder.ended(0, 100.0 * times, YOUNG_SECONDS - 1, is_mute=True)
    assert ladder.demoted == (0,)
    assert ladder.worked == ()


def test_a_cut_of_the_network_is_held_against_no_way() -> None:
    """Two lines that fall silent together say nothing of either; the next goes elsewhere."""
    ladder = Ladder((HOME, FRONT), Hellos())
    for now in (100.0, 200.0, 300.0):
        ladder.opened(0, 0.2)
        ladder.cut(0, now)
        assert ladder.choose(now, Urgency.CALL).rung == 1
    assert ladder.demoted == ()
    assert ladder.worked == (0,)


def test_a_line_that_lives_takes_a_demotion_back() -> None:
    """Blocks end, and homes are better than detours."""
    ladder = Ladder((HOME, FRONT), Hellos(), demoted=[0])
    ladder.opened(0, 0.2)
    ladder.ended(0, 100.0, YOUNG_SECONDS, is_mute=False)
    assert ladder.demoted == ()


def test_patience_grows_with_each_round() -> None:
    """On a slow network nothing is blocked: a round that was too quick must not be all."""
    ladder = Ladder((HOME,), Hellos())
    answers: list[float] = []
    for now in range(5):
        attempt = ladder.choose(now * 100.0, SOMEBODY)
        answers.append(attempt.answer)
        ladder.failed(attempt.rung, now * 100.0, Failure.UNANSWERED)
    assert answers == [2.0, 4.0, 8.0, 10.0, 10.0]


def test_the_third_way_is_reached_while_somebody_still_waits() -> None:
    """Ten seconds is what a person gives a call before it is put away."""
    ladder = Ladder((HOME, FRONT, BARE), Hellos())
    spent = 0.0
    for _ in range(2):
        attempt = ladder.choose(spent, SOMEBODY)
        spent += attempt.rest + 0.1
        ladder.failed(attempt.rung, spent, Failure.SILENT)
        spent += ladder.pause(SOMEBODY, 0.5)
    assert spent < 7.0
