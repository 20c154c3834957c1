"""Run the operations of handshake.json and line.json."""

from __future__ import annotations

import hashlib
from typing import cast

from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from hamseda.crypto import kem
from hamseda.crypto.aead import gcm_open_untrusted, gcm_seal
from hamseda.crypto.key_schedule import Label, h, kdf
from hamseda.crypto.line import (
    KIND_RECORD,
    ClientHandshake,
    Records,
    line_keys,
    open_m1_untrusted,
    open_record_untrusted,
    seal_record,
)
from hamseda.crypto.padding import pad, unpad_untrusted
from hamseda.crypto.signatures import SigningKey, verify_untrusted
from hamseda.errors import UsageError, WireError
from hamseda.wire.codes import RecordType
from hamseda.wire.line import Hello
from tests.vectors import Json, Values

Out = dict[str, Json]


def check_sealed(
    seed: bytes, public: bytes, sealed: bytes, label: Label, ctx: bytes, ekm: bytes
) -> bytes:
    """Open a seal that was made with known randomness, and check that it was made with it.

    The library cannot seal with given randomness. So the two halves of X-Wing are checked one
    by one: the X25519 share is made from the second half of `ekm`, and the ML-KEM secret that
    comes out is the one that its first half, the message, gives (FIPS 203, algorithm 17).
    """
    pair = kem.key_pair(seed)
    assert pair.public == public
    share = X25519PrivateKey.from_private_bytes(ekm[32:]).public_key().public_bytes_raw()
    assert sealed[1088:1120] == share
    private = MLKEM768PrivateKey.from_seed_bytes(hashlib.shake_256(seed).digest(96)[:64])
    key_hash = hashlib.sha3_256(public[:1184]).digest()
    secret = hashlib.sha3_512(ekm[:32] + key_hash).digest()[:32]
    assert private.decapsulate(sealed[:1088]) == secret
    return kem.open_untrusted(pair, sealed, label, ctx)


def _h(given: Values, _: Values) -> Out:
    items = [item if isinstance(item, int) else _bytes(item) for item in given.array("items")]
    return {"hash": h(*items).hex()}


def _bytes(item: Json) -> bytes:
    if not isinstance(item, str):
        raise TypeError("an item is neither number nor hexadecimal")
    return bytes.fromhex(item)


def _kdf(given: Values, _: Values) -> Out:
    okm = kdf(
        given.hex("ikm"),
        given.hex("salt"),
        # Some cases use labels that do not exist, to show where a label ends.
        cast("Label", given.text("label")),
        given.number("n"),
        given.hex("ctx"),
    )
    return {"okm": okm.hex()}


def _keypair(given: Values, _: Values) -> Out:
    return {"pk": kem.key_pair(given.hex("seed")).public.hex()}


def _public_key(given: Values, _: Values) -> Out:
    kem.check_public_untrusted(given.hex("pk"))
    return {}


def _seal(given: Values, out: Values) -> Out:
    label, ctx = Label(given.text("label")), given.hex("ctx")
    opened = check_sealed(
        given.hex("seed"), given.hex("pk"), out.hex("sealed"), label, ctx, given.hex("ekm")
    )
    assert opened == given.hex("pt")
    again = kem.seal(given.hex("pk"), opened, label, ctx)
    assert len(again) == len(out.hex("sealed"))
    assert kem.open_untrusted(kem.key_pair(given.hex("seed")), again, label, ctx) == opened
    return dict(out.raw)


def _open(given: Values, _: Values) -> Out:
    pair = kem.key_pair(given.hex("seed"))
    label, ctx = Label(given.text("label")), given.hex("ctx")
    return {"pt": kem.open_untrusted(pair, given.hex("sealed"), label, ctx).hex()}


def _sign(given: Values, _: Values) -> Out:
    key = SigningKey(given.hex("seed"))
    label, digest = Label(given.text("label")), given.hex("hash")
    signature = key.sign(label, digest)
    verify_untrusted(key.public, label, digest, signature)
    return {"pk": key.public.hex(), "sig": signature.hex()}


def _verify(given: Values, _: Values) -> Out:
    label = Label(given.text("label"))
    verify_untrusted(given.hex("pk"), label, given.hex("hash"), given.hex("sig"))
    return {}


def _gcm_seal(given: Values, _: Values) -> Out:
    key, nonce, aad = given.hex("key"), given.hex("nonce"), given.hex("aad")
    ct = gcm_seal(key, nonce, given.hex("pt"), aad)
    assert gcm_open_untrusted(key, nonce, ct, aad) == given.hex("pt")
    return {"ct": ct.hex()}


def _gcm_open(given: Values, _: Values) -> Out:
    key, nonce, aad = given.hex("key"), given.hex("nonce"), given.hex("aad")
    return {"pt": gcm_open_untrusted(key, nonce, given.hex("ct"), aad).hex()}


def _pad(given: Values, _: Values) -> Out:
    try:
        padded = pad(given.hex("x"), given.number("n"))
    except UsageError as error:
        raise WireError(str(error)) from None
    assert unpad_untrusted(padded) == given.hex("x")
    return {"padded": padded.hex()}


def _unpad(given: Values, _: Values) -> Out:
    return {"x": unpad_untrusted(given.hex("padded")).hex()}


def _m1_seal(given: Values, out: Values) -> Out:
    m1, public = out.hex("m1"), given.hex("pkH")
    assert m1[:1] == b"\1"
    opened = check_sealed(
        given.hex("pkH_seed"), public, m1[1:], Label.LINE_M1, h(public), given.hex("ekm")
    )
    assert opened == given.hex("e_pk") + given.hex("s1")
    return dict(out.raw)


def _m1_open(given: Values, _: Values) -> Out:
    pair = kem.key_pair(given.hex("pkH_seed"))
    e_pk, s1 = open_m1_untrusted(pair, given.hex("m1"))
    assert pair.public == given.hex("pkH")
    return {"e_pk": e_pk.hex(), "s1": s1.hex()}


def _m2_seal(given: Values, out: Values) -> Out:
    m2 = out.hex("m2")
    ctx = h(given.hex("m1"), given.hex("pkH"))
    opened = check_sealed(
        given.hex("e_seed"), given.hex("e_pk"), m2[1:1169], Label.LINE_M2, ctx, given.hex("ekm")
    )
    assert opened == given.hex("s2")
    keys = line_keys(given.hex("s1"), opened, h(given.hex("pkH"), given.hex("m1"), m2[:1169]))
    hello = given.hex("hello")
    rec0 = seal_record(keys.home_to_client, 0, RecordType.HELLO, hello)
    return {"m2": (b"\1" + m2[1:1169] + rec0).hex()}


def _m2_open(given: Values, _: Values) -> Out:
    public, m1, m2 = given.hex("pkH"), given.hex("m1"), given.hex("m2")
    ephemeral = kem.key_pair(given.hex("e_seed"))
    handshake = ClientHandshake(m1, public, ephemeral, given.hex("s1"))
    records, hello_type, hello = handshake.finish_untrusted(m2)
    if hello_type != RecordType.HELLO:
        raise WireError("the first record is no hello")
    Hello.parse_untrusted(hello)
    s2 = kem.open_untrusted(ephemeral, m2[1:1169], Label.LINE_M2, h(m1, public))
    th = h(public, m1, m2[:1169])
    keys = line_keys(given.hex("s1"), s2, th)
    assert records.line_id == keys.line_id
    home = Records(keys.home_to_client, keys.client_to_home, keys.line_id)
    assert home.open_untrusted(records.seal(1, b"")) == (1, b"")
    return {
        "s2": s2.hex(),
        "th": th.hex(),
        "k_c2s": keys.client_to_home.hex(),
        "k_s2c": keys.home_to_client.hex(),
        "line_id": keys.line_id.hex(),
        "hello": hello.hex(),
    }


def _line_keys(given: Values, _: Values) -> Out:
    keys = line_keys(given.hex("s1"), given.hex("s2"), given.hex("th"))
    return {
        "k_c2s": keys.client_to_home.hex(),
        "k_s2c": keys.home_to_client.hex(),
        "line_id": keys.line_id.hex(),
    }


def _record_seal(given: Values, _: Values) -> Out:
    key, counter = given.hex("key"), given.number("counter")
    record = seal_record(key, counter, given.number("type"), given.hex("body"))
    opened = open_record_untrusted(key, counter, record)
    assert opened == (given.number("type"), given.hex("body"))
    return {"record": (KIND_RECORD + record).hex()}


def _record_open(given: Values, _: Values) -> Out:
    record = given.hex("record")
    if record[:1] != KIND_RECORD:
        raise WireError("no record")
    opened = open_record_untrusted(given.hex("key"), given.number("counter"), record[1:])
    return {"type": opened[0], "body": opened[1].hex()}


def _records(given: Values, _: Values) -> Out:
    assert given.number("counter") == 0
    records = Records(bytes(32), given.hex("key"), bytes(32))
    opened: list[Json] = []
    for record in given.array("records"):
        record_type, body = records.open_untrusted(_bytes(record))
        opened.append({"type": record_type, "body": body.hex()})
    return {"opened": opened}


OPERATIONS = {
    "h": _h,
    "kdf": _kdf,
    "keypair": _keypair,
    "public_key": _public_key,
    "seal": _seal,
    "open": _open,
    "sign": _sign,
    "verify": _verify,
    "gcm_seal": _gcm_seal,
    "gcm_open": _gcm_open,
    "pad": _pad,
    "unpad": _unpad,
    "m1_seal": _m1_seal,
    "m1_open": _m1_open,
    "m2_seal": _m2_seal,
    "m2_open": _m2_open,
    "line_keys": _line_keys,
    "record_seal": _record_seal,
    "record_open": _record_open,
    "records": _records,
}
