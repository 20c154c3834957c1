"""Sign what opens a call and derive its keys (spec/call.md §1 to §3).

"offer" and "answer" are always the received bytes of the signed structure: nothing is hashed
or verified that was encoded again.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass, field

from hamseda.crypto import kem
from hamseda.crypto.kem import KemKeyPair
from hamseda.crypto.key_schedule import Label, h, kdf
from hamseda.crypto.signatures import SigningKey, verify_untrusted
from hamseda.errors import WireError
from hamseda.wire.call import (
    AnswerBody,
    OfferBody,
    Signed,
    parse_answer_body_untrusted,
    parse_offer_body_untrusted,
    parse_signed_untrusted,
)

KEY_SIZE = 32


@dataclass(frozen=True, slots=True)
class Parties:
    """Name who calls whom, in which contact. Roles are per call, whatever the ratchet's."""

    sid: bytes = field(repr=False)
    id_caller: bytes = field(repr=False)
    id_callee: bytes = field(repr=False)

    @property
    def context(self) -> bytes:
        """Bind keys and emoji to the contact and to both identities."""
        return h(self.sid, self.id_caller, self.id_callee)


@dataclass(frozen=True, slots=True)
class Directional:
    """Hold one key for each direction; a is the caller, b the callee."""

    a_to_b: bytes = field(repr=False)
    b_to_a: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class CallKeys:
    """Hold everything that both sides derive from one offer and its answer."""

    sig: Directional
    sframe: Directional
    secret: bytes = field(repr=False)
    """K, from which the others come."""
    transcript: bytes = field(repr=False)
    context: bytes = field(repr=False)


def commitment(call_id: bytes, n_a: bytes) -> bytes:
    """Commit the caller to its nonce, so that it cannot choose the emoji."""
    return h(Label.COMMITMENT.encode(), call_id, n_a)


def check_reveal_untrusted(call_id: bytes, n_a: bytes, committed: bytes) -> None:
    """Raise `WireError` unless this nonce is the one that the offer committed to."""
    if not hmac.compare_digest(commitment(call_id, n_a), committed):
        raise WireError("bad message: the reveal is not what the offer committed to")


def sign_offer(key: SigningKey, parties: Parties, body: bytes) -> bytes:
    """Sign the body of an offer as its caller; give the signed structure's bytes."""
    return Signed(body, key.sign(Label.OFFER, _offer_hash(parties, body))).encode()


def verify_offer_untrusted(parties: Parties, offer: bytes) -> OfferBody:
    """Open an offer that the caller signed for this callee, or raise `WireError`."""
    signed = parse_signed_untrusted(offer)
    digest = _offer_hash(parties, signed.body)
    verify_untrusted(parties.id_caller, Label.OFFER, digest, signed.signature)
    body = parse_offer_body_untrusted(signed.body)
    kem.check_public_untrusted(body.kem_key)
    return body


def sign_answer(key: SigningKey, parties: Parties, offer: bytes, body: bytes) -> bytes:
    """Sign the body of an answer as the callee; give the signed structure's bytes."""
    return Signed(body, key.sign(Label.ANSWER, _answer_hash(parties, offer, body))).encode()


def verify_answer_untrusted(parties: Parties, offer: bytes, answer: bytes) -> AnswerBody:
    """Open an answer that the callee signed to this very offer, or raise `WireError`."""
    signed = parse_signed_untrusted(answer)
    digest = _answer_hash(parties, offer, signed.body)
    verify_untrusted(parties.id_callee, Label.ANSWER, digest, signed.signature)
    body = parse_answer_body_untrusted(signed.body)
    if body.call_id != parse_offer_body_untrusted(parse_signed_untrusted(offer).body).call_id:
        raise WireError("bad message: the answer names another call than its offer")
    return body


def ring_keys(s_a: bytes, offer: bytes) -> Directional:
    """Derive the keys of control messages before the answer."""
    salt = h(offer)
    return Directional(
        kdf(s_a, salt, Label.RING_A_TO_B, KEY_SIZE),
        kdf(s_a, salt, Label.RING_B_TO_A, KEY_SIZE),
    )


def seal_call_seed(call_key: bytes, seed: bytes, sid: bytes, offer: bytes) -> bytes:
    """Encapsulate the callee's seed to the key of the offer."""
    return kem.seal(call_key, seed, Label.CALL, h(sid, offer))


def open_call_seed_untrusted(pair: KemKeyPair, ct: bytes, sid: bytes, offer: bytes) -> bytes:
    """Open the callee's seed as the caller, or raise `WireError`."""
    seed = kem.open_untrusted(pair, ct, Label.CALL, h(sid, offer))
    if len(seed) != KEY_SIZE:
        raise WireError(f"bad message: a seed has {KEY_SIZE} bytes, not {len(seed)}")
    return seed


def call_secret(
    seed: bytes,
    s_a: bytes,
    offer: bytes,
    answer: bytes,
    sid: bytes,
    id_caller: bytes,
    id_callee: bytes,
) -> CallKeys:
    """Derive all keys of an answered call."""
    transcript, context = h(offer, answer), Parties(sid, id_caller, id_callee).context
    secret = kdf(seed + s_a, transcript, Label.CALL, KEY_SIZE, context)

    def derive(a_to_b: Label, b_to_a: Label) -> Directional:
        return Directional(
            kdf(secret, b"", a_to_b, KEY_SIZE),
            kdf(secret, b"", b_to_a, KEY_SIZE),
        )

    return CallKeys(
        sig=derive(Label.SIGNALLING_A_TO_B, Label.SIGNALLING_B_TO_A),
        sframe=derive(Label.SFRAME_A_TO_B, Label.SFRAME_B_TO_A),
        secret=secret,
        transcript=transcript,
        context=context,
    )


def offer_wins(own_body: bytes, peer_body: bytes) -> bool:
    """Say whether the own offer wins when both called at once (spec/call.md §6)."""
    return h(own_body) < h(peer_body)


def _offer_hash(parties: Parties, body: bytes) -> bytes:
    return h(parties.sid, parties.id_caller, parties.id_callee, body)


def _answer_hash(parties: Parties, offer: bytes, body: bytes) -> bytes:
    return h(parties.sid, parties.id_callee, parties.id_caller, offer, body)
