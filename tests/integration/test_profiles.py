"""Profiles that two processes want, and profiles that come back from a backup."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.integration.running import Running
from tests.integration.world import Home, Pair, Person, World

pytestmark = pytest.mark.calls


def test_two_processes_on_one_profile(pair: Pair) -> None:
    """Two would use one key twice; the second is sent away, the first does not notice."""
    answering = pair.maryam.start_answer("--once")
    for command in (["call", "ali"], ["answer"], ["contacts"]):
        refused = pair.maryam.run(*command, status=1)
        assert "another hamseda process" in refused.last("error")["error"]
        assert refused.last("error")["next"]
    pair.ali.start_call("maryam", duration=0.3).ended()
    answering.ended()


def roll_back(pair: Pair, folder: Path) -> None:
    """Copy Maryam's profile, let the two talk, and put the copy in its place."""
    backup = folder / "backup"
    shutil.copytree(pair.maryam.profile, backup)
    for caller, callee in ((pair.ali, pair.maryam), (pair.maryam, pair.ali)):
        answering = callee.start_answer("--once")
        caller.start_call(callee.name, duration=0.3).ended()
        answering.ended()
    shutil.rmtree(pair.maryam.profile)
    shutil.copytree(backup, pair.maryam.profile)


def insist_on_out_of_step(running: Running) -> None:
    """Insist that a process says what happened, and the way back."""
    told = [seen["next"] for seen in running.all("notice", notice="out_of_step")]
    told += [seen["next"] for seen in running.all("error") if "out of step" in seen["error"]]
    assert told, running.transcript()
    assert "new invitation" in told[0]


def renew(world: World, home: Home, inviter: Person, accepter: Person) -> None:
    """Invite again under the same names, and talk."""
    world.befriend(home, inviter, accepter)
    answering = accepter.start_answer("--once")
    calling = inviter.start_call(accepter.name, duration=0.3).ended()
    answering.ended()
    assert calling.last("sas")["emoji"] == answering.last("sas")["emoji"]
    listed = inviter.run("contacts").all("contact")
    assert [seen["contact"] for seen in listed] == [accepter.name], "renewed, not doubled"
    assert not listed[0]["verified"]


def test_who_calls_with_an_old_copy_is_out_of_step(
    world: World, home: Home, pair: Pair, tmp_path: Path
) -> None:
    """Both are told at once, nothing rings and nothing is said; an invitation heals it."""
    roll_back(pair, tmp_path)
    answering = pair.ali.start_answer()
    calling = pair.maryam.start_call("ali").ended(10.0, status=6)
    insist_on_out_of_step(calling)
    answering.wait_for("notice", notice="out_of_step")
    insist_on_out_of_step(answering)
    assert not answering.all("ringing")
    answering.stop()
    for caller, name in ((pair.ali, "maryam"), (pair.maryam, "ali")):
        insist_on_out_of_step(caller.start_call(name).ended(10.0, status=6))
    renew(world, home, pair.ali, pair.maryam)


def test_who_is_called_on_an_old_copy_is_out_of_step(
    world: World, home: Home, pair: Pair, tmp_path: Path
) -> None:
    """The caller does not wait 45 s for a phone that cannot understand him."""
    roll_back(pair, tmp_path)
    answering = pair.maryam.start_answer()
    calling = pair.ali.start_call("maryam").ended(10.0, status=6)
    assert calling.last("ended")["reason"] == "out_of_step"
    insist_on_out_of_step(calling)
    insist_on_out_of_step(answering)
    assert not answering.all("ringing")
    answering.stop()
    renew(world, home, pair.maryam, pair.ali)
