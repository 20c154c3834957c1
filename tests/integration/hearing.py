"""Judge a call by what both sides heard."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tests.integration.running import Seen
from tests.integration.world import Person, Talking
from tests.speech import pesq_wb, read_sound, voice

GOOD = 3.0
"""PESQ wide-band that a loaded machine must reach in one of three calls."""
TRIES = 3
CONNECT_SECONDS = 6.0
_TAIL_SECONDS = 0.7


@dataclass(frozen=True, slots=True)
class Heard:
    """Be one call that ended well: both processes, and the score of each recording."""

    calling: Talking
    answering: Talking
    at_caller: float
    at_callee: float

    @property
    def worst(self) -> float:
        """Give the lower of the two scores."""
        return min(self.at_caller, self.at_callee)


def talk(caller: Person, callee: Person, mine: Path, theirs: Path) -> Heard:
    """Let `caller` say `mine` and `callee` say `theirs`; insist that the call goes as it should."""
    answering = callee.start_answer("--once", play=theirs)
    calling = caller.start_call(callee.name, play=mine)
    for side in (calling, answering):
        side.wait_for("connected", CONNECT_SECONDS)
    lasts = max(_seconds(mine), _seconds(theirs)) + _TAIL_SECONDS
    calling.wait_until(lambda seen: _is_after(seen, lasts), lasts + 10.0, "end of the speech")
    assert calling.stop() == 0, calling.transcript()
    answering.ended()
    assert calling.last("ended")["reason"] == "hangup"
    assert answering.last("ended")["reason"] == "remote_hangup"
    return Heard(
        calling,
        answering,
        at_caller=pesq_wb(theirs, calling.recording),
        at_callee=pesq_wb(mine, answering.recording),
    )


def talk_well(caller: Person, callee: Person, mine: Path, theirs: Path) -> Heard:
    """Give the best of three calls, and insist that both sides heard it well."""
    calls: list[Heard] = []
    for _ in range(TRIES):
        calls.append(talk(caller, callee, mine, theirs))
        if calls[-1].worst >= GOOD:
            return calls[-1]
    scores = ", ".join(f"{heard.at_caller:.2f}/{heard.at_callee:.2f}" for heard in calls)
    raise AssertionError(f"heard at caller/callee with PESQ-wb {scores}, wanted {GOOD}")


def hold_a_call(caller: Person, callee: Person) -> tuple[Talking, Talking]:
    """Connect two people and leave them talking: (calling, answering)."""
    answering = callee.start_answer("--once", play=voice("jfk"))
    calling = caller.start_call(callee.name, play=voice("jfk"))
    for side in (calling, answering):
        side.wait_for("connected", CONNECT_SECONDS)
    return calling, answering


def _seconds(path: Path) -> float:
    return len(read_sound(path)) / 16_000


def _is_after(seen: Seen, seconds: float) -> bool:
    """Tell whether so much of the call was heard: frames last 20 ms."""
    return seen.event == "quality" and seen["frames_expected"] * 0.02 >= seconds
