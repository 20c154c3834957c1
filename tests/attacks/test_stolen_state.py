"""A stolen ratchet without the identity key is of no use against the one it was stolen from."""

import pytest

from tests.attacks.conftest import Couple, invite
from tests.attacks.thief import change_contact, copied, without_identity

pytestmark = pytest.mark.attacks


def test_offer_from_a_stolen_ratchet_is_refused(couple: Couple) -> None:
    """Whoever copied a ratchet could otherwise ring in anybody's name (key compromise)."""
    thief = couple.world.person("thief")
    copied(couple.ali.profile, thief.profile)
    change_contact(thief.profile, without_identity)
    waiting = couple.maryam.start_answer()
    calling = thief.start_call("maryam")
    told = waiting.wait_for("notice", notice="offer_unsigned")
    assert told["words"] == "a call in the name of ali was not signed by them: it was refused"
    assert not waiting.all("ringing")
    assert not calling.all("ringing")


def test_thief_who_impersonates_the_callee_to_the_victim_is_refused(couple: Couple) -> None:
    """The victim of a theft must not be called by its own stolen state in the contact's name.

    With both ratchet states in his hands the thief still lacks the contact's signature.
    """
    thief = couple.world.person("thief")
    copied(couple.maryam.profile, thief.profile)
    change_contact(thief.profile, without_identity)
    waiting = couple.ali.start_answer()
    thief.start_call("ali")
    told = waiting.wait_for("notice", notice="offer_unsigned")
    assert told["words"] == "a call in the name of maryam was not signed by them: it was refused"
    assert not waiting.all("ringing")


def test_copied_profile_that_comes_online_is_told(couple: Couple) -> None:
    """A copy takes the calls from then on: its victim must not sit before a quiet phone."""
    waiting = couple.maryam.start_answer()
    thief = couple.world.person("thief")
    copied(couple.maryam.profile, thief.profile)
    thief.start_answer()
    told = waiting.wait_for("notice", notice="replaced")
    assert told["contact"] == "ali"
    assert told["next"]


def test_verified_name_with_another_key_is_told(couple: Couple) -> None:
    """Whoever gets a link accepted under a verified name must not inherit the mark in silence."""
    couple.maryam.run("contacts", "--verify", "ali")
    thief = couple.world.person("thief")
    inviting = invite(thief, couple.evil.link, "maryam")
    link = str(inviting.wait_for("invitation")["link"])
    accepted = couple.maryam.accept(link, "ali")
    assert accepted.last("notice")["notice"] == "key_changed"
    (listed,) = couple.maryam.run("contacts").all("contact")
    assert not listed["verified"]
