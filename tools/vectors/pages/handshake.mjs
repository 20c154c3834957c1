import { readFileSync } from "node:fs";
import { cat, cut, flip, longer, random, text, unhex, zeros } from "../lib/bytes.mjs";
import { gcm, h, idKey, kdf, open, pad, seal, sealWithShare, sign } from "../lib/construct.mjs";
import { checkEncapsulation, publicKey } from "../lib/hpke.mjs";
import { Page } from "../lib/page.mjs";
import { addOrder, mixedKey, mixedR, smallOrderR, SMALL_ORDER, trivialSignature, Y_TOO_LARGE, ZERO_SHARES } from "../lib/points.mjs";

const draft = JSON.parse(readFileSync(new URL("../xwing-draft.json", import.meta.url), "utf8"));

function hashes(page) {
  const lists = {
    none: [], empty: [zeros(0)], "two-empty": [zeros(0), zeros(0)], abc: [text("abc")],
    "a-bc": [text("a"), text("bc")], "ab-c": [text("ab"), text("c")],
    number: [1, random("h item", 32)], "number-as-bytes": [unhex("00000001"), random("h item", 32)],
    largest: [0xffffffff], long: [random("h long", 5000)],
  };
  for (const [id, items] of Object.entries(lists))
    page.ok(`h-${id}`, "length-prefixed items", "h", { items }, { hash: h(...items) });
}

function kdfs(page) {
  const rows = [
    ["plain", random("k1", 32), random("k2", 32), "line", zeros(0), 96],
    ["empty-salt", random("k3", 32), zeros(0), "invite id", zeros(0), 16],
    ["with-ctx", random("k4", 64), random("k5", 32), "call", random("k6", 32), 32],
    ["short", random("k7", 32), random("k8", 32), "sas", random("k9", 32), 4],
    ["nonce", random("k10", 32), random("k11", 16), "msg", zeros(0), 44],
    ["label-end", random("k12", 32), zeros(0), "ctl", text("x"), 32],
    ["label-shift", random("k12", 32), zeros(0), "ctlx", zeros(0), 32],
  ];
  for (const [id, ikm, salt, label, ctx, n] of rows)
    page.ok(`kdf-${id}`, "HKDF-SHA256 with our info", "kdf", { ikm, salt, label, ctx, n }, { okm: kdf(ikm, salt, label, ctx, n) });
}

async function seals(page) {
  for (const [i, v] of draft.vectors.entries()) {
    await checkEncapsulation(v);
    page.ok(`keypair-draft-${i}`, "X-Wing public key of a seed", "keypair", { seed: v.seed }, { pk: v.pk }, draft.source);
  }
  const seed = random("seal seed", 32);
  const pk = await publicKey(seed);
  page.ok("keypair", "X-Wing public key of a seed", "keypair", { seed }, { pk });
  page.ok("public-key", "a good key", "public_key", { pk }, {});
  page.bad("public-key-short", "one byte short", "truncated", "public_key", { pk: cut(pk) });
  page.bad("public-key-long", "one byte too long", "one byte too long", "public_key", { pk: longer(pk) });
  const modulus = (at) => { const bad = Uint8Array.from(pk); bad[at] = 0xff; bad[at + 1] |= 0x0f; return bad; };
  page.bad("public-key-modulus-first", "first coefficient 4095, not below 3329", "wrong value", "public_key", { pk: modulus(0) });
  page.bad("public-key-modulus-last", "a late coefficient 4095, not below 3329", "wrong value", "public_key", { pk: modulus(1149) });

  const ctx = random("seal ctx", 32);
  const label = "call";
  for (const [id, n] of [["empty", 0], ["seed", 32], ["long", 1313]]) {
    const pt = random(`seal pt ${id}`, n);
    const ekm = random(`seal ekm ${id}`, 64);
    page.ok(`seal-${id}`, `${n} bytes`, "seal", { seed, pk, pt, label, ctx, ekm }, { sealed: await seal(pk, pt, label, ctx, ekm) });
  }
  const pt = random("open pt", 32);
  const ekm = random("open ekm", 64);
  const sealed = await seal(pk, pt, label, ctx, ekm);
  if (Buffer.compare(await open(seed, sealed, label, ctx), pt) !== 0) throw new Error("does not open");
  page.ok("open", "opens", "open", { seed, sealed, label, ctx }, { pt });
  const bad = (id, what, failure, change) => page.bad(`open-${id}`, what, failure, "open", { seed, sealed, label, ctx, ...change });
  bad("label", "sealed under another label", "wrong label", { label: "turn" });
  bad("ctx", "sealed under another context", "wrong context", { ctx: flip(ctx, 31) });
  bad("key", "another private key", "wrong key", { seed: flip(seed, 0) });
  bad("truncated", "the last byte is missing", "truncated", { sealed: cut(sealed) });
  bad("longer", "one byte too long", "one byte too long", { sealed: longer(sealed) });
  bad("only-enc", "nothing after the encapsulation", "truncated", { sealed: sealed.slice(0, 1120) });
  bad("short-enc", "shorter than an encapsulation", "truncated", { sealed: sealed.slice(0, 1119) });
  bad("nothing", "no bytes", "truncated", { sealed: zeros(0) });
  bad("mlkem", "one bit of the ML-KEM ciphertext", "wrong value", { sealed: flip(sealed, 0) });
  bad("x25519", "one bit of the X25519 share", "wrong value", { sealed: flip(sealed, 1088) });
  bad("ciphertext", "one bit of the ciphertext", "wrong value", { sealed: flip(sealed, 1120) });
  bad("tag", "one bit of the tag", "wrong value", { sealed: flip(sealed, -1) });
  for (const [i, share] of ZERO_SHARES.entries())
    bad(`small-order-share-${i}`, "X25519 share of small order; all else is consistent with a zero shared secret", "small-order key",
      { sealed: await sealWithShare(pk, pt, label, ctx, ekm, share) });
}

function signatures(page) {
  const seed = random("sign seed", 32);
  const hash = random("sign hash", 32);
  const pk = idKey(seed);
  const label = "offer";
  const sig = sign(seed, label, hash);
  for (const l of ["offer", "answer", "accept", "welcome", "refused", "descriptor", "read"])
    page.ok(`sign-${l}`, "prefix, label and hash", "sign", { seed, label: l, hash }, { pk, sig: sign(seed, l, hash) });
  page.ok("verify", "verifies", "verify", { pk, label, hash, sig }, {});
  const bad = (id, what, failure, change) => page.bad(`verify-${id}`, what, failure, "verify", { pk, label, hash, sig, ...change });
  bad("label", "signed under another label", "wrong label", { label: "answer" });
  bad("hash", "another hash", "wrong context", { hash: flip(hash, 0) });
  bad("key", "another key", "wrong key", { pk: idKey(flip(seed, 0)) });
  bad("R", "one bit of R", "wrong value", { sig: flip(sig, 3) });
  bad("S", "one bit of S", "wrong value", { sig: flip(sig, 32) });
  bad("truncated", "63 bytes", "truncated", { sig: cut(sig) });
  bad("longer", "65 bytes", "one byte too long", { sig: longer(sig) });
  bad("pk-truncated", "a key of 31 bytes", "truncated", { pk: cut(pk) });
  bad("pk-longer", "a key of 33 bytes", "one byte too long", { pk: longer(pk) });
  bad("S-plus-L", "S + L instead of S", "S >= L", { sig: addOrder(sig) });
  for (const [i, key] of SMALL_ORDER.entries())
    bad(`small-order-key-${i}`, "a key of small order; the bare equation holds", "small-order key",
      { pk: key, sig: trivialSignature(`trivial ${i}`, key, label, hash) });
  for (const [i, R] of SMALL_ORDER.entries())
    bad(`small-order-R-${i}`, "R of small order; the equation with the cofactor holds", "small-order key", { sig: smallOrderR(seed, R, label, hash) });
  for (const at of [4, 6, 8]) {
    const torsion = SMALL_ORDER[at];
    bad(`mixed-key-${at}`, "a key with a part of small order; the equation with the cofactor holds", "wrong value",
      mixedKey(`mixed key ${at}`, seed, torsion, label, hash, false));
    page.ok(`verify-mixed-key-${at}-holds`, "a key with a part of small order that falls out of the equation", "verify",
      { label, hash, ...mixedKey(`mixed key ${at} holds`, seed, torsion, label, hash, true) }, {});
    bad(`mixed-R-${at}`, "R with a part of small order; the equation with the cofactor holds", "wrong value",
      { sig: mixedR(`mixed R ${at}`, seed, torsion, label, hash) });
  }
  bad("key-y", "a key with y = p + 3 (nobody can sign under it, so the equation fails too)", "wrong value", { pk: Y_TOO_LARGE });
  bad("R-y", "R with y = p + 3 (the equation fails too)", "wrong value", { sig: cat(Y_TOO_LARGE, sig.slice(32)) });
}

function aead(page) {
  const [key, nonce, pt, aad] = [random("gcm key", 32), random("gcm nonce", 12), random("gcm pt", 50), random("gcm aad", 20)];
  const ct = gcm(key, nonce, pt, aad);
  page.ok("gcm-seal", "AES-256-GCM", "gcm_seal", { key, nonce, pt, aad }, { ct });
  page.ok("gcm-seal-empty", "nothing, with no aad", "gcm_seal", { key, nonce, pt: zeros(0), aad: zeros(0) }, { ct: gcm(key, nonce, zeros(0), zeros(0)) });
  page.ok("gcm-open", "opens", "gcm_open", { key, nonce, ct, aad }, { pt });
  const bad = (id, what, failure, change) => page.bad(`gcm-open-${id}`, what, failure, "gcm_open", { key, nonce, ct, aad, ...change });
  bad("key", "another key", "wrong key", { key: flip(key, 0) });
  bad("nonce", "another nonce", "wrong value", { nonce: flip(nonce, 11) });
  bad("aad", "another aad", "wrong context", { aad: flip(aad, 0) });
  bad("ct", "one bit of the ciphertext", "wrong value", { ct: flip(ct, 0) });
  bad("tag", "one bit of the tag", "wrong value", { ct: flip(ct, -1) });
  bad("truncated", "one byte short", "truncated", { ct: cut(ct) });
  bad("below-tag", "shorter than a tag", "truncated", { ct: ct.slice(0, 15) });
  bad("longer", "one byte too long", "one byte too long", { ct: longer(ct) });
}

function padding(page) {
  for (const [id, x, n] of [["empty", zeros(0), 16], ["full", random("pad", 15), 16], ["ends-in-80", unhex("0080"), 8], ["ends-in-00", unhex("0100"), 8], ["single", zeros(0), 1]])
    page.ok(`pad-${id}`, "ISO/IEC 7816-4", "pad", { x, n }, { padded: pad(x, n) });
  page.ok("unpad", "the last 80", "unpad", { padded: unhex("8080800000") }, { x: unhex("8080") });
  page.bad("pad-too-long", "no room for the 80", "wrong length", "pad", { x: zeros(16), n: 16 });
  page.bad("unpad-zeros", "only zeros", "bad padding", "unpad", { padded: zeros(16) });
  page.bad("unpad-no-80", "the last non-zero byte is 01", "bad padding", "unpad", { padded: unhex("aa800100") });
  page.bad("unpad-81", "81 instead of 80", "bad padding", "unpad", { padded: unhex("aa810000") });
  page.bad("unpad-empty", "no bytes", "bad padding", "unpad", { padded: zeros(0) });
}

export default async function handshake() {
  const page = new Page("handshake", "spec/handshake.md");
  hashes(page);
  kdfs(page);
  await seals(page);
  signatures(page);
  aead(page);
  padding(page);
  return page;
}
