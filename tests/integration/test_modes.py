"""Every mode carries speech that is understood (spec/media.md §2)."""

from __future__ import annotations

import pytest

from hamseda.media.modes import LADDER
from tests.integration.hearing import CONNECT_SECONDS, TRIES
from tests.integration.running import Seen
from tests.integration.world import Pair
from tests.speech import pesq_wb, voice

pytestmark = pytest.mark.calls

GOOD = {"standard": 3.6, "standard-40": 3.6, "saver": 3.3, "survival": 2.9, "last-resort": 2.6}
"""PESQ-wb that a loaded machine must reach in one of three calls; the codec alone reaches 4.4, 4.4,
4.0, 3.5 and 3.4 with this voice."""
SPEECH_SECONDS = 12.0


@pytest.mark.parametrize("name", [mode.name for mode in LADDER])
def test_a_call_in_each_mode(pair: Pair, name: str) -> None:
    """Who saves bytes is still understood: the mode that the person chose is spoken and heard."""
    scores: list[float] = []
    while len(scores) < TRIES:
        scores.append(score(pair, name))
        if scores[-1] >= GOOD[name]:
            return
    raise AssertionError(f"{name} was heard with PESQ-wb {scores}, wanted {GOOD[name]}")


def score(pair: Pair, name: str) -> float:
    """Speak in a mode, and score what was heard; a call that left the mode counts nothing."""
    answering = pair.maryam.start_answer("--once", "--mode", name)
    calling = pair.ali.start_call("maryam", "--mode", name, play=voice("jfk"))
    answering.wait_for("connected", CONNECT_SECONDS)
    answering.wait_until(is_spoken, SPEECH_SECONDS + 10.0, "end of the speech")
    assert calling.stop() == 0
    answering.ended()
    modes = {seen["mode"] for side in (calling, answering) for seen in side.all("quality")}
    if modes != {name}:
        return 0.0
    return pesq_wb(voice("jfk"), answering.recording)


def is_spoken(seen: Seen) -> bool:
    """Tell whether all of the speech was heard: slots last 20 ms."""
    return seen.event == "quality" and seen["frames_expected"] * 0.02 >= SPEECH_SECONDS
