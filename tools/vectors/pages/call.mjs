import { cat, cut, flip, longer, random, zeros } from "../lib/bytes.mjs";
import { encode, picture } from "../lib/cbor.mjs";
import { gcm44, h, kdf, pad, seal, sealWithShare, sign } from "../lib/construct.mjs";
import { publicKey } from "../lib/hpke.mjs";
import { Page } from "../lib/page.mjs";
import { idA, idA_seed, idB, idB_seed, sid } from "../lib/people.mjs";
import { addOrder, SMALL_ORDER, trivialSignature, ZERO_SHARES } from "../lib/points.mjs";

const r = (name, n = 32) => random(`call ${name}`, n);
const NONE = zeros(0);
const call_id = r("call_id", 16);
const [sA, nA, nB, call_seed] = [r("sA"), r("nA"), r("nB"), r("pkA_call")];
const [id_caller, id_callee] = [idA, idB];
const com = h("com", call_id, nA);

const signStructure = (seed, label, body, hash, asLabel = label) => encode({ 0: body, 1: sign(seed, asLabel, hash) });
const offerHash = (body) => h(sid, id_caller, id_callee, body);

/** Cases that offer and answer share: the signature and the shape around it. */
function signatureCases(page, name, f) {
  const { op, input, body, fields, seed, hash, drop, value } = f;
  const make = (b, asLabel = name, s = seed) => signStructure(s, name, b, hash(b), asLabel);
  const good = make(body);
  const bad = (id, what, failure, change) => page.bad(`${name}-${id}`, what, failure, op, { ...input, [name]: good, ...change });
  bad("signer", "signed by another key", "wrong key", { [name]: make(body, name, flip(seed, 0)) });
  bad("label", "signed under the other label", "wrong label", { [name]: make(body, name === "offer" ? "answer" : "offer") });
  bad("sid", "of another contact", "wrong context", { sid: flip(sid, 0) });
  bad("bit", "one bit of the signature", "wrong value", { [name]: flip(good, -3) });
  bad("altered", "the body was altered after signing", "wrong value", { [name]: encode({ 0: encode({ ...fields, ...value }), 1: sign(seed, name, hash(body)) }) });
  bad("S-plus-L", "S + L instead of S", "S >= L", { [name]: encode({ 0: body, 1: addOrder(sign(seed, name, hash(body))) }) });
  bad("truncated", "a byte short", "truncated", { [name]: cut(good) });
  bad("longer", "a byte behind", "one byte too long", { [name]: longer(good) });
  bad("unsigned", "no signature", "missing field", { [name]: encode({ 0: body }) });
  const { [drop]: _, ...without } = fields;
  bad("missing", `no key ${drop} in the body`, "missing field", { [name]: make(encode(without)) });
  bad("version", "version 2", "wrong value", { [name]: make(encode({ ...fields, 0: 2 })) });
  bad("call-id-short", "a call id of 15 bytes", "wrong length", { [name]: make(encode({ ...fields, 1: cut(call_id) })) });
  bad("non-canonical", "the version in two bytes", "non-canonical CBOR", { [name]: make(cat(body.slice(0, 2), 0x18, 1, body.slice(3))) });
  return { good, bad };
}

async function offers(page) {
  const pkA_call = await publicKey(call_seed);
  const fields = { 0: 1, 1: call_id, 2: sA, 3: com, 4: pkA_call, 5: [1], 6: r("grant", 96), 7: r("seat secret", 16) };
  const body = encode(fields);
  const input = { id_caller, id_callee, sid };
  page.ok("com", "commitment to nA", "com", { call_id, nA }, { com });
  page.ok("reveal", "fits", "reveal", { call_id, com, nA }, {});
  page.bad("reveal-wrong", "another nA", "wrong value", "reveal", { call_id, com, nA: flip(nA, 0) });
  page.bad("reveal-call", "another call", "wrong context", "reveal", { call_id: flip(call_id, 0), com, nA });
  page.bad("reveal-short", "nA of 31 bytes", "truncated", "reveal", { call_id, com, nA: cut(nA) });
  const { good: offer, bad } = signatureCases(page, "offer",
    { op: "offer_verify", input, body, fields, seed: idA_seed, hash: offerHash, drop: 6, value: { 5: [1, 2] } });
  bad("direction", "the callee's identity signed, as in a reflected call", "wrong direction",
    { offer: signStructure(idB_seed, "offer", body, h(sid, id_callee, id_caller, body)) });
  bad("swapped", "the caller signed with the identities swapped", "wrong direction", { offer: signStructure(idA_seed, "offer", body, h(sid, id_callee, id_caller, body)) });
  bad("small-order", "a caller of small order", "small-order key",
    { id_caller: SMALL_ORDER[4], offer: encode({ 0: body, 1: trivialSignature("caller", SMALL_ORDER[4], "offer", h(sid, SMALL_ORDER[4], id_callee, body)) }) });
  page.ok("offer-sign", "the caller signs", "offer_sign", { id_caller_seed: idA_seed, id_callee, sid, body }, { offer });
  page.ok("offer-verify", "the callee checks", "offer_verify", { ...input, offer }, { body });
  const later = encode({ ...fields, 9: 0 });
  page.ok("offer-unknown", "a key of a later release, under the signature", "offer_verify",
    { ...input, offer: signStructure(idA_seed, "offer", later, offerHash(later)) }, { body: later });
  const ring = (label) => kdf(sA, h(offer), label, null, 32);
  const rings = { ring_ab: ring("ring a>b"), ring_ba: ring("ring b>a") };
  page.ok("ring-keys", "under which it rings", "ring_keys", { sA, offer }, rings);
  return { offer, body, fields, pkA_call, ...rings };
}

async function answers(page, { offer, pkA_call }) {
  const [seed, ekm] = [r("seed"), r("ct ekm", 64)];
  const ctx = h(sid, offer);
  const sealed = (pt = seed, label = "call", c = ctx) => seal(pkA_call, pt, label, c, ekm);
  const ct = await sealed();
  page.ok("call-seal", "the secret of the call", "call_seal", { pkA_call, call_seed, sid, offer, seed, ekm }, { ct });
  const fields = { 0: 1, 1: call_id, 2: ct, 3: nB, 4: 1 };
  const body = encode(fields);
  const hash = (b) => h(sid, id_callee, id_caller, offer, b);
  const input = { id_caller, id_callee, sid, offer, call_seed };
  const { good: answer, bad } = signatureCases(page, "answer",
    { op: "answer_open", input, body, fields, seed: idB_seed, hash, drop: 3, value: { 4: 2 } });
  page.ok("answer-sign", "the callee signs", "answer_sign", { id_callee_seed: idB_seed, id_caller, sid, offer, body }, { answer });
  page.ok("answer-open", "the caller checks and opens", "answer_open", { ...input, answer }, { body, seed, nB, mode: 1 });
  const later = encode({ ...fields, 9: 0 });
  page.ok("answer-unknown", "a key of a later release, under the signature", "answer_open",
    { ...input, answer: signStructure(idB_seed, "answer", later, hash(later)) }, { body: later, seed, nB, mode: 1 });
  const make = (change) => { const b = encode({ ...fields, ...change }); return { answer: signStructure(idB_seed, "answer", b, hash(b)) }; };
  bad("replayed", "the answer to another offer", "replayed", { answer: signStructure(idB_seed, "answer", body, h(sid, id_callee, id_caller, flip(offer, -1), body)) });
  bad("direction", "the caller's own identity signed", "wrong direction", { answer: signStructure(idA_seed, "answer", body, h(sid, id_caller, id_callee, offer, body)) });
  bad("swapped", "the callee signed with the identities swapped", "wrong direction",
    { answer: signStructure(idB_seed, "answer", body, h(sid, id_caller, id_callee, offer, body)) });
  bad("call-id", "another call id, well signed", "wrong value", make({ 1: flip(call_id, 0) }));
  bad("ct-key", "sealed to another key", "wrong key", make({ 2: await seal(await publicKey(r("other")), seed, "call", ctx, ekm) }));
  bad("ct-bit", "one bit of ct, well signed", "wrong value", make({ 2: flip(ct, 1130) }));
  bad("ct-label", "sealed under the label turn", "wrong label", make({ 2: await sealed(seed, "turn") }));
  bad("ct-ctx", "sealed in the context of another offer", "wrong context", make({ 2: await sealed(seed, "call", h(sid, flip(offer, -1))) }));
  bad("ct-share", "X25519 share zero", "small-order key", make({ 2: await sealWithShare(pkA_call, seed, "call", ctx, ekm, ZERO_SHARES[4]) }));
  bad("ct-short", "ct of 1167 bytes (a seed of 31)", "wrong length", make({ 2: await sealed(cut(seed)) }));
  bad("small-order", "a callee of small order", "small-order key", {
    id_callee: SMALL_ORDER[0],
    answer: encode({ 0: body, 1: trivialSignature("callee", SMALL_ORDER[0], "answer", h(sid, SMALL_ORDER[0], id_caller, offer, body)) }),
  });
  return { seed, answer };
}

function keys(page, { offer }, { seed, answer }) {
  const T = h(offer, answer);
  const ids = h(sid, id_caller, id_callee);
  const K = kdf(cat(seed, sA), T, "call", ids, 32);
  const key = (label) => kdf(K, NONE, label, null, 32);
  const derived = { sig_ab: key("sig a>b"), sig_ba: key("sig b>a"), sframe_ab: key("sframe a>b"), sframe_ba: key("sframe b>a") };
  page.ok("call-keys", "all keys of the call", "call_keys", { seed, sA, offer, answer, sid, id_caller, id_callee }, { T, K, ...derived });
  const sas = (id, a, b, t, caller, callee) => {
    const bytes = kdf(cat(a, b), t, "sas", h(sid, caller, callee), 4);
    const bits = bytes[0] * 2 ** 24 + bytes[1] * 2 ** 16 + bytes[2] * 2 ** 8 + bytes[3];
    const indices = [26, 20, 14, 8, 2].map((shift) => Math.floor(bits / 2 ** shift) % 64);
    page.ok(id, "five 6-bit indices", "sas", { nA: a, nB: b, T: t, sid, id_caller: caller, id_callee: callee }, { bytes, indices });
  };
  sas("sas", nA, nB, T, id_caller, id_callee);
  sas("sas-swapped", nA, nB, T, id_callee, id_caller);
  for (let i = 0; i < 6; i++) sas(`sas-${i}`, r(`sas nA ${i}`), r(`sas nB ${i}`), r(`sas T ${i}`), id_caller, id_callee);
  return derived;
}

export const sealControl = (key, R, plain, aad, label = "ctl") => cat(R, gcm44(kdf(key, R, label, null, 44), plain, aad));

function controls(page, { ring_ab, ring_ba }, { sig_ab, sig_ba }) {
  const rB = r("rB", 16);
  const make = (name, key, value) => sealControl(key, r(`R ${name}`), pad(encode(value), 208), call_id);
  const kinds = [
    ["ringing", ring_ba, { 0: 0, 1: 1, 2: rB }], ["alive", ring_ab, { 0: 0, 1: 2, 2: rB }], ["cancel", ring_ab, { 0: 1, 1: 3 }],
    ["decline", ring_ba, { 0: 7, 1: 4 }], ["busy", ring_ba, { 0: 2, 1: 5 }], ["reveal", sig_ab, { 0: 0, 1: 6, 2: nA }],
    ["reveal_ack", sig_ba, { 0: 0, 1: 7 }], ["hangup", sig_ab, { 0: 300, 1: 8, 3: 1 }],
    ["moved", sig_ba, { 0: 2, 1: 9 }],
  ];
  for (const [name, key, value] of kinds) {
    const control = make(name, key, value);
    page.ok(`control-seal-${name}`, name, "control_seal", { key, r: r(`R ${name}`), call_id, cbor: encode(value) }, { control });
    page.ok(`control-open-${name}`, name, "control_open", { key, call_id, control }, { cbor: encode(value), value: picture(value) });
  }
  const value = { 0: 0, 1: 6, 2: nA };
  const control = make("reveal", sig_ab, value);
  const bad = (id, what, failure, change) => page.bad(`control-${id}`, what, failure, "control_open", { key: sig_ab, call_id, control, ...change });
  const raw = (plain, label) => ({ control: sealControl(sig_ab, r("R raw"), plain, call_id, label) });
  bad("direction", "under the key of the other direction", "wrong direction", { key: sig_ba });
  bad("stage", "under the ringing key", "wrong key", { key: ring_ab });
  bad("call", "of another call", "wrong context", { call_id: flip(call_id, 0) });
  bad("R", "one bit of R", "wrong value", { control: flip(control, 0) });
  bad("bit", "one bit", "wrong value", { control: flip(control, 50) });
  bad("truncated", "255 bytes", "truncated", { control: cut(control) });
  bad("longer", "257 bytes", "one byte too long", { control: longer(control) });
  bad("size", "authentic, but 272 bytes", "wrong length", raw(pad(encode(value), 224)));
  bad("label", "sealed under the label env", "wrong label", raw(pad(encode(value), 208), "env"));
  bad("padding", "authentic, but without 80", "bad padding", raw(cat(encode(value), zeros(208 - encode(value).length))));
  bad("missing", "no kind", "missing field", raw(pad(encode({ 0: 0 }), 208)));
  const later = { ...value, 4: 0 };
  page.ok("control-unknown", "a key of a later release", "control_open",
    { key: sig_ab, call_id, ...raw(pad(encode(later), 208)) }, { cbor: encode(later), value: picture(later) });
  bad("non-canonical", "seq in two bytes", "non-canonical CBOR", raw(pad(cat(0xa2, 0, 0x18, 0, 1, 7), 208)));
  bad("trailing", "a byte behind the map", "one byte too long", raw(pad(longer(encode(value)), 208)));
  const ring = (seq) => make(`ring ${seq}`, ring_ba, { 0: seq, 1: 1, 2: rB });
  page.ok("controls", "seq that was seen, and one that is altered", "controls", {
    key: ring_ba, call_id, steps: [
      { control: ring(0), expect: "ok" }, { control: ring(0), expect: "dropped" }, { control: ring(1), expect: "ok" },
      { control: flip(ring(2), -1), expect: "bad" }, { control: ring(2), expect: "ok" }, { control: ring(1), expect: "dropped" },
      { control: make("alive", ring_ab, { 0: 3, 1: 2, 2: rB }), expect: "bad" }, { control: ring(3), expect: "ok" },
    ],
  }, {});
}

function glare(page, fields) {
  for (let i = 0; i < 4; i++) {
    const [one, two] = [1, 2].map((side) => encode({ ...fields, 1: r(`glare ${i} ${side}`, 16) }));
    const winner = Buffer.compare(Buffer.from(h(one)), Buffer.from(h(two))) < 0 ? 1 : 2;
    page.ok(`glare-${i}`, "the smaller hash wins", "glare", { body_1: one, body_2: two }, { winner });
    page.ok(`glare-${i}-swapped`, "whichever side looks", "glare", { body_1: two, body_2: one }, { winner: 3 - winner });
  }
}

export default async function call() {
  const page = new Page("call", "spec/call.md");
  const offer = await offers(page);
  const answer = await answers(page, offer);
  controls(page, offer, keys(page, offer, answer));
  glare(page, offer.fields);
  return page;
}
