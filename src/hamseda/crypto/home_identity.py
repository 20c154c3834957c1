"""Prove that a descriptor and a line key belong to a home (spec/invitation.md §1)."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass, field

from hamseda.crypto.key_schedule import Label, h, tagged_hash
from hamseda.crypto.signatures import SigningKey, verify_untrusted
from hamseda.errors import WireError
from hamseda.wire import base64url
from hamseda.wire.descriptor import (
    Descriptor,
    SignedDescriptor,
    parse_descriptor_untrusted,
    parse_home_document_untrusted,
    parse_signed_descriptor_untrusted,
)


@dataclass(frozen=True, slots=True)
class VerifiedHome:
    """Hold a home document that passed all checks."""

    descriptor: Descriptor
    signed: bytes = field(repr=False)
    """The signed descriptor as it was received: it goes into bundles and profiles unchanged."""
    line_key: bytes = field(repr=False)


def home_id(public: bytes) -> str:
    """Name a home by its identity key, in the 43 characters that links carry."""
    return base64url.encode(tagged_hash(Label.HOME, public))


def line_key_hash(line_key: bytes) -> bytes:
    """Give what a descriptor says of the line key."""
    return hashlib.sha256(line_key).digest()


def sign_descriptor(key: SigningKey, descriptor: bytes) -> bytes:
    """Sign the bytes of a descriptor; give the bytes of the signed descriptor."""
    signature = key.sign(Label.DESCRIPTOR, h(descriptor))
    return SignedDescriptor(descriptor, signature).encode()


def verify_home_document_untrusted(document: bytes, expected_home_id: str) -> VerifiedHome:
    """Check a home document against the home's id from a link or a profile, or `WireError`."""
    parsed = parse_home_document_untrusted(document)
    descriptor = verify_signed_descriptor_untrusted(parsed.signed, expected_home_id)
    verify_line_key_untrusted(descriptor, parsed.line_key)
    return VerifiedHome(descriptor, parsed.signed, parsed.line_key)


def verify_signed_descriptor_untrusted(signed: bytes, expected_home_id: str | None) -> Descriptor:
    """Check a signed descriptor, or raise `WireError`.

    `expected_home_id` is None only where something else vouches for the bytes: inside a
    bundle, that is its hash in the link.
    """
    parsed = parse_signed_descriptor_untrusted(signed)
    descriptor = parse_descriptor_untrusted(parsed.body)
    got = home_id(descriptor.home_key)
    if expected_home_id is not None and not hmac.compare_digest(
        got.encode(), expected_home_id.encode()
    ):
        raise WireError("bad message: another home answered than the one that was asked for")
    verify_untrusted(descriptor.home_key, Label.DESCRIPTOR, h(parsed.body), parsed.signature)
    return descriptor


def verify_line_key_untrusted(descriptor: Descriptor, line_key: bytes) -> None:
    """Raise `WireError` unless this is the line key that the descriptor names."""
    if not hmac.compare_digest(line_key_hash(line_key), descriptor.line_key_hash):
        raise WireError("bad message: the line key is not the one that the home signed")
