"""Yesterday's offer, delivered when it hurts, makes no sound."""

from dataclasses import replace

import pytest

from hamseda.wire.mailbox import Put
from tests.attacks.conftest import Couple

pytestmark = pytest.mark.attacks

LATE = 46
"""Seconds after which an offer is only a missed call (spec/call.md §2)."""


class Post:
    """Be a home that keeps everything for one mailbox instead of delivering it."""

    def __init__(self, couple: Couple) -> None:
        self._home = couple.evil
        self._mailbox = couple.mailbox_of_maryam
        self.kept: list[bytes] = []
        self._home.hands.put = self._keep

    def _keep(self, put: Put) -> Put | None:
        if put.mailbox != self._mailbox:
            return put
        self.kept.append(put.envelope)
        return None

    def deliver(self, envelope: bytes, age_s: int = 0) -> None:
        """Deliver what was kept, and lie about its age."""
        self._home.deliver(self._mailbox, envelope, age_s)


def test_replayed_offer_does_not_ring(couple: Couple) -> None:
    """A recorded call must not ring again, neither now nor in a later process."""
    waiting = couple.maryam.start_answer("--decline", "--once")
    calling = couple.ali.start_call("maryam")
    assert (calling.wait(), waiting.wait()) == (3, 3)
    to_maryam = [put for put in couple.evil.notes.puts if put.mailbox == couple.mailbox_of_maryam]
    offer = to_maryam[-1].envelope
    later = couple.maryam.start_answer()
    for _ in range(3):
        couple.evil.deliver(couple.mailbox_of_maryam, offer)
    # Its successor is judged after it, in order: then nothing more can come of the replay.
    calling = couple.ali.start_call("maryam")
    later.wait_for("ringing", direction="in")
    assert len(later.all("ringing")) == 1
    assert not [*later.all("error"), *later.all("notice")]
    calling.stop()


def test_late_offer_is_a_missed_call(couple: Couple) -> None:
    """The age is counted by the home; a phone that rings 46 s late rings for nobody."""
    post = Post(couple)
    waiting = couple.maryam.start_answer()
    calling = couple.ali.start_call("maryam")
    couple.evil.wait_until(lambda _: len(post.kept) == 1, "an offer")
    post.deliver(post.kept[0], LATE)
    assert waiting.wait_for("missed")["age_s"] == LATE
    assert not waiting.all("ringing")
    assert not calling.all("ringing")


def test_offer_whose_age_is_a_lie_does_not_ring(couple: Couple) -> None:
    """A lying home cannot ring after the caller has gone: nobody says that he is alive."""
    post = Post(couple)
    waiting = couple.maryam.start_answer()
    calling = couple.ali.start_call("maryam")
    couple.evil.wait_until(lambda _: len(post.kept) == 1, "an offer")
    calling.stop()
    offer, cancel = post.kept
    asked = len(couple.evil.notes.controls)
    post.deliver(offer)
    couple.evil.wait_until(lambda notes: len(notes.controls) >= asked + 3, "three questions")
    post.deliver(cancel)
    waiting.wait_for("missed")
    assert not waiting.all("ringing")


def test_reordered_offer_does_not_ring(couple: Couple) -> None:
    """Who puts the cancel before the offer must not make it ring either."""
    post = Post(couple)
    waiting = couple.maryam.start_answer()
    calling = couple.ali.start_call("maryam")
    couple.evil.wait_until(lambda _: len(post.kept) == 1, "an offer")
    calling.stop()
    offer, cancel = post.kept
    asked = len(couple.evil.notes.controls)
    post.deliver(cancel)
    post.deliver(offer)
    couple.evil.wait_until(lambda notes: len(notes.controls) >= asked + 3, "three questions")
    assert not waiting.all("ringing")
    assert not [*waiting.all("error"), *waiting.all("notice")]
    # The phone is not stuck either: its owner can end the wait.
    assert waiting.stop() in (0, 3)


def test_altered_age_of_a_delivery_is_only_ever_too_old(couple: Couple) -> None:
    """A home that makes all deliveries old turns calls into missed ones, and into nothing else."""
    couple.evil.hands.deliver = lambda deliver: replace(deliver, age_s=LATE)
    waiting = couple.maryam.start_answer()
    couple.ali.start_call("maryam")
    waiting.wait_for("missed")
    assert not waiting.all("ringing")


def test_offers_that_were_kept_do_not_answer_themselves(couple: Couple) -> None:
    """Who calls back somebody who gave up is not connected with nobody, microphone open.

    Which of two offers yields is a matter of their hashes: of seven the callee's own is seldom
    the smallest.
    """
    post = Post(couple)
    offers: list[bytes] = []
    for _ in range(6):
        before = len(post.kept)
        given_up = couple.ali.start_call("maryam")
        couple.evil.wait_until(lambda _, n=before: len(post.kept) > n, "an offer")
        given_up.stop()
        offers.append(post.kept[before])
    joined = len(couple.evil.notes.joins)
    calling = couple.maryam.start_call("ali")
    couple.evil.wait_until(lambda notes: len(notes.joins) > joined, "her own seat")
    asked = len(couple.evil.notes.controls)
    for offer in offers:
        post.deliver(offer)
    couple.evil.wait_until(lambda notes: len(notes.controls) >= asked + 2, "two questions")
    assert not calling.all("answered")
    calling.stop()
    assert not calling.all("answered")
