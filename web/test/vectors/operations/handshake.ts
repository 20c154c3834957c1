/** Run the operations of handshake.json and line.json. */

import { gcmOpenUntrusted, gcmSeal } from "../../../src/crypto/aead";
import * as kem from "../../../src/crypto/kem";
import { Label, h, kdf } from "../../../src/crypto/keySchedule";
import {
  ClientHandshake,
  Records,
  lineKeys,
  openM1Untrusted,
  openRecordUntrusted,
  sealRecord,
} from "../../../src/crypto/line";
import { pad, unpadUntrusted } from "../../../src/crypto/padding";
import { SigningKey, verifyUntrusted } from "../../../src/crypto/signatures";
import { UsageError, WireError } from "../../../src/errors";
import { type Bytes, concat, hex } from "../../../src/wire/bytes";
import { RecordType } from "../../../src/wire/codes";
import { Hello, RECORD } from "../../../src/wire/line";
import type { JsonObject } from "../cases";
import { type Operations, anyLabel, bytesOf, labelOf, resealed, same } from "./operation";

const KIND_HANDSHAKE = Uint8Array.of(1);
const KIND_RECORD = Uint8Array.of(RECORD);

function lineKeysOut(s1: Bytes, s2: Bytes, th: Bytes): JsonObject {
  const keys = lineKeys(s1, s2, th);
  return {
    k_c2s: hex(keys.clientToHome),
    k_s2c: hex(keys.homeToClient),
    line_id: hex(keys.lineId),
  };
}

export const OPERATIONS: Operations = {
  h(given) {
    const items = given.array("items");
    return { hash: hex(h(...items.map((x) => (typeof x === "number" ? x : bytesOf(x))))) };
  },

  kdf(given) {
    const [ikm, salt, ctx] = [given.bytes("ikm"), given.bytes("salt"), given.bytes("ctx")];
    return { okm: hex(kdf(ikm, salt, anyLabel(given.text("label")), given.number("n"), ctx)) };
  },

  async keypair(given) {
    return { pk: hex((await kem.keyPair(given.bytes("seed"))).publicKey) };
  },

  public_key(given) {
    kem.checkPublicUntrusted(given.bytes("pk"));
    return {};
  },

  async seal(given) {
    const sealed = await resealed(
      given.bytes("seed"),
      given.bytes("pk"),
      given.bytes("pt"),
      labelOf(given.text("label")),
      given.bytes("ctx"),
      given.bytes("ekm"),
    );
    return { sealed: hex(sealed) };
  },

  async open(given) {
    const pair = await kem.keyPair(given.bytes("seed"));
    const [label, ctx] = [labelOf(given.text("label")), given.bytes("ctx")];
    return { pt: hex(await kem.openUntrusted(pair, given.bytes("sealed"), label, ctx)) };
  },

  async sign(given) {
    const key = await SigningKey.fromSeed(given.bytes("seed"));
    const [label, digest] = [labelOf(given.text("label")), given.bytes("hash")];
    const signature = await key.sign(label, digest);
    await verifyUntrusted(key.publicKey, label, digest, signature);
    return { pk: hex(key.publicKey), sig: hex(signature) };
  },

  async verify(given) {
    const label = labelOf(given.text("label"));
    await verifyUntrusted(given.bytes("pk"), label, given.bytes("hash"), given.bytes("sig"));
    return {};
  },

  async gcm_seal(given) {
    const [key, nonce, aad] = [given.bytes("key"), given.bytes("nonce"), given.bytes("aad")];
    const ct = await gcmSeal(key, nonce, given.bytes("pt"), aad);
    same(await gcmOpenUntrusted(key, nonce, ct, aad), given.bytes("pt"));
    return { ct: hex(ct) };
  },

  async gcm_open(given) {
    const [key, nonce, aad] = [given.bytes("key"), given.bytes("nonce"), given.bytes("aad")];
    return { pt: hex(await gcmOpenUntrusted(key, nonce, given.bytes("ct"), aad)) };
  },

  pad(given) {
    try {
      const padded = pad(given.bytes("x"), given.number("n"));
      same(unpadUntrusted(padded), given.bytes("x"));
      return { padded: hex(padded) };
    } catch (error) {
      throw error instanceof UsageError ? new WireError(error.message) : error;
    }
  },

  unpad: (given) => ({ x: hex(unpadUntrusted(given.bytes("padded"))) }),

  async m1_seal(given) {
    const publicKey = given.bytes("pkH");
    const sealed = await resealed(
      given.bytes("pkH_seed"),
      publicKey,
      concat(given.bytes("e_pk"), given.bytes("s1")),
      Label.LINE_M1,
      h(publicKey),
      given.bytes("ekm"),
    );
    return { m1: hex(concat(KIND_HANDSHAKE, sealed)) };
  },

  async m1_open(given) {
    const pair = await kem.keyPair(given.bytes("pkH_seed"));
    const [ephemeral, s1] = await openM1Untrusted(pair, given.bytes("m1"));
    same(pair.publicKey, given.bytes("pkH"));
    return { e_pk: hex(ephemeral), s1: hex(s1) };
  },

  async m2_seal(given) {
    const [publicKey, m1, s2] = [given.bytes("pkH"), given.bytes("m1"), given.bytes("s2")];
    const sealed = await resealed(
      given.bytes("e_seed"),
      given.bytes("e_pk"),
      s2,
      Label.LINE_M2,
      h(m1, publicKey),
      given.bytes("ekm"),
    );
    const sealedPart = concat(KIND_HANDSHAKE, sealed);
    const keys = lineKeys(given.bytes("s1"), s2, h(publicKey, m1, sealedPart));
    const hello = given.bytes("hello");
    return {
      m2: hex(concat(sealedPart, await sealRecord(keys.homeToClient, 0, RecordType.HELLO, hello))),
    };
  },

  async m2_open(given) {
    const [publicKey, m1, m2] = [given.bytes("pkH"), given.bytes("m1"), given.bytes("m2")];
    const [ephemeral, s1] = [await kem.keyPair(given.bytes("e_seed")), given.bytes("s1")];
    const handshake = new ClientHandshake(m1, publicKey, ephemeral, s1);
    const { records, hello } = await handshake.finishUntrusted(m2);
    if (hello.type !== RecordType.HELLO) throw new WireError("the first record is no hello");
    Hello.parseUntrusted(hello.body);
    const [sealed, ctx] = [m2.slice(1, 1169), h(m1, publicKey)];
    const s2 = await kem.openUntrusted(ephemeral, sealed, Label.LINE_M2, ctx);
    const th = h(publicKey, m1, m2.slice(0, 1169));
    const keys = lineKeys(s1, s2, th);
    same(records.lineId, keys.lineId);
    const home = new Records(keys.homeToClient, keys.clientToHome, keys.lineId);
    same((await home.openUntrusted(await records.seal(1, m1))).body, m1);
    return { s2: hex(s2), th: hex(th), ...lineKeysOut(s1, s2, th), hello: hex(hello.body) };
  },

  line_keys: (given) => lineKeysOut(given.bytes("s1"), given.bytes("s2"), given.bytes("th")),

  async record_seal(given) {
    const [key, counter] = [given.bytes("key"), given.number("counter")];
    const [type, body] = [given.number("type"), given.bytes("body")];
    const record = await sealRecord(key, counter, type, body);
    const opened = await openRecordUntrusted(key, counter, record);
    same(concat(Uint8Array.of(opened.type), opened.body), concat(Uint8Array.of(type), body));
    return { record: hex(concat(KIND_RECORD, record)) };
  },

  async record_open(given) {
    const record = given.bytes("record");
    if (record[0] !== RECORD) throw new WireError("no record");
    const [key, counter] = [given.bytes("key"), given.number("counter")];
    const opened = await openRecordUntrusted(key, counter, record.slice(1));
    return { type: opened.type, body: hex(opened.body) };
  },

  async records(given) {
    if (given.number("counter") !== 0) throw new RangeError("a line counts from 0");
    const unused = new Uint8Array(32);
    const line = new Records(unused, given.bytes("key"), unused);
    // All at once, as a WebSocket hands them over: order is the class's own affair.
    const opened = await Promise.all(
      given.array("records").map((record) => line.openUntrusted(bytesOf(record))),
    );
    return { opened: opened.map(({ type, body }) => ({ type, body: hex(body) })) };
  },
};
