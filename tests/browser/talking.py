"""Let two people talk, each at a page or at a terminal, and judge what both heard."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from playwright.sync_api import Error as BrowserError

from tests.browser.person import PagePerson
from tests.browser.sound import PAUSE_SECONDS, seconds
from tests.integration.hearing import GOOD, TRIES
from tests.integration.running import Seen
from tests.integration.world import Person, Talking
from tests.speech import pesq_wb

CONNECT_SECONDS = 10.0
FRAME_SECONDS = 0.02


class WordsDifferError(AssertionError):
    """Both people read other words: no machine is too slow for that."""


class Talker(Protocol):
    """Be one side of a call, whatever it is made of."""

    name: str
    speech: Path

    def get_ready(self) -> None:
        """Wait until calls can come."""

    def call(self, name: str) -> None:
        """Begin to call."""

    def answer(self, name: str) -> None:
        """Answer the call that comes."""

    def wait_until_talking(self) -> None:
        """Wait until the other side is heard."""

    def words(self) -> list[str]:
        """Read the five words to compare."""
        ...

    def hear(self, seconds: float) -> None:
        """Listen for so long."""

    def hang_up(self) -> None:
        """End the call."""

    def insist_on_normal_end(self, *, by: str) -> None:
        """Insist that the call ended because `by` hung up."""

    def recording(self) -> Path:
        """Give what was played out, once the call has ended."""
        ...

    def leave(self) -> None:
        """Be out of any call, however this one stands."""


class AtPage:
    """Talk at a page."""

    def __init__(self, person: PagePerson) -> None:
        assert person.speech is not None
        self.name, self.speech = person.name, person.speech
        self._person = person
        self.get_ready = person.wait_until_ready
        self.call, self.answer = person.call, person.answer
        self.wait_until_talking = person.wait_until_talking
        self.words, self.hang_up = person.words, person.hang_up
        self.recording = person.window.save_heard

    def hear(self, seconds: float) -> None:
        """Listen for so long."""
        window = self._person.window
        window.wait_until_heard(window.heard_seconds() + seconds)

    def insist_on_normal_end(self, *, by: str) -> None:
        """Insist that the screen says who ended the call."""
        who = "You" if by == self.name else by
        assert self._person.reason() == f"{who} ended the call."
        assert self._person.window.problems == []

    def leave(self) -> None:
        """Open the page anew: a reload ends a call."""
        self._person.window.problems.clear()
        self._person.open()


class AtTerminal:
    """Talk at a terminal."""

    def __init__(self, person: Person, speech: Path) -> None:
        self.name, self.speech = person.name, speech
        self._person = person
        self._talking: Talking | None = None

    @property
    def talking(self) -> Talking:
        """Give the process of the newest call."""
        assert self._talking is not None
        return self._talking

    def get_ready(self) -> None:
        """Wait for calls, and answer the first."""
        self._talking = self._person.start_answer("--once", play=self.speech)

    def call(self, name: str) -> None:
        """Call somebody."""
        self._talking = self._person.start_call(name, play=self.speech)

    def answer(self, name: str) -> None:
        """Insist that it rings; a terminal answers by itself."""
        self.talking.wait_for("ringing", contact=name)

    def wait_until_talking(self) -> None:
        """Wait until the other side is heard."""
        self.talking.wait_for("connected", CONNECT_SECONDS)

    def words(self) -> list[str]:
        """Give the five words to compare."""
        return list(self.talking.wait_for("sas")["names"])

    def hear(self, seconds: float) -> None:
        """Listen for so long."""
        self.talking.wait_until(lambda seen: _is_after(seen, seconds), seconds + 15, "more sound")

    def hang_up(self) -> None:
        """Press Ctrl-C."""
        assert self.talking.stop() == 0, self.talking.transcript()

    def insist_on_normal_end(self, *, by: str) -> None:
        """Insist on the reason that the process gave."""
        self.talking.ended()
        reason = "hangup" if by == self.name else "remote_hangup"
        assert self.talking.last("ended")["reason"] == reason

    def recording(self) -> Path:
        """Give what was played out."""
        return self.talking.recording

    def leave(self) -> None:
        """End the process of the call, and with it the call."""
        if self._talking is not None:
            self._talking.stop()


def _is_after(seen: Seen, seconds: float) -> bool:
    return seen.event == "quality" and seen["frames_expected"] * FRAME_SECONDS >= seconds


@dataclass(frozen=True, slots=True)
class Heard:
    """Be the scores of one call (PESQ-wb)."""

    at_caller: float
    at_callee: float

    @property
    def worst(self) -> float:
        """Give the lower one."""
        return min(self.at_caller, self.at_callee)


def talk(caller: Talker, callee: Talker) -> Heard:
    """Let two people talk for long enough, and insist that the call goes as it should."""
    callee.get_ready()
    caller.call(callee.name)
    callee.answer(caller.name)
    for side in (caller, callee):
        side.wait_until_talking()
    if caller.words() != callee.words():
        raise WordsDifferError("the five words differ: somebody sits in between")
    longest = max(seconds(side.speech) for side in (caller, callee)) + PAUSE_SECONDS
    for side in (caller, callee):
        side.hear(2 * longest)
    caller.hang_up()
    for side in (caller, callee):
        side.insist_on_normal_end(by=caller.name)
    return Heard(
        at_caller=pesq_wb(callee.speech, caller.recording()),
        at_callee=pesq_wb(caller.speech, callee.recording()),
    )


def talk_well(caller: Talker, callee: Talker) -> Heard:
    """Give the best of three calls, and insist that both sides heard it well.

    A machine that does something else for seconds makes a call late as well as bad: one that did
    not go as it should counts as a try, aloud. The last one has to.
    """
    for rest in reversed(range(TRIES)):
        try:
            heard = talk(caller, callee)
        except WordsDifferError:
            raise
        except (AssertionError, BrowserError) as error:
            if rest == 0:
                raise
            print(f"a call that went wrong: {error}")
        else:
            print(f"heard with PESQ-wb {heard}")
            if heard.worst >= GOOD:
                return heard
            assert rest > 0, f"{TRIES} calls, the last heard with PESQ-wb {heard}, wanted {GOOD}"
        for side in (caller, callee):
            side.leave()
    raise AssertionError("no call was tried")
