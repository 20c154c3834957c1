"""Run the operations of envelope.json, descriptor.json, invitation.json and ratchet.json."""

from __future__ import annotations

import hashlib

from hamseda.crypto import kem
from hamseda.crypto.envelope import open_envelope_untrusted, seal_envelope
from hamseda.crypto.home_identity import (
    home_id,
    sign_descriptor,
    verify_home_document_untrusted,
    verify_signed_descriptor_untrusted,
)
from hamseda.crypto.invitation import (
    AcceptReply,
    accept_ctx,
    contact_secrets,
    open_accept_untrusted,
    open_bundle_untrusted,
    seal_bundle,
    sign_refused,
    sign_welcome,
    verify_refused_untrusted,
    verify_welcome_untrusted,
)
from hamseda.crypto.key_schedule import Label, h, kdf
from hamseda.crypto.ratchet import (
    Consumed,
    RatchetState,
    begin_turn,
    initiator_state,
    receive_untrusted,
    responder_state,
    send,
)
from hamseda.crypto.ratchet_steps import (
    open_message_untrusted,
    open_turn_seed_untrusted,
    seal_message,
    step_chain,
    step_root,
)
from hamseda.crypto.signatures import SigningKey, verify_untrusted
from hamseda.errors import UsageError, WireError
from hamseda.wire import cbor
from hamseda.wire.codes import RefusedReason
from hamseda.wire.descriptor import SignedDescriptor
from hamseda.wire.invitation import Bundle, Refused, Welcome
from hamseda.wire.ratchet import RatchetHeader, split_message_untrusted
from tests.vector_operations.handshake import check_sealed
from tests.vector_operations.structures import to_json
from tests.vectors import Json, Values

Out = dict[str, Json]
NOW = 1_800_000_000


def _envelope_seal(given: Values, _: Values) -> Out:
    outer, mailbox = given.hex("outer"), given.hex("mailbox")
    envelope = seal_envelope(outer, mailbox, given.hex("message"), given.hex("r"))
    if len(envelope) != given.number("size"):
        raise WireError("the message does not fit this size")
    assert open_envelope_untrusted(outer, mailbox, envelope) == given.hex("message")
    return {"envelope": envelope.hex()}


def _envelope_open(given: Values, _: Values) -> Out:
    outer, mailbox = given.hex("outer"), given.hex("mailbox")
    return {"message": open_envelope_untrusted(outer, mailbox, given.hex("envelope")).hex()}


def _subscribe_sign(given: Values, _: Values) -> Out:
    key = SigningKey(given.hex("read_seed"))
    signature = key.sign(Label.READ, h(given.hex("line_id"), given.hex("mailbox")))
    return {"read": key.public.hex(), "sig": signature.hex()}


def _subscribe_verify(given: Values, _: Values) -> Out:
    digest = h(given.hex("line_id"), given.hex("mailbox"))
    verify_untrusted(given.hex("read"), Label.READ, digest, given.hex("sig"))
    return {}


def _cap_hash(given: Values, _: Values) -> Out:
    return {"hash": hashlib.sha256(given.hex("cap")).hexdigest()}


def _home_id(given: Values, _: Values) -> Out:
    return {"home_id": home_id(given.hex("home"))}


def _descriptor_sign(given: Values, _: Values) -> Out:
    key = SigningKey(given.hex("home_seed"))
    signed = sign_descriptor(key, given.hex("descriptor"))
    verify_signed_descriptor_untrusted(signed, None)
    return {"home": key.public.hex(), "signed_descriptor": signed.hex()}


def _signed_descriptor_open(given: Values, _: Values) -> Out:
    signed = given.hex("signed_descriptor")
    opened = verify_signed_descriptor_untrusted(signed, given.text("home_id"))
    return {"home": opened.home_key.hex(), "value": _descriptor_value(signed)}


def _home_document_open(given: Values, _: Values) -> Out:
    home = verify_home_document_untrusted(given.hex("home_document"), given.text("home_id"))
    return {
        "home": home.descriptor.home_key.hex(),
        "line_pk": home.line_key.hex(),
        "value": _descriptor_value(home.signed),
    }


def _descriptor_value(signed: bytes) -> Json:
    return to_json(cbor.decode_untrusted(SignedDescriptor.parse_untrusted(signed).body))


def _blob_seal(given: Values, _: Values) -> Out:
    sealed = seal_bundle(given.hex("bundle"), (given.number("size"),))
    assert open_bundle_untrusted(sealed.link_hash, sealed.blob) == given.hex("bundle")
    return {
        "L": sealed.link_hash.hex(),
        "id": sealed.id.hex(),
        "k": kdf(sealed.link_hash, b"", Label.INVITE_KEY, 32).hex(),
        "blob": sealed.blob.hex(),
    }


def _blob_open(given: Values, _: Values) -> Out:
    bundle = open_bundle_untrusted(given.hex("L"), given.hex("blob"))
    Bundle.parse_untrusted(bundle)
    return {"bundle": bundle.hex()}


def _accept_seal(given: Values, out: Values) -> Out:
    key, link_hash, body = SigningKey(given.hex("idB_seed")), given.hex("L"), given.hex("a")
    signature = key.sign(Label.ACCEPT, h(link_hash, body))
    opened = check_sealed(
        given.hex("pkA_inv_seed"),
        given.hex("pkA_inv"),
        out.hex("accept"),
        Label.ACCEPT,
        link_hash,
        given.hex("ekm"),
    )
    assert opened == body + signature
    return {"sigB": signature.hex(), "accept": out.text("accept")}


def _accept_open(given: Values, _: Values) -> Out:
    pair = kem.key_pair(given.hex("pkA_inv_seed"))
    opened = open_accept_untrusted(pair, given.hex("L"), given.hex("accept"))
    root0, sid = contact_secrets(opened.accept.seed0, opened.ctx)
    return {
        "a": opened.body.hex(),
        "seed0": opened.accept.seed0.hex(),
        "idB": opened.accept.id_key.hex(),
        "pkB": opened.accept.kem_key.hex(),
        "mB": opened.accept.mailbox.hex(),
        "ctx": opened.ctx.hex(),
        "root0": root0.hex(),
        "sid": sid.hex(),
    }


def _accept_keys(given: Values, _: Values) -> Out:
    ctx = accept_ctx(given.hex("L"), given.hex("signed"))
    root0, sid = contact_secrets(given.hex("seed0"), ctx)
    return {"ctx": ctx.hex(), "root0": root0.hex(), "sid": sid.hex()}


def _reply(given: Values, id_a: bytes) -> AcceptReply:
    return AcceptReply(given.hex("sid"), given.hex("ctx"), id_a, given.hex("idB"), given.hex("mB"))


def _welcome_sign(given: Values, _: Values) -> Out:
    key, mailbox = SigningKey(given.hex("idA_seed")), given.hex("mA")
    signature = sign_welcome(key, _reply(given, key.public), mailbox)
    return {"welcome": Welcome(given.hex("ctx"), mailbox, signature).encode().hex()}


def _welcome_verify(given: Values, _: Values) -> Out:
    welcome = Welcome.parse_untrusted(given.hex("welcome"))
    reply = _reply(given, given.hex("idA"))
    if welcome.ctx != reply.ctx:
        raise WireError("a welcome for another accept")
    verify_welcome_untrusted(reply, welcome.mailbox, welcome.signature)
    return {"mA": welcome.mailbox.hex()}


def _refused_sign(given: Values, _: Values) -> Out:
    key, reason = SigningKey(given.hex("idA_seed")), RefusedReason(given.number("reason"))
    signature = sign_refused(key, _reply(given, key.public), reason)
    return {"refused": Refused(given.hex("ctx"), reason, signature).encode().hex()}


def _refused_verify(given: Values, _: Values) -> Out:
    refused = Refused.parse_untrusted(given.hex("refused"))
    reply = _reply(given, given.hex("idA"))
    if refused.ctx != reply.ctx:
        raise WireError("a refusal of another accept")
    verify_refused_untrusted(reply, refused.reason, refused.signature)
    return {"reason": int(refused.reason)}


def _turn_seal(given: Values, out: Values) -> Out:
    own_key, ct = given.hex("pk_next"), out.hex("ct")
    seed = check_sealed(
        given.hex("peer_seed"),
        given.hex("pk_peer"),
        ct,
        Label.TURN,
        h(given.hex("sid"), given.number("t"), own_key),
        given.hex("ekm"),
    )
    assert seed == given.hex("seed")
    root, chain_key = step_root(given.hex("root"), seed, ct, own_key)
    return {"ct": ct.hex(), "root": root.hex(), "ck": chain_key.hex()}


def _turn_open(given: Values, _: Values) -> Out:
    pair, peer_key, ct = kem.key_pair(given.hex("sk_seed")), given.hex("pk_next"), given.hex("ct")
    seed = open_turn_seed_untrusted(pair, ct, given.hex("sid"), given.number("t"), peer_key)
    root, chain_key = step_root(given.hex("root"), seed, ct, peer_key)
    return {"seed": seed.hex(), "root": root.hex(), "ck": chain_key.hex()}


def _chain(given: Values, _: Values) -> Out:
    message_key, chain_key = step_chain(given.hex("ck"))
    return {"mk": message_key.hex(), "ck": chain_key.hex()}


def _direction(given: Values) -> bytes:
    return h(given.hex("sid"), given.hex("id_sender"), given.hex("id_receiver"))


def _message_seal(given: Values, _: Values) -> Out:
    header = RatchetHeader(
        given.number("t"),
        given.number("pn"),
        given.number("n"),
        given.hex("r"),
        given.hex("ct"),
        given.hex("pk_next"),
    )
    message = seal_message(given.hex("mk"), _direction(given), header, given.hex("body"))
    opened = open_message_untrusted(given.hex("mk"), _direction(given), message)
    assert opened == given.hex("body")
    return {"message": message.hex()}


def _message_open(given: Values, _: Values) -> Out:
    message = given.hex("message")
    body = open_message_untrusted(given.hex("mk"), _direction(given), message)
    header = split_message_untrusted(message)[0]
    return {
        "t": header.turn,
        "pn": header.previous,
        "n": header.number,
        "r": header.salt.hex(),
        "ct": header.ct.hex(),
        "pk_next": header.kem_key.hex(),
        "body": body.hex(),
    }


def _dialogue(given: Values, _: Values) -> Out:
    sid, root0 = given.hex("sid"), given.hex("root0")
    ids = given.hex("id_own"), given.hex("id_peer")
    match given.text("side"):
        case "a":
            state = initiator_state(sid, root0, *ids, given.hex("pkB"))
        case "b":
            state = responder_state(sid, root0, *ids, kem.key_pair(given.hex("first_seed")))
        case other:
            raise ValueError(other)
    for step in given.steps("steps"):
        state = STEPS[step.text("do")](state, step)
    return {}


def _step_turn(state: RatchetState, step: Values) -> RatchetState:
    pair = kem.key_pair(step.hex("next_seed"))
    try:
        begun = begin_turn(state, pair, step.hex("seed"), step.hex("ct"))
    except UsageError:
        assert step.text("expect") == "refused"
        return state
    assert step.text("expect") == "ok"
    assert begun.own_turn == step.number("t")
    return begun


def _step_send(state: RatchetState, step: Values) -> RatchetState:
    salt = step.hex("r")
    state, message = send(state, step.hex("body"), lambda _: salt)
    assert message == step.hex("message")
    return state


def _step_receive(state: RatchetState, step: Values) -> RatchetState:
    expected = step.text("expect")
    try:
        received, body = receive_untrusted(state, step.hex("message"), NOW)
    except Consumed:
        assert expected == "consumed"
        return state
    except WireError:
        assert expected == "bad"
        return state
    assert expected == "ok"
    assert body == step.hex("body")
    return received


STEPS = {"turn": _step_turn, "send": _step_send, "receive": _step_receive}

OPERATIONS = {
    "envelope_seal": _envelope_seal,
    "envelope_open": _envelope_open,
    "subscribe_sign": _subscribe_sign,
    "subscribe_verify": _subscribe_verify,
    "cap_hash": _cap_hash,
    "home_id": _home_id,
    "descriptor_sign": _descriptor_sign,
    "signed_descriptor_open": _signed_descriptor_open,
    "home_document_open": _home_document_open,
    "blob_seal": _blob_seal,
    "blob_open": _blob_open,
    "accept_seal": _accept_seal,
    "accept_open": _accept_open,
    "accept_keys": _accept_keys,
    "welcome_sign": _welcome_sign,
    "welcome_verify": _welcome_verify,
    "refused_sign": _refused_sign,
    "refused_verify": _refused_verify,
    "turn_seal": _turn_seal,
    "turn_open": _turn_open,
    "chain": _chain,
    "message_seal": _message_seal,
    "message_open": _message_open,
    "dialogue": _dialogue,
}
