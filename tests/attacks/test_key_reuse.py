"""No key and nonce is used twice, whatever is restored, repeated or reconnected: read off the wire.

The observer is the home: it has every envelope, room control and frame, as bytes, and it is given
the keys of the mailboxes to look at the ratchet's headers.
"""

import copy
import pickle  # noqa: TID251 -- to show that it cannot be done
from collections import defaultdict

import pytest

from hamseda.crypto.envelope import SALT_SIZE, open_envelope_untrusted
from hamseda.crypto.sframe import FIRST_CTR, SFrameSender, parse_header_untrusted
from hamseda.wire.mailbox import MailboxAddress, Put
from hamseda.wire.media import parse_media_untrusted
from hamseda.wire.ratchet import RatchetHeader, split_message_untrusted
from tests.attacks.conftest import Couple
from tests.attacks.evil_home import EvilHome, Notes
from tests.attacks.thief import contact_of, copied
from tests.integration.running import Running

pytestmark = pytest.mark.attacks

Number = tuple[int, int]
"""Turn and message number: what chooses a message key."""


def test_restored_backup_repeats_no_key_and_nonce(couple: Couple) -> None:
    """A restored phone sends message N of turn t again: only the salt keeps the two apart."""
    backup = couple.world.folder / "backup"
    _ring_in_vain(couple)
    copied(couple.ali.profile, backup)
    _ring_in_vain(couple)
    copied(backup, couple.ali.profile)
    _ring_in_vain(couple)
    address = contact_of(couple.maryam.profile).inbox.address
    headers = _headers(couple.evil, address)
    repeated = {number: group for number, group in _by_number(headers).items() if len(group) > 1}
    assert repeated, "the restored state was expected to repeat message numbers"
    for group in repeated.values():
        assert len({header.salt for header in group}) == len(group)
        # The very same chain: without the salt this would be one key and one nonce.
        assert len({header.ct for header in group}) == 1
    outer_salts = [put.envelope[:SALT_SIZE] for put in _each_once(couple.evil)]
    assert len(set(outer_salts)) == len(outer_salts)
    assert _controls_differ(couple.evil.notes)
    # Both learn of it: the one who was restored as soon as the other has looked.
    couple.maryam.start_answer().wait_for("notice", notice="out_of_step")
    couple.world.processes[-1].stop()
    refused = couple.ali.run("call", "maryam", status=6)
    assert "out of step" in refused.last("error")["error"]


def _ring_in_vain(couple: Couple) -> None:
    before = len(couple.evil.notes.puts)
    calling = couple.ali.start_call("maryam")
    couple.evil.wait_until(lambda notes: len(notes.puts) > before, "an offer")
    calling.stop()
    couple.evil.wait_until(lambda notes: len(notes.puts) > before + 1, "a cancel")


def _each_once(evil: EvilHome) -> list[Put]:
    """List the puts but for those that put the same bytes again, which repeats no nonce.

    A restored copy does, under another number (spec/mailbox.md §1).
    """
    return list({put.envelope: put for put in evil.notes.puts}.values())


def _headers(evil: EvilHome, address: MailboxAddress) -> list[RatchetHeader]:
    found = list[RatchetHeader]()
    for put in _each_once(evil):
        if put.mailbox == address.mailbox:
            message = open_envelope_untrusted(address.outer, address.mailbox, put.envelope)
            found.append(split_message_untrusted(message)[0])
    return found


def _by_number(headers: list[RatchetHeader]) -> dict[Number, list[RatchetHeader]]:
    groups = defaultdict[Number, list[RatchetHeader]](list)
    for header in headers:
        groups[header.turn, header.number].append(header)
    return groups


def _controls_differ(notes: Notes) -> bool:
    # The second line of a call carries the same bytes once more: that is no second sealing.
    sealed = {body for body in notes.controls if body[0] == 2}
    salts = [body[1 : 1 + SALT_SIZE] for body in sealed]
    return len(set(salts)) == len(salts)


def test_call_with_a_meddling_home_seals_no_frame_twice(couple: Couple) -> None:
    """Lines break, frames are sent twice and in another order: each counter has one ciphertext."""
    held: list[bytes] = []

    def meddle(message: bytes) -> list[bytes]:
        """Send every frame twice, and each fourth one three frames late."""
        held.append(message)
        return [message, message] if len(held) % 4 else [held[-3], message, message]

    couple.evil.hands.media = meddle
    waiting = couple.maryam.start_answer("--once")
    calling = couple.ali.start_call("maryam", duration=6)
    for talking in (calling, waiting):
        talking.wait_for("quality")
    couple.evil.cut()
    for talking in (calling, waiting):
        talking.wait_for("path", why="line_reopened")
    assert (calling.wait(), waiting.wait()) == (0, 0)
    _heard_on_time(calling)
    sealed = _ciphertexts(couple.evil.notes)
    assert len(sealed) == 2, "two directions of one call"
    for counters in sealed.values():
        assert len(counters) > 200
        assert min(counters) >= FIRST_CTR
        assert all(len(texts) == 1 for texts in counters.values())
    # Under two keys the same counter gives two texts; equal plaintexts never show.
    texts = [next(iter(t)) for counters in sealed.values() for t in counters.values()]
    bodies = [text[parse_header_untrusted(text).size :] for text in texts]
    assert len(set(bodies)) == len(bodies)
    assert _controls_differ(couple.evil.notes)


def _heard_on_time(talking: Running) -> None:
    quality = talking.last("quality")
    assert quality["frames_on_time"] > 100
    # Copies were not played a second time.
    assert quality["frames_on_time"] <= quality["frames_expected"] + 50


def _ciphertexts(notes: Notes) -> dict[int, dict[int, set[bytes]]]:
    """Sort what the home received by seat (two lines may sit in one) and counter."""
    seat_of = {line: join.seat for line, join in notes.joins}
    sorted_by_seat = dict[int, dict[int, set[bytes]]]()
    for frames in notes.frames:
        counters = sorted_by_seat.setdefault(seat_of[frames.line], {})
        for sealed in parse_media_untrusted(frames.message).frames:
            header = parse_header_untrusted(sealed)
            assert header.kid == 0
            counters.setdefault(header.ctr, set()).add(sealed)
    return sorted_by_seat


def test_frame_cannot_be_sealed_twice_by_construction() -> None:
    """No caller can pass, read, set, copy or store the counter, not even by mistake."""
    sender = SFrameSender(bytes(32))
    first, second = sender.seal(b"same"), sender.seal(b"same")
    assert [parse_header_untrusted(text).ctr for text in (first, second)] == [
        FIRST_CTR,
        FIRST_CTR + 1,
    ]
    assert first[5:] != second[5:]
    for attempt in (copy.copy, copy.deepcopy, pickle.dumps):
        with pytest.raises(TypeError, match="cannot be copied"):
            attempt(sender)
    assert [name for name in dir(sender) if not name.startswith("_")] == ["seal"]
    with pytest.raises(TypeError):
        sender.seal(b"same", ctr=FIRST_CTR)  # pyright: ignore[reportCallIssue]
    with pytest.raises(AttributeError):
        sender.counter = FIRST_CTR  # pyright: ignore[reportAttributeAccessIssue]
