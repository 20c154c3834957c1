"""A home that alters what passes through it is refused in words, and no call comes of it."""

from dataclasses import replace

import pytest

from hamseda.wire.mailbox import Put
from tests.attacks.conftest import Couple, invite
from tests.attacks.evil_home import EvilHome, altering_put, flipped
from tests.attacks.thief import change_contact, copied, without_identity
from tests.integration.mutation import mutated_package
from tests.integration.world import World

pytestmark = pytest.mark.attacks


@pytest.mark.parametrize("at", [0, 2000, -1])
def test_altered_bundle_is_refused(world: World, evil: EvilHome, at: int) -> None:
    """Who could change a bundle unseen could put his own keys and his own home into it."""
    inviting = invite(world.person("ali"), evil.link, "maryam")
    link = str(inviting.wait_for("invitation")["link"])
    evil.hands.bundle = lambda blob: flipped(blob, at)
    refused = world.person("maryam").accept(link, "ali", status=6)
    assert refused.last("error")["error"] == "this link is incomplete or was changed"
    assert not refused.all("accepted")
    assert not inviting.all("accepted")


def test_altered_welcome_is_refused(world: World, evil: EvilHome) -> None:
    """A welcome names the mailbox in which the inviter will be reached for good."""
    inviting = invite(world.person("ali"), evil.link, "maryam")
    link = str(inviting.wait_for("invitation")["link"])
    accepts: list[Put] = []

    def alter(put: Put) -> Put:
        accepts.append(put)
        return put if len(accepts) == 1 else altering_put(put)

    evil.hands.put = alter
    maryam = world.person("maryam")
    refused = maryam.accept(link, "ali", status=6)
    assert refused.last("error")["error"] == "the welcome of ali was altered on its way"
    assert not refused.all("accepted")
    # Nothing can be sent to a contact that was never confirmed: refused, or altered once more
    # when the home delivers it again.
    calling = maryam.start_call("ali")
    assert calling.wait() in (3, 6)
    assert not calling.all("ringing")


def test_welcome_without_the_inviters_signature_is_refused(world: World, evil: EvilHome) -> None:
    """Who learnt the invitation's keys but not the identity cannot answer in the inviter's name."""
    package = mutated_package(
        world.folder / "forger",
        "protocol/invitation.py",
        "signature = sign_welcome(SigningKey(invitation.identity_seed),",
        "signature = sign_welcome(SigningKey(rng(32)),",
    )
    inviting = invite(world.person("ali", package=package), evil.link, "maryam")
    link = str(inviting.wait_for("invitation")["link"])
    refused = world.person("maryam").accept(link, "ali", status=6)
    assert refused.last("error")["error"] == "the welcome of ali was altered on its way"


def test_altered_offer_does_not_ring_and_is_told(couple: Couple) -> None:
    """A home may swallow a call, which no client can prevent, but it cannot change one."""
    waiting = couple.maryam.start_answer()
    couple.evil.hands.put = altering_put
    calling = couple.ali.start_call("maryam")
    told = waiting.wait_for("notice", notice="envelope_altered")
    assert told["words"] == "a message in the name of ali was damaged or altered on its way"
    calling.stop()
    assert not waiting.all("ringing")
    assert not calling.all("ringing")


@pytest.mark.parametrize("at", [0, -1])
def test_altered_answer_ends_the_call_with_altered(couple: Couple, at: int) -> None:
    """Who could change an answer could choose the key of the call."""
    waiting = couple.maryam.start_answer("--once")

    def alter(put: Put) -> Put:
        is_for_ali = put.mailbox == couple.mailbox_of_ali
        return replace(put, envelope=flipped(put.envelope, at)) if is_for_ali else put

    def alter_copy(body: bytes) -> list[bytes]:
        return [flipped(body, at if at < 0 else at + 1)] if body[0] == 1 else [body]

    couple.evil.hands.put = alter
    couple.evil.hands.control = alter_copy
    calling = couple.ali.start_call("maryam")
    assert calling.wait() == 6
    assert calling.last("ended")["reason"] == "altered"
    assert waiting.wait() == 6
    assert waiting.last("ended")["reason"] == "alarm"
    assert not calling.all("connected")
    assert not waiting.all("connected")


def test_answer_without_the_contacts_identity_ends_the_call(couple: Couple) -> None:
    """Who stole the ratchet of the other side, but not its identity, cannot answer for it."""
    thief = couple.world.person("thief")
    copied(couple.maryam.profile, thief.profile)
    change_contact(thief.profile, without_identity)
    waiting = thief.start_answer("--once")
    calling = couple.ali.start_call("maryam")
    assert calling.wait() == 6
    assert calling.last("ended")["reason"] == "altered"
    assert not calling.all("connected")
    assert not waiting.all("connected")


def test_altered_reveal_raises_the_alarm(couple: Couple) -> None:
    """Without the reveal the emoji mean nothing: a call whose reveal never comes must not go on."""
    waiting = couple.maryam.start_answer("--once")
    answered: list[bytes] = []

    def alter(body: bytes) -> list[bytes]:
        answered.extend([body] if body[0] == 1 else [])
        return [flipped(body)] if answered and body[0] == 2 else [body]

    couple.evil.hands.control = alter
    calling = couple.ali.start_call("maryam")
    assert waiting.wait() == 6
    assert waiting.last("ended")["reason"] == "alarm"
    assert calling.wait() == 6
    assert calling.last("ended")["reason"] == "alarm"
    for talking in (calling, waiting):
        assert not talking.all("sas")


def test_caller_who_reveals_something_else_raises_the_alarm(couple: Couple) -> None:
    """Who could choose the nonce after seeing the other side's could choose the emoji."""
    couple.ali.package = mutated_package(
        couple.world.folder / "liar",
        "protocol/caller.py",
        "self._signalling.seal(ControlKind.REVEAL, self._n_a)",
        "self._signalling.seal(ControlKind.REVEAL, self._n_a[::-1])",
    )
    waiting = couple.maryam.start_answer("--once")
    calling = couple.ali.start_call("maryam")
    assert waiting.wait() == 6
    assert waiting.last("ended")["reason"] == "alarm"
    assert not waiting.all("sas")
    calling.wait()
