"""Let a front prove to its home which front it is, and for whom it comes (spec/front.md §3)."""

from __future__ import annotations

from dataclasses import dataclass, field

from hamseda.crypto.key_schedule import Label, Rng, h
from hamseda.crypto.signatures import PUBLIC_SIZE, SIGNATURE_SIZE, SigningKey, verify_untrusted
from hamseda.errors import WireError

VERSION = b"\x01"
NONCE_SIZE = 16
PSEUDONYM_SIZE = 16
PASS_SIZE = 1 + PUBLIC_SIZE + 4 + NONCE_SIZE + PSEUDONYM_SIZE + SIGNATURE_SIZE
_BODY_SIZE = PASS_SIZE - SIGNATURE_SIZE


@dataclass(frozen=True, slots=True)
class FrontPass:
    """Hold what a front says of one connection."""

    key: bytes = field(repr=False)
    """The front's public key."""
    time: int
    """Unix seconds, by the front's clock."""
    nonce: bytes = field(repr=False)
    pseudonym: bytes = field(repr=False)
    """The address prefix of the person, under a key that only the front has."""


def make_pass(key: SigningKey, home_id: str, now: int, pseudonym: bytes, rng: Rng) -> bytes:
    """Make the pass of one connection; it is good for this home only."""
    body = VERSION + key.public + now.to_bytes(4, "big") + rng(NONCE_SIZE) + pseudonym
    return body + key.sign(Label.FRONT, h(home_id.encode(), body))


def open_pass_untrusted(data: bytes, home_id: str) -> FrontPass:
    """Check form and signature of a pass, or raise `WireError`.

    Whether the front is admitted, and the pass fresh and new, is for the home to say.
    """
    if len(data) != PASS_SIZE or data[:1] != VERSION:
        raise WireError("bad message: not the pass of a front")
    body, signature = data[:_BODY_SIZE], data[_BODY_SIZE:]
    key = body[1:33]
    verify_untrusted(key, Label.FRONT, h(home_id.encode(), body), signature)
    return FrontPass(key, int.from_bytes(body[33:37], "big"), body[37:53], body[53:69])
