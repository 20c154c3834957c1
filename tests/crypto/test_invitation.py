"""Hold invitation.py against spec/invitation.md §2, §3."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hamseda.crypto import kem
from hamseda.crypto.aead import gcm_seal
from hamseda.crypto.invitation import (
    AcceptReply,
    bundle_hash,
    contact_secrets,
    invitation_id,
    open_accept_untrusted,
    open_bundle_untrusted,
    seal_accept,
    seal_bundle,
    sign_refused,
    sign_welcome,
    verify_refused_untrusted,
    verify_welcome_untrusted,
)
from hamseda.crypto.key_schedule import Label, h, kdf
from hamseda.crypto.padding import pad
from hamseda.crypto.signatures import SigningKey
from hamseda.errors import WireError
from hamseda.wire.codes import RefusedReason
from hamseda.wire.invitation import AcceptBody
from hamseda.wire.mailbox import MailboxAddress

LINK = bundle_hash(b"bundle")
INVITATION = kem.key_pair(b"i" * 32)
B_PAIR = kem.key_pair(b"b" * 32)
A_KEY, B_KEY = SigningKey(b"A" * 32), SigningKey(b"B" * 32)
MAILBOX_B = MailboxAddress(b"m" * 16, b"c" * 32, b"o" * 32).encode()
BODY = AcceptBody(b"0" * 32, B_KEY.public, B_PAIR.public, MAILBOX_B)
REPLY = AcceptReply(b"s" * 32, b"x" * 32, A_KEY.public, B_KEY.public, MAILBOX_B)


@pytest.mark.parametrize(("length", "blob"), [(0, 4112), (4095, 4112), (4096, 16_400)])
def test_a_bundle_opens_with_its_link_only(length: int, blob: int) -> None:
    """For an installed client the home can neither read nor swap an invitation."""
    bundle = b"x" * length
    sealed = seal_bundle(bundle)
    assert (sealed.link_hash, sealed.id) == (bundle_hash(bundle), invitation_id(sealed.link_hash))
    assert len(sealed.blob) == blob
    assert open_bundle_untrusted(sealed.link_hash, sealed.blob) == bundle
    with pytest.raises(WireError):
        open_bundle_untrusted(bundle_hash(b"other"), sealed.blob)


def test_who_knows_the_link_still_cannot_swap_the_bundle() -> None:
    """The key of the blob is no secret to the inviter's home in a page: the hash decides."""
    key = kdf(LINK, b"", Label.INVITE_KEY, 32)
    swapped = gcm_seal(key, bytes(12), pad(b"another bundle", 4096), invitation_id(LINK))
    with pytest.raises(WireError, match="not the one of the link"):
        open_bundle_untrusted(LINK, swapped)


def test_an_accept_gives_both_sides_one_secret() -> None:
    """From here on the two have something that nobody else has."""
    sealed, ctx = seal_accept(INVITATION.public, LINK, BODY.encode(), B_KEY)
    opened = open_accept_untrusted(INVITATION, LINK, sealed)
    assert opened.accept == BODY
    assert opened.ctx == ctx
    root0, sid = contact_secrets(BODY.seed0, ctx)
    assert (root0, sid) == contact_secrets(opened.accept.seed0, opened.ctx)
    assert root0 != sid


def test_an_accept_fits_the_smallest_envelope() -> None:
    """A larger one would tell the home what it is."""
    assert len(seal_accept(INVITATION.public, LINK, BODY.encode(), B_KEY).sealed) < 4096 - 48


def test_an_accept_counts_for_its_invitation_only() -> None:
    """An accept replayed into another invitation must not make a contact there."""
    sealed, _ = seal_accept(INVITATION.public, LINK, BODY.encode(), B_KEY)
    with pytest.raises(WireError):
        open_accept_untrusted(INVITATION, bundle_hash(b"other"), sealed)


def test_an_accept_signed_by_another_identity_is_refused() -> None:
    """Nobody may bring somebody else's identity along."""
    sealed, _ = seal_accept(INVITATION.public, LINK, BODY.encode(), A_KEY)
    with pytest.raises(WireError):
        open_accept_untrusted(INVITATION, LINK, sealed)


def test_an_accept_with_a_key_that_cannot_be_used_is_refused() -> None:
    """The inviter could not write to it, and would have burnt the invitation."""
    body = replace(BODY, kem_key=b"\xff" * 1216)
    sealed, _ = seal_accept(INVITATION.public, LINK, body.encode(), B_KEY)
    with pytest.raises(WireError):
        open_accept_untrusted(INVITATION, LINK, sealed)


@given(st.one_of(st.binary(max_size=1300), st.sampled_from((4112, 16_400)).map(bytes)))
@settings(max_examples=40)
def test_noise_raises_the_one_error(noise: bytes) -> None:
    """Anyone who saw the link may write into the invitation's mailbox."""
    with pytest.raises(WireError):
        open_accept_untrusted(INVITATION, LINK, noise)
    with pytest.raises(WireError):
        open_bundle_untrusted(LINK, noise)


@given(st.binary(max_size=1500))
@settings(max_examples=40)
def test_noise_that_was_sealed_raises_the_one_error(noise: bytes) -> None:
    """The same for who also knows the invitation's key, as every holder of the link does."""
    sealed = kem.seal(INVITATION.public, noise, Label.ACCEPT, LINK)
    with pytest.raises(WireError):
        open_accept_untrusted(INVITATION, LINK, sealed)


def test_a_welcome_is_for_one_accept_and_one_mailbox() -> None:
    """A home that alters the welcome, or gives it to another, must be found out."""
    signature = sign_welcome(A_KEY, REPLY, b"mA")
    verify_welcome_untrusted(REPLY, b"mA", signature)
    altered = [
        replace(REPLY, sid=b"t" * 32),
        replace(REPLY, ctx=b"y" * 32),
        replace(REPLY, id_a=B_KEY.public),
        replace(REPLY, id_b=A_KEY.public),
        replace(REPLY, mailbox_b=b"mB'"),
    ]
    for reply in altered:
        with pytest.raises(WireError):
            verify_welcome_untrusted(reply, b"mA", signature)
    with pytest.raises(WireError):
        verify_welcome_untrusted(REPLY, b"mA'", signature)


def test_a_refusal_names_its_reason_and_is_no_welcome() -> None:
    """The loser of a race must learn that it was one, from the inviter and not from a home."""
    signature = sign_refused(A_KEY, REPLY, RefusedReason.USED)
    verify_refused_untrusted(REPLY, RefusedReason.USED, signature)
    with pytest.raises(WireError):
        verify_refused_untrusted(REPLY, RefusedReason.EXPIRED, signature)
    with pytest.raises(WireError):
        verify_welcome_untrusted(REPLY, (1).to_bytes(4, "big"), signature)


def test_ctx_covers_the_signature() -> None:
    """Two accepts with one body would else have one name."""
    sealed, ctx = seal_accept(INVITATION.public, LINK, BODY.encode(), B_KEY)
    opened = open_accept_untrusted(INVITATION, LINK, sealed)
    assert ctx == h(LINK, opened.body + opened.signature)


def test_no_secret_is_printed() -> None:
    """Logs are read by people who must not have keys."""
    sealed = seal_accept(INVITATION.public, LINK, BODY.encode(), B_KEY)
    opened = open_accept_untrusted(INVITATION, LINK, sealed.sealed)
    for value in (seal_bundle(b"b"), sealed, opened, contact_secrets(b"0" * 32, b"x"), REPLY):
        assert "b'" not in repr(value)
