"""Make one contact out of one link (spec/invitation.md §2, §3)."""

from __future__ import annotations

import hmac
from dataclasses import dataclass, field
from typing import NamedTuple

from hamseda.crypto import kem
from hamseda.crypto.aead import TAG_SIZE, gcm_open_untrusted, gcm_seal
from hamseda.crypto.kem import KemKeyPair
from hamseda.crypto.key_schedule import Label, h, kdf, tagged_hash
from hamseda.crypto.padding import bucket, pad, unpad_untrusted
from hamseda.crypto.signatures import SIGNATURE_SIZE, SigningKey, verify_untrusted
from hamseda.errors import WireError
from hamseda.wire.invitation import AcceptBody, parse_accept_body_untrusted

BUNDLE_SIZES = (4096, 16_384)
INVITATION_ID_SIZE = 16
_ZERO_NONCE = bytes(12)
_KEY_SIZE = 32


class SealedBundle(NamedTuple):
    """Hold what the inviter publishes, and the hash that goes into the link."""

    link_hash: bytes
    id: bytes
    blob: bytes

    def __repr__(self) -> str:
        return "SealedBundle(…)"


class SealedAccept(NamedTuple):
    """Hold an accept as it travels, and its `ctx`, to which everything after it is bound."""

    sealed: bytes
    ctx: bytes

    def __repr__(self) -> str:
        return "SealedAccept(…)"


class ContactSecrets(NamedTuple):
    """Hold what both sides of a new contact share: the ratchet's first root and a name."""

    root0: bytes
    sid: bytes

    def __repr__(self) -> str:
        return "ContactSecrets(…)"


@dataclass(frozen=True, slots=True)
class AcceptOpened:
    """Hold an accept whose signature holds."""

    body: bytes = field(repr=False)
    accept: AcceptBody = field(repr=False)
    signature: bytes = field(repr=False)
    ctx: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class AcceptReply:
    """Hold what the inviter's signature on a welcome or a refusal covers, whoever checks it."""

    sid: bytes = field(repr=False)
    ctx: bytes = field(repr=False)
    id_a: bytes = field(repr=False)
    id_b: bytes = field(repr=False)
    mailbox_b: bytes = field(repr=False)
    """The acceptor's mailbox address, as the accept carried it."""

    def _hash(self, last: bytes | int) -> bytes:
        return h(self.sid, self.ctx, self.id_a, self.id_b, self.mailbox_b, last)

    def welcome_hash(self, mailbox_a: bytes) -> bytes:
        """Hash what a welcome with the inviter's mailbox address says."""
        return self._hash(mailbox_a)

    def refused_hash(self, reason: int) -> bytes:
        """Hash what a refusal for this reason says."""
        return self._hash(reason)


def bundle_hash(bundle: bytes) -> bytes:
    """Give L, the 32 bytes that an invitation link carries."""
    return tagged_hash(Label.BUNDLE, bundle)


def invitation_id(bundle_hash: bytes) -> bytes:
    """Give the id under which the home keeps the blob."""
    return kdf(bundle_hash, b"", Label.INVITE_ID, INVITATION_ID_SIZE)


def seal_bundle(bundle: bytes, sizes: tuple[int, ...] = BUNDLE_SIZES) -> SealedBundle:
    """Encrypt a bundle under its own hash, so that only who has the link can read it.

    It is padded to the smallest of `sizes` that fits; `UsageError` when none does.
    """
    link_hash = bundle_hash(bundle)
    identifier = invitation_id(link_hash)
    padded = pad(bundle, bucket(len(bundle), sizes))
    # The zero nonce is safe: this key belongs to this one plaintext.
    blob = gcm_seal(_bundle_key(link_hash), _ZERO_NONCE, padded, identifier)
    return SealedBundle(link_hash, identifier, blob)


def open_bundle_untrusted(link_hash: bytes, blob: bytes) -> bytes:
    """Open a blob with the hash of a link, or raise `WireError`.

    L is computed again: AES-GCM does not commit to its key, a hash does.
    """
    if len(blob) - TAG_SIZE not in BUNDLE_SIZES:
        raise WireError(f"bad message: no invitation has {len(blob)} bytes")
    identifier = invitation_id(link_hash)
    padded = gcm_open_untrusted(_bundle_key(link_hash), _ZERO_NONCE, blob, identifier)
    bundle = unpad_untrusted(padded)
    if not hmac.compare_digest(bundle_hash(bundle), link_hash):
        raise WireError("bad message: the invitation is not the one of the link")
    return bundle


def seal_accept(
    invitation_key: bytes, link_hash: bytes, accept_body: bytes, key: SigningKey
) -> SealedAccept:
    """Sign an accept body with the new contact identity and seal it to the inviter."""
    signed = accept_body + key.sign(Label.ACCEPT, h(link_hash, accept_body))
    sealed = kem.seal(invitation_key, signed, Label.ACCEPT, link_hash)
    return SealedAccept(sealed, accept_ctx(link_hash, signed))


def open_accept_untrusted(pair: KemKeyPair, link_hash: bytes, sealed: bytes) -> AcceptOpened:
    """Open and check what came into an invitation's mailbox, or raise `WireError`."""
    signed = kem.open_untrusted(pair, sealed, Label.ACCEPT, link_hash)
    body, signature = signed[:-SIGNATURE_SIZE], signed[-SIGNATURE_SIZE:]
    accept = parse_accept_body_untrusted(body)
    verify_untrusted(accept.id_key, Label.ACCEPT, h(link_hash, body), signature)
    kem.check_public_untrusted(accept.kem_key)
    return AcceptOpened(body, accept, signature, accept_ctx(link_hash, signed))


def accept_ctx(link_hash: bytes, signed: bytes) -> bytes:
    """Name one accept of one invitation; `signed` is its body with its signature."""
    return h(link_hash, signed)


def contact_secrets(seed0: bytes, ctx: bytes) -> ContactSecrets:
    """Derive what the two sides share from the accept's seed."""
    return ContactSecrets(
        kdf(seed0, ctx, Label.ROOT0, _KEY_SIZE),
        kdf(seed0, ctx, Label.SID, _KEY_SIZE),
    )


def sign_welcome(key: SigningKey, reply: AcceptReply, mailbox_a: bytes) -> bytes:
    """Sign the welcome of the one accept that won."""
    return key.sign(Label.WELCOME, reply.welcome_hash(mailbox_a))


def verify_welcome_untrusted(reply: AcceptReply, mailbox_a: bytes, signature: bytes) -> None:
    """Raise `WireError` unless the inviter's identity welcomed exactly this accept."""
    verify_untrusted(reply.id_a, Label.WELCOME, reply.welcome_hash(mailbox_a), signature)


def sign_refused(key: SigningKey, reply: AcceptReply, reason: int) -> bytes:
    """Sign the refusal of an accept (reasons: spec/registry.md §5)."""
    return key.sign(Label.REFUSED, reply.refused_hash(reason))


def verify_refused_untrusted(reply: AcceptReply, reason: int, signature: bytes) -> None:
    """Raise `WireError` unless the inviter's identity refused exactly this accept."""
    verify_untrusted(reply.id_a, Label.REFUSED, reply.refused_hash(reason), signature)


def _bundle_key(link_hash: bytes) -> bytes:
    return kdf(link_hash, b"", Label.INVITE_KEY, _KEY_SIZE)
