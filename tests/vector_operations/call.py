"""Run the operations of call.json, sframe.json, media.json and relay.json."""

from __future__ import annotations

from hamseda.crypto import kem
from hamseda.crypto.call_keys import (
    Parties,
    call_secret,
    check_reveal_untrusted,
    commitment,
    offer_wins,
    open_call_seed_untrusted,
    ring_keys,
    sign_answer,
    sign_offer,
    verify_answer_untrusted,
    verify_offer_untrusted,
)
from hamseda.crypto.control import open_control_untrusted, seal_control
from hamseda.crypto.grants import (
    check_seat_untrusted,
    mint_grant,
    mint_voucher,
    owner_tag,
    seat_hash,
    verify_grant_untrusted,
    verify_voucher_untrusted,
)
from hamseda.crypto.key_schedule import Label, h
from hamseda.crypto.sas import sas_bytes, sas_indices
from hamseda.crypto.sframe import (
    SFrameReceiver,
    encode_header,
    frame_keys,
    open_frame_untrusted,
    parse_header_untrusted,
    seal_frame,
)
from hamseda.crypto.signatures import SigningKey
from hamseda.errors import WireError
from hamseda.protocol.control_channel import ControlChannel
from hamseda.wire import cbor
from hamseda.wire.audio import (
    HEADER_BYTES,
    OPUS_BYTES,
    REPORT,
    AudioFrame,
    Report,
    encode_audio,
    encode_report,
    parse_audio_untrusted,
)
from hamseda.wire.call import Control, Signed
from hamseda.wire.media import MediaMessage
from hamseda.wire.relay import Grant
from tests.vector_operations.handshake import check_sealed
from tests.vector_operations.structures import to_json
from tests.vectors import Json, Values

Out = dict[str, Json]

MODE_OF_SIZE = {size: code for code, size in sorted(OPUS_BYTES.items(), reverse=True)}
REPORT_FIELDS = (
    "sent_ms",
    "echo_ms",
    "held_ms",
    "expected",
    "on_time",
    "late",
    "lost",
    "buffer_ms",
)


def _parties(given: Values) -> Parties:
    return Parties(given.hex("sid"), given.hex("id_caller"), given.hex("id_callee"))


def _com(given: Values, _: Values) -> Out:
    return {"com": commitment(given.hex("call_id"), given.hex("nA")).hex()}


def _reveal(given: Values, _: Values) -> Out:
    check_reveal_untrusted(given.hex("call_id"), given.hex("nA"), given.hex("com"))
    return {}


def _offer_sign(given: Values, _: Values) -> Out:
    key = SigningKey(given.hex("id_caller_seed"))
    parties = Parties(given.hex("sid"), key.public, given.hex("id_callee"))
    offer = sign_offer(key, parties, given.hex("body"))
    verify_offer_untrusted(parties, offer)
    return {"offer": offer.hex()}


def _offer_verify(given: Values, _: Values) -> Out:
    verify_offer_untrusted(_parties(given), given.hex("offer"))
    return {"body": Signed.parse_untrusted(given.hex("offer")).body.hex()}


def _ring_keys(given: Values, _: Values) -> Out:
    keys = ring_keys(given.hex("sA"), given.hex("offer"))
    return {"ring_ab": keys.a_to_b.hex(), "ring_ba": keys.b_to_a.hex()}


def _answer_sign(given: Values, _: Values) -> Out:
    key = SigningKey(given.hex("id_callee_seed"))
    parties = Parties(given.hex("sid"), given.hex("id_caller"), key.public)
    answer = sign_answer(key, parties, given.hex("offer"), given.hex("body"))
    verify_answer_untrusted(parties, given.hex("offer"), answer)
    return {"answer": answer.hex()}


def _answer_open(given: Values, _: Values) -> Out:
    offer, answer = given.hex("offer"), given.hex("answer")
    body = verify_answer_untrusted(_parties(given), offer, answer)
    pair = kem.key_pair(given.hex("call_seed"))
    seed = open_call_seed_untrusted(pair, body.ct, given.hex("sid"), offer)
    return {
        "body": Signed.parse_untrusted(answer).body.hex(),
        "seed": seed.hex(),
        "nB": body.nonce_b.hex(),
        "mode": body.mode,
    }


def _call_seal(given: Values, out: Values) -> Out:
    opened = check_sealed(
        given.hex("call_seed"),
        given.hex("pkA_call"),
        out.hex("ct"),
        Label.CALL,
        h(given.hex("sid"), given.hex("offer")),
        given.hex("ekm"),
    )
    assert opened == given.hex("seed")
    return dict(out.raw)


def _call_keys(given: Values, _: Values) -> Out:
    keys = call_secret(
        given.hex("seed"),
        given.hex("sA"),
        given.hex("offer"),
        given.hex("answer"),
        given.hex("sid"),
        given.hex("id_caller"),
        given.hex("id_callee"),
    )
    return {
        "T": keys.transcript.hex(),
        "K": keys.secret.hex(),
        "sig_ab": keys.sig.a_to_b.hex(),
        "sig_ba": keys.sig.b_to_a.hex(),
        "sframe_ab": keys.sframe.a_to_b.hex(),
        "sframe_ba": keys.sframe.b_to_a.hex(),
    }


def _sas(given: Values, _: Values) -> Out:
    secrets = given.hex("nA"), given.hex("nB"), given.hex("T"), _parties(given).context
    return {"bytes": sas_bytes(*secrets).hex(), "indices": list(sas_indices(*secrets))}


def _control_seal(given: Values, _: Values) -> Out:
    key, call_id, plaintext = given.hex("key"), given.hex("call_id"), given.hex("cbor")
    control = seal_control(key, call_id, plaintext, given.hex("r"))
    assert open_control_untrusted(key, call_id, control) == plaintext
    return {"control": control.hex()}


def _control_open(given: Values, _: Values) -> Out:
    control = given.hex("control")
    plaintext = open_control_untrusted(given.hex("key"), given.hex("call_id"), control)
    Control.parse_untrusted(plaintext)
    return {"cbor": plaintext.hex(), "value": to_json(cbor.decode_untrusted(plaintext))}


def _controls(given: Values, _: Values) -> Out:
    channel = ControlChannel(bytes(32), given.hex("key"), given.hex("call_id"), bytes)
    for step in given.steps("steps"):
        try:
            got = "ok" if channel.open_untrusted(step.hex("control")) else "dropped"
        except WireError:
            got = "bad"
        assert got == step.text("expect")
    return {}


def _glare(given: Values, _: Values) -> Out:
    return {"winner": 1 if offer_wins(given.hex("body_1"), given.hex("body_2")) else 2}


def _number(given: Values, key: str) -> int:
    """Read a number that JSON could not hold."""
    return int.from_bytes(given.hex(key), "big")


def _sframe_header(given: Values, _: Values) -> Out:
    kid, ctr = _number(given, "kid"), _number(given, "ctr")
    header = encode_header(kid, ctr)
    parsed = parse_header_untrusted(header)
    assert (parsed.kid, parsed.ctr, parsed.size) == (kid, ctr, len(header))
    return {"header": header.hex()}


def _sframe_seal(given: Values, _: Values) -> Out:
    base_key, suite, metadata = given.hex("base_key"), given.number("suite"), given.hex("metadata")
    kid, ctr = _number(given, "kid"), _number(given, "ctr")
    keys = frame_keys(base_key, kid, suite)
    ct = seal_frame(base_key, kid, ctr, given.hex("pt"), suite, metadata)
    assert open_frame_untrusted(base_key, kid, ct, suite, metadata) == (ctr, given.hex("pt"))
    return {"key": keys.key.hex(), "salt": keys.salt.hex(), "ct": ct.hex()}


def _sframe_open(given: Values, _: Values) -> Out:
    ct = given.hex("ct")
    kid = parse_header_untrusted(ct).kid
    ctr, pt = open_frame_untrusted(
        given.hex("base_key"), kid, ct, given.number("suite"), given.hex("metadata")
    )
    return {
        "kid": kid.to_bytes(8, "big").hex(),
        "ctr": ctr.to_bytes(8, "big").hex(),
        "pt": pt.hex(),
    }


def _sframe_receive(given: Values, _: Values) -> Out:
    receiver = SFrameReceiver(given.hex("base_key"), _number(given, "kid"))
    for step in given.steps("steps"):
        expected = step.text("expect")
        try:
            opened = receiver.open_untrusted(step.hex("ct"))
        except WireError:
            assert expected == "bad"
            continue
        if opened is None:
            assert expected == "dropped"
        else:
            assert expected == "ok"
            assert opened == step.hex("pt")
    return {}


def _media_message_format(given: Values, _: Values) -> Out:
    packets = [bytes.fromhex(str(packet)) for packet in given.array("packets")]
    return {"message": MediaMessage(given.number("handle"), tuple(packets)).encode().hex()}


def _media_message(given: Values, _: Values) -> Out:
    parsed = MediaMessage.parse_untrusted(given.hex("message"))
    return {"handle": parsed.handle, "packets": [frame.hex() for frame in parsed.frames]}


def _plaintext_format(given: Values, _: Values) -> Out:
    frame = AudioFrame(given.number("t"), given.number("code"), given.hex("payload"))
    return {"plaintext": encode_audio(frame).hex()}


def _plaintext(given: Values, _: Values) -> Out:
    plaintext = given.hex("plaintext")
    parsed = parse_audio_untrusted(plaintext)
    payload = plaintext[HEADER_BYTES:]
    if isinstance(parsed, AudioFrame):
        assert parsed.opus == payload
        return {"t": parsed.t, "code": parsed.code, "payload": payload.hex()}
    assert encode_report(parsed, mode_code=MODE_OF_SIZE[len(payload)]) == plaintext
    return {"t": parsed.t, "code": REPORT, "payload": payload.hex()}


def _report_format(given: Values, _: Values) -> Out:
    report = Report(0, *(given.number(key) for key in REPORT_FIELDS))
    encoded = encode_report(report, mode_code=MODE_OF_SIZE[given.number("size")])
    return {"payload": encoded[HEADER_BYTES:].hex()}


def _report(given: Values, _: Values) -> Out:
    parsed = parse_audio_untrusted(bytes(4) + bytes([REPORT]) + given.hex("payload"))
    assert isinstance(parsed, Report)
    return {
        "sent_ms": parsed.sent_ms,
        "echo_ms": parsed.echo_ms,
        "held_ms": parsed.held_ms,
        "expected": parsed.expected,
        "on_time": parsed.on_time,
        "late": parsed.late,
        "lost": parsed.lost,
        "buffer_ms": parsed.buffer_ms,
    }


def _grant_sign(given: Values, _: Values) -> Out:
    grant = mint_grant(
        given.hex("relay_key"),
        room=given.hex("room"),
        h0=given.hex("h0"),
        h1=given.hex("h1"),
        exp=given.number("exp"),
        owner=given.hex("owner"),
        packets_per_s=given.number("packets_per_s"),
        kbit_per_s=given.number("kbit_per_s"),
    )
    return {"grant": grant.hex()}


def _grant_verify(given: Values, _: Values) -> Out:
    relay_key, grant = given.hex("relay_key"), given.hex("grant")
    parsed = verify_grant_untrusted(relay_key, grant, given.number("now"))
    return {
        "room": parsed.room.hex(),
        "h0": parsed.h0.hex(),
        "h1": parsed.h1.hex(),
        "exp": parsed.exp,
        "owner": parsed.owner.hex(),
        "packets_per_s": parsed.packets_per_s,
        "kbit_per_s": parsed.kbit_per_s,
    }


def _owner(given: Values, _: Values) -> Out:
    return {"owner": owner_tag(given.hex("relay_key"), given.hex("mailbox")).hex()}


def _voucher_sign(given: Values, _: Values) -> Out:
    random = given.hex("random")
    voucher = mint_voucher(given.hex("relay_key"), given.number("exp"), lambda _: random)
    return {"voucher": voucher.hex()}


def _voucher_verify(given: Values, _: Values) -> Out:
    relay_key, voucher = given.hex("relay_key"), given.hex("voucher")
    parsed = verify_voucher_untrusted(relay_key, voucher, given.number("now"))
    return {"exp": parsed.exp, "random": parsed.random.hex()}


def _seat(given: Values, _: Values) -> Out:
    return {"h": seat_hash(given.hex("secret")).hex()}


def _seat_verify(given: Values, _: Values) -> Out:
    grant = Grant.parse_untrusted(given.hex("grant"))
    check_seat_untrusted(grant, given.number("seat"), given.hex("secret"))
    return {}


OPERATIONS = {
    "com": _com,
    "reveal": _reveal,
    "offer_sign": _offer_sign,
    "offer_verify": _offer_verify,
    "ring_keys": _ring_keys,
    "answer_sign": _answer_sign,
    "answer_open": _answer_open,
    "call_seal": _call_seal,
    "call_keys": _call_keys,
    "sas": _sas,
    "control_seal": _control_seal,
    "control_open": _control_open,
    "controls": _controls,
    "glare": _glare,
    "sframe_header": _sframe_header,
    "sframe_seal": _sframe_seal,
    "sframe_open": _sframe_open,
    "sframe_receive": _sframe_receive,
    "media_message_format": _media_message_format,
    "media_message": _media_message,
    "plaintext_format": _plaintext_format,
    "plaintext": _plaintext,
    "report_format": _report_format,
    "report": _report,
    "grant_sign": _grant_sign,
    "grant_verify": _grant_verify,
    "owner": _owner,
    "voucher_sign": _voucher_sign,
    "voucher_verify": _voucher_verify,
    "seat": _seat,
    "seat_verify": _seat_verify,
}
