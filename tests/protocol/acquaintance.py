"""Make two people contacts of each other without a home, in memory."""

from __future__ import annotations

from dataclasses import dataclass

from hamseda.crypto.home_identity import sign_descriptor
from hamseda.crypto.invitation import open_bundle_untrusted
from hamseda.crypto.signatures import SigningKey
from hamseda.protocol.contact import Contact, open_envelope
from hamseda.protocol.invitation import (
    Drained,
    Invitation,
    accept_bundle,
    drain,
    make_invitation,
    new_inbox,
    take_welcome,
)
from hamseda.wire.descriptor import Descriptor, Endpoint
from hamseda.wire.invitation import Bundle
from tests.crypto.dice import Dice

HOME = SigningKey(b"h" * 32)
HOME_ID = "home"
NOW = 1_000_000
EXPIRY = NOW + 1000


def signed_descriptor() -> bytes:
    """Sign a home with one endpoint."""
    end = Endpoint("https", "home.example", 443, "", "a-long-enough-door", web=True)
    descriptor = Descriptor(HOME.public, bytes(32), (end,), 1, EXPIRY)
    return sign_descriptor(HOME, descriptor.encode())


def invite(name: str = "bahar", seed: str = "ali") -> Invitation:
    """Invite somebody as Ali."""
    rng = Dice(seed)
    return make_invitation(
        name, HOME_ID, signed_descriptor(), bytes(52), new_inbox(rng), EXPIRY, rng
    )


def accept(invitation: Invitation, seed: str = "bahar", name: str = "ali") -> tuple[Contact, bytes]:
    """Accept as Bahar (or, with another seed, as somebody else): the contact and the envelope."""
    bundle = Bundle.parse_untrusted(open_bundle_untrusted(invitation.link_hash, invitation.blob))
    return accept_bundle(bundle, invitation.link_hash, name, HOME_ID, Dice(seed))


@dataclass(frozen=True)
class Friends:
    """Be two contacts that know each other."""

    ali: Contact
    bahar: Contact


def befriend() -> Friends:
    """Invite, accept, welcome."""
    invitation = invite()
    waiting, envelope = accept(invitation)
    drained = drain(invitation, [(envelope, 0)], NOW, Dice("drain"))
    assert drained.contact is not None
    return Friends(drained.contact, welcomed(waiting, drained))


def welcomed(waiting: Contact, drained: Drained) -> Contact:
    """Let Bahar take the welcome."""
    opened, kind, body = open_envelope(waiting, drained.welcome, NOW)
    assert kind == 1
    return take_welcome(opened, body)
