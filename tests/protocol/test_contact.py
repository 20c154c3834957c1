"""Two contacts understand each other, or say that they no longer do."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hamseda.errors import OutOfStepError, RefusedError, TrustError, WireError
from hamseda.protocol.contact import (
    Contact,
    Standing,
    decode_contact,
    open_envelope,
    require_callable,
    seal_body,
)
from hamseda.wire.codes import BodyKind
from tests.crypto.dice import Dice
from tests.protocol.acquaintance import NOW, befriend

FRIENDS = befriend()


def say(sender: Contact, receiver: Contact, what: bytes = b"\xa0") -> tuple[Contact, Contact]:
    """Seal here, open there."""
    sender, envelope = seal_body(sender, BodyKind.CONFIRM, what, Dice(repr(what)))
    receiver, kind, body = open_envelope(receiver, envelope, NOW)
    assert (kind, body) == (BodyKind.CONFIRM, what)
    return sender, receiver


def test_they_understand_each_other_over_many_turns() -> None:
    """Each answer brings fresh keys; the record survives being written down in between."""
    ali, bahar = FRIENDS.ali, FRIENDS.bahar
    for turn in range(4):
        bahar, ali = say(bahar, ali, b"b%d" % turn)
        bahar, ali = say(bahar, ali, b"more")
        ali, bahar = say(ali, bahar, b"a%d" % turn)
        ali, bahar = decode_contact(ali.encode()), decode_contact(bahar.encode())


def test_envelopes_in_another_order_are_all_read() -> None:
    """A room is quicker than a mailbox: the newer one may come first."""
    bahar, first = seal_body(FRIENDS.bahar, BodyKind.CONFIRM, b"1", Dice("1"))
    _, second = seal_body(bahar, BodyKind.CONFIRM, b"2", Dice("2"))
    ali, _, body2 = open_envelope(FRIENDS.ali, second, NOW)
    _, _, body1 = open_envelope(ali, first, NOW)
    assert (body1, body2) == (b"1", b"2")


def test_a_copy_is_out_of_step_only_for_who_forgot_it() -> None:
    """A message opens once; the client knows copies by their hash before they come here."""
    _, envelope = seal_body(FRIENDS.bahar, BodyKind.CONFIRM, b"1", Dice("1"))
    ali, _, _ = open_envelope(FRIENDS.ali, envelope, NOW)
    with pytest.raises(OutOfStepError, match="out of step") as error:
        open_envelope(ali, envelope, NOW)
    assert "new invitation" in error.value.next
    assert error.value.exit_status == 6


def test_a_profile_from_a_backup_is_noticed() -> None:
    """A restored copy speaks with numbers that were used: never silence, never plaintext."""
    backup = FRIENDS.bahar
    bahar, ali = say(FRIENDS.bahar, FRIENDS.ali, b"before")
    ali, bahar = say(ali, bahar, b"answer")
    bahar, ali = say(bahar, ali, b"after")
    _, envelope = seal_body(backup, BodyKind.OFFER, b"from the backup", Dice("restored"))
    with pytest.raises(OutOfStepError):
        open_envelope(ali, envelope, NOW)
    _, to_backup = seal_body(ali, BodyKind.OUT_OF_STEP, b"\xa0", Dice("warning"))
    with pytest.raises(OutOfStepError):
        open_envelope(backup, to_backup, NOW)


def test_a_restored_copy_repeats_no_key() -> None:
    """The same turn and number again: the random salt makes another envelope and another key."""
    _, one = seal_body(FRIENDS.bahar, BodyKind.CONFIRM, b"same", Dice("one"))
    _, two = seal_body(FRIENDS.bahar, BodyKind.CONFIRM, b"same", Dice("two"))
    assert one != two


@given(st.binary(max_size=64) | st.binary(min_size=4096, max_size=4096))
def test_noise_is_counted_not_believed(noise: bytes) -> None:
    """What the outer layer does not open is nobody's, and says nothing of the contact."""
    with pytest.raises(WireError) as error:
        open_envelope(FRIENDS.ali, noise, NOW)
    assert not isinstance(error.value, OutOfStepError)


@pytest.mark.parametrize("place", range(0, 4096, 331))
def test_an_altered_envelope_changes_nothing(place: int) -> None:
    """The home can destroy an envelope; the record stays, and the genuine one still opens."""
    _, envelope = seal_body(FRIENDS.bahar, BodyKind.CONFIRM, b"1", Dice("1"))
    altered = bytearray(envelope)
    altered[place] ^= 1
    with pytest.raises(WireError):
        open_envelope(FRIENDS.ali, bytes(altered), NOW)
    assert open_envelope(FRIENDS.ali, envelope, NOW)[2] == b"1"


def test_an_unknown_kind_is_read_and_left_to_the_client() -> None:
    """A newer version may say more; an older one ignores it after authentication."""
    bahar, ratchet_kind = FRIENDS.bahar, 99
    _, envelope = seal_body(bahar, ratchet_kind, b"?", Dice("1"))  # type: ignore[arg-type]
    assert open_envelope(FRIENDS.ali, envelope, NOW)[1] == ratchet_kind


@pytest.mark.parametrize(
    ("standing", "error"),
    [
        (Standing.WAITING, TrustError),
        (Standing.REFUSED, RefusedError),
        (Standing.OUT_OF_STEP, OutOfStepError),
    ],
)
def test_who_cannot_be_called_says_why(standing: Standing, error: type[Exception]) -> None:
    """No call is placed with keys that do not fit."""
    with pytest.raises(error):
        require_callable(replace(FRIENDS.ali, standing=standing))


@given(st.binary(max_size=200))
def test_a_damaged_record_is_the_one_error(damaged: bytes) -> None:
    """A profile on a bad disk ends in a sentence."""
    with pytest.raises(WireError):
        decode_contact(damaged)


def test_marks_survive_being_written_down() -> None:
    """Verified stays verified, and a warning is given once."""
    marked = replace(FRIENDS.ali, verified=True, warned=True, voucher=b"v", invitation=b"i")
    assert decode_contact(marked.encode()) == marked


def test_a_record_shows_no_secret() -> None:
    """Names, addresses and keys stay out of logs."""
    shown = repr(FRIENDS.ali)
    assert "bahar" not in shown
    assert "\\x" not in shown.replace(repr(FRIENDS.ali.id), "")
