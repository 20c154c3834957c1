import { cat, cut, flip, longer, random, zeros } from "../lib/bytes.mjs";
import { encode } from "../lib/cbor.mjs";
import { h, pad, seal, sealWithShare } from "../lib/construct.mjs";
import { publicKey } from "../lib/hpke.mjs";
import { HELLO, lineKeys, rawRecord, sealM1, sealM2Head, sealRecord } from "../lib/line.mjs";
import { Page } from "../lib/page.mjs";
import { ZERO_SHARES } from "../lib/points.mjs";

const r = (name, n = 32) => random(`line ${name}`, n);

async function firstMessage(page, f) {
  const { pkH, pkH_seed, e_pk, s1, m1 } = f;
  page.ok("m1-seal", "the client's first message", "m1_seal", { pkH, pkH_seed, e_pk, s1, ekm: r("m1 ekm", 64) }, { m1 });
  page.ok("m1-open", "the home reads it", "m1_open", { pkH, pkH_seed, m1 }, { e_pk, s1 });
  const bad = (id, what, failure, m) => page.bad(`m1-${id}`, what, failure, "m1_open", { pkH, pkH_seed, m1: m });
  const plain = cat(e_pk, s1);
  const sealed = async (label, ctx, pt = plain, pk = pkH) => cat(1, await seal(pk, pt, label, ctx, r("m1 ekm", 64)));
  bad("kind", "kind byte 02", "wrong value", cat(2, m1.slice(1)));
  bad("truncated", "the last byte is missing", "truncated", cut(m1));
  bad("longer", "one byte too long", "one byte too long", longer(m1));
  bad("empty", "only the kind byte", "truncated", m1.slice(0, 1));
  bad("bit", "one bit of the ciphertext", "wrong value", flip(m1, 1500));
  bad("label", "sealed as line m2", "wrong label", await sealed("line m2", h(pkH)));
  bad("ctx", "sealed in the context of another home", "wrong context", await sealed("line m1", h(flip(pkH, 0))));
  bad("key", "sealed to another home's key", "wrong key", await sealed("line m1", h(pkH), plain, await publicKey(r("other home"))));
  bad("share", "X25519 share zero", "small-order key", cat(1, await sealWithShare(pkH, plain, "line m1", h(pkH), r("m1 ekm", 64), ZERO_SHARES[0])));
  const modulus = Uint8Array.from(plain);
  modulus.set([0xff, 0xff], 0);
  bad("modulus", "the client's key fails the modulus check", "wrong value", await sealed("line m1", h(pkH), modulus));
  bad("short-secret", "s1 has 31 bytes (the whole is one byte short)", "wrong length", await sealed("line m1", h(pkH), cut(plain)));
}

async function secondMessage(page, f) {
  const { pkH, e_seed, e_pk, s1, s2, m1, head, m2, th, keys } = f;
  page.ok("m2-seal", "the home's answer", "m2_seal", { pkH, e_seed, e_pk, s1, s2, m1, hello: HELLO, ekm: r("m2 ekm", 64) }, { m2 });
  page.ok("m2-open", "the client's check", "m2_open", { pkH, e_seed, s1, m1, m2 }, { s2, th, ...keys, hello: HELLO });
  page.ok("keys", "from both secrets", "line_keys", { s1, s2, th }, keys);
  const bad = (id, what, failure, change) => page.bad(`m2-${id}`, what, failure, "m2_open", { pkH, e_seed, s1, m1, m2, ...change });
  const withHead = (newHead, label) => {
    const k = lineKeys(s1, s2, h(pkH, m1, newHead));
    return { m2: cat(newHead, sealRecord(k.k_s2c, 0, 0x30, HELLO)), label };
  };
  const rec0 = (key, counter, type, body, bucket) => ({ m2: cat(head, sealRecord(key, counter, type, body, bucket)) });
  const hello = (fields) => rec0(keys.k_s2c, 0, 0x30, encode(fields));
  const good = { 0: 1, 1: 1_760_000_000, 2: 32, 3: 75 };
  const without = ({ [2]: _, ...rest }) => rest;
  bad("kind", "kind byte 02", "wrong value", { m2: cat(2, m2.slice(1)) });
  bad("truncated", "the last byte is missing", "truncated", { m2: cut(m2) });
  bad("longer", "one byte too long", "one byte too long", { m2: longer(m2) });
  bad("no-rec0", "no rec0 at all", "missing field", { m2: head });
  bad("bit", "one bit of the sealed secret", "wrong value", { m2: flip(m2, 1130) });
  bad("rec0-bit", "one bit of rec0", "wrong value", { m2: flip(m2, -1) });
  bad("ephemeral", "another ephemeral key", "wrong key", { e_seed: flip(e_seed, 0) });
  bad("s1", "the home used another s1", "wrong value", { s1: flip(s1, 0) });
  bad("home-key", "another home's key is expected", "wrong key", { pkH: await publicKey(r("other home")) });
  const otherM1 = await sealM1(pkH, e_pk, s1, r("other m1 ekm", 64));
  bad("replayed", "the answer to an earlier m1", "replayed", withHead(await sealM2Head(e_pk, s2, otherM1, pkH, r("m2 ekm", 64))));
  bad("label", "sealed as line m1", "wrong label", withHead(cat(1, await seal(e_pk, s2, "line m1", h(m1, pkH), r("m2 ekm", 64)))));
  bad("ctx", "context without pkH", "wrong context", withHead(cat(1, await seal(e_pk, s2, "line m2", h(m1), r("m2 ekm", 64)))));
  bad("share", "X25519 share zero", "small-order key",
    withHead(cat(1, await sealWithShare(e_pk, s2, "line m2", h(m1, pkH), r("m2 ekm", 64), ZERO_SHARES[0]))));
  bad("direction", "rec0 under the client's key", "wrong direction", rec0(keys.k_c2s, 0, 0x30, HELLO));
  bad("counter", "rec0 with counter 1", "wrong value", rec0(keys.k_s2c, 1, 0x30, HELLO));
  bad("type", "rec0 is a reply", "wrong value", rec0(keys.k_s2c, 0, 0x31, encode({ 0: 1, 1: 0 })));
  bad("bucket", "rec0 in the bucket of 1024", "wrong length", rec0(keys.k_s2c, 0, 0x30, HELLO, 1024));
  bad("hello-missing", "hello without window", "missing field", hello(without(good)));
  bad("hello-version", "hello of version 2", "wrong value", hello({ ...good, 0: 2 }));
  bad("hello-trailing", "a byte after hello's map", "one byte too long", rec0(keys.k_s2c, 0, 0x30, longer(HELLO)));
  bad("padding", "rec0 not padded with 80", "bad padding", { m2: cat(head, rawRecord(keys.k_s2c, 0, cat(0x30, HELLO, zeros(256 - 1 - HELLO.length)))) });
}

function records(page, keys) {
  const key = keys.k_c2s;
  const sealed = (counter, type, body) => cat(2, sealRecord(key, counter, type, body));
  const sizes = [0, 254, 255, 1022, 1023, 4350, 4351, 16638, 65790];
  for (const n of sizes) {
    const body = n > 5000 ? new Uint8Array(n).fill(7) : r(`body ${n}`, n);
    page.ok(`record-seal-${n}`, `body of ${n} bytes, smallest bucket that fits`, "record_seal", { key, counter: n, type: 0x11, body }, { record: sealed(n, 0x11, body) });
  }
  for (const counter of [0, 1, 255, 256, 2 ** 32 - 1])
    page.ok(`record-counter-${counter}`, "the counter is the nonce", "record_seal", { key, counter, type: 0x1b, body: encode({ 0: 1 }) },
      { record: sealed(counter, 0x1b, encode({ 0: 1 })) });
  const body = encode({ 0: 7 });
  const record = sealed(5, 0x1b, body);
  page.ok("record-open", "opens", "record_open", { key, counter: 5, record }, { type: 0x1b, body });
  const trailing80 = cat(body, 0x80, 0);
  page.ok("record-open-80", "a body that ends in 80 00", "record_open", { key, counter: 6, record: sealed(6, 0x20, trailing80) }, { type: 0x20, body: trailing80 });
  const bad = (id, what, failure, change) => page.bad(`record-${id}`, what, failure, "record_open", { key, counter: 5, record, ...change });
  const raw = (padded) => ({ record: cat(2, rawRecord(key, 5, padded)) });
  const content = cat(0x1b, body);
  bad("kind", "kind byte 01", "wrong value", { record: cat(1, record.slice(1)) });
  bad("bit", "one bit", "wrong value", { record: flip(record, 10) });
  bad("truncated", "one byte short", "truncated", { record: cut(record) });
  bad("longer", "one byte too long", "one byte too long", { record: longer(record) });
  bad("empty", "only the kind byte", "truncated", { record: record.slice(0, 1) });
  bad("replayed", "the record before the expected one", "replayed", { counter: 6 });
  bad("early", "the record after the expected one", "wrong value", { counter: 4 });
  bad("direction", "the key of the other direction", "wrong direction", { key: keys.k_s2c });
  bad("bucket", "authentic, but 272 bytes inside", "wrong length", raw(pad(content, 272)));
  bad("bucket-small", "authentic, but 128 bytes inside", "wrong length", raw(pad(content, 128)));
  bad("padding", "authentic, but without 80", "bad padding", raw(cat(content, zeros(256 - content.length))));
  bad("no-type", "authentic, but not even a type", "missing field", raw(pad(zeros(0), 256)));
  const run = [0, 1, 2].map((i) => sealed(i, 0x1b, encode({ 0: i + 1 })));
  const opened = [0, 1, 2].map((i) => ({ type: 0x1b, body: encode({ 0: i + 1 }) }));
  page.ok("records", "three in order", "records", { key, counter: 0, records: run }, { opened });
  page.bad("records-replayed", "the second comes twice", "replayed", "records", { key, counter: 0, records: [run[0], run[1], run[1]] });
  page.bad("records-lost", "the second is missing", "missing field", "records", { key, counter: 0, records: [run[0], run[2]] });
  page.bad("records-swapped", "the second after the third", "wrong value", "records", { key, counter: 0, records: [run[0], run[2], run[1]] });
}

export default async function line() {
  const [pkH_seed, e_seed, s1, s2] = ["home", "ephemeral", "s1", "s2"].map((n) => r(n));
  const [pkH, e_pk] = [await publicKey(pkH_seed), await publicKey(e_seed)];
  const m1 = await sealM1(pkH, e_pk, s1, r("m1 ekm", 64));
  const head = await sealM2Head(e_pk, s2, m1, pkH, r("m2 ekm", 64));
  const th = h(pkH, m1, head);
  const keys = lineKeys(s1, s2, th);
  const m2 = cat(head, sealRecord(keys.k_s2c, 0, 0x30, HELLO));
  const page = new Page("line", "spec/line.md");
  await firstMessage(page, { pkH, pkH_seed, e_pk, s1, m1 });
  await secondMessage(page, { pkH, e_seed, e_pk, s1, s2, m1, head, m2, th, keys });
  records(page, keys);
  return page;
}
