"""A client that dies after any of its commits has done each step whole, or not at all.

A module that Python runs at its start counts the commits, and kills its process after one of them.
"""

from __future__ import annotations

import signal
import time
from pathlib import Path

import pytest

from tests.integration.running import PATIENCE
from tests.integration.world import Home, Person, World

pytestmark = pytest.mark.kill

DIES = """
import os, signal
from hamseda.client import draft
commit, left = draft.Draft.commit, [int(os.environ["DIES_AFTER"])]
def counted(self, profile):
    commit(self, profile)
    left[0] -= bool(self._writes)
    if left[0] == 0:
        os.kill(os.getpid(), signal.SIGKILL)
draft.Draft.commit = counted
"""


def mortal(person: Person, folder: Path, commits: int) -> None:
    """Let a person's next processes die after so many commits."""
    folder.mkdir()
    (folder / "sitecustomize.py").write_text(DIES, encoding="utf-8")
    person.env = {"PYTHONPATH": str(folder), "DIES_AFTER": str(commits)}


def call_each_other(home: Home, ali: Person, maryam: Person) -> None:
    """Be online together until all has been taken in, and call."""
    online = [person.start_answer() for person in (ali, maryam)]
    # Who died before burning the invitation leaves its acceptance there, which nobody reads.
    until = time.monotonic() + PATIENCE
    while home.envelopes() > 1:
        assert time.monotonic() < until
        time.sleep(0.05)
    for each in online:
        each.stop()
    waiting = maryam.start_answer("--once")
    ali.start_call("maryam", duration=0.3).wait_for("connected")
    waiting.ended()


@pytest.mark.parametrize("commits", range(1, 5))
def test_who_dies_while_accepting_becomes_a_contact_all_the_same(
    tmp_path: Path, commits: int
) -> None:
    """The welcome was committed in three parts: who died between them answered it never."""
    with World(tmp_path) as world:
        home = world.home()
        ali, maryam = world.person("ali"), world.person("maryam")
        waiting = ali.start_invite(home, "maryam")
        link = str(waiting.wait_for("invitation")["link"])
        mortal(maryam, tmp_path / "dies", commits)
        assert maryam.start("accept", link, "--name", "ali").wait() == -signal.SIGKILL
        maryam.env = {}
        maryam.start_answer().stop()
        waiting.ended()
        call_each_other(home, ali, maryam)


@pytest.mark.parametrize("commits", range(2, 4))
def test_who_dies_while_welcoming_has_a_contact_all_the_same(tmp_path: Path, commits: int) -> None:
    """The invitation is burnt, the contact there and the welcome on its way, or none of it."""
    with World(tmp_path) as world:
        home = world.home()
        ali, maryam = world.person("ali"), world.person("maryam")
        mortal(ali, tmp_path / "dies", commits)
        waiting = ali.start_invite(home, "maryam")
        link = str(waiting.wait_for("invitation")["link"])
        accepting = maryam.start("accept", link, "--name", "ali")
        assert waiting.wait() == -signal.SIGKILL
        accepting.wait()
        ali.env = {}
        call_each_other(home, ali, maryam)


def test_who_dies_while_it_rings_finds_a_missed_call(tmp_path: Path) -> None:
    """The offer was committed and acknowledged; nobody had heard it ring."""
    with World(tmp_path) as world:
        home = world.home()
        pair = world.pair(home)
        mortal(pair.maryam, tmp_path / "dies", 1)
        dying = pair.maryam.start("answer")
        dying.wait_for("ready")
        calling = pair.ali.start_call("maryam")
        assert dying.wait() == -signal.SIGKILL
        calling.stop()
        pair.maryam.env = {}
        again = pair.maryam.start_answer()
        assert again.wait_for("missed")["contact"] == "ali"
