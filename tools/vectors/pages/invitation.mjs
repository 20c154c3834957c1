import { cat, cut, flip, longer, random, text, zeros } from "../lib/bytes.mjs";
import { encode } from "../lib/cbor.mjs";
import { gcm, h, kdf, pad, seal, sealWithShare, sha256, sign } from "../lib/construct.mjs";
import { publicKey } from "../lib/hpke.mjs";
import { Page } from "../lib/page.mjs";
import { address, idA, idA_seed, idB, idB_seed, mA, mB, sid, signedDescriptor } from "../lib/people.mjs";
import { addOrder, SMALL_ORDER, trivialSignature, ZERO_SHARES } from "../lib/points.mjs";

const r = (name, n = 32) => random(`invitation ${name}`, n);
const NONCE = zeros(12);
const bundleSecret = (bundle) => sha256(text("hamseda/1 bundle\0"), bundle);

function linkKeys(L) {
  return { id: kdf(L, zeros(0), "invite id", null, 16), k: kdf(L, zeros(0), "invite key", null, 32) };
}

function blobs(page, fields) {
  const bundle = encode(fields);
  const L = bundleSecret(bundle);
  const { id, k } = linkKeys(L);
  const sealUnder = (padded) => gcm(k, NONCE, padded, id);
  const blob = sealUnder(pad(bundle, 4096));
  page.ok("blob-seal", "the usual size", "blob_seal", { bundle, size: 4096 }, { L, id, k, blob });
  page.ok("blob-seal-16384", "the larger size", "blob_seal", { bundle, size: 16384 }, { L, id, k, blob: sealUnder(pad(bundle, 16384)) });
  page.ok("blob-open", "opens", "blob_open", { L, blob }, { bundle });
  const bad = (name, what, failure, change) => page.bad(`blob-${name}`, what, failure, "blob_open", { L, blob, ...change });
  const own = (content) => { // a bundle under its own, consistent L
    const own_L = bundleSecret(content);
    const keys = linkKeys(own_L);
    return { L: own_L, blob: gcm(keys.k, NONCE, pad(content, 4096), keys.id) };
  };
  bad("link", "another link", "wrong key", { L: flip(L, 31) });
  bad("bit", "one bit", "wrong value", { blob: flip(blob, 100) });
  bad("tag", "one bit of the tag", "wrong value", { blob: flip(blob, -1) });
  bad("truncated", "4111 bytes", "truncated", { blob: cut(blob) });
  bad("longer", "4113 bytes", "one byte too long", { blob: longer(blob) });
  bad("empty", "no bytes", "truncated", { blob: zeros(0) });
  bad("swapped", "another bundle, sealed with the keys of this link", "wrong value", { blob: sealUnder(pad(encode({ ...fields, 9: r("swapped") }), 4096)) });
  bad("size", "authentic, but 8192 bytes", "wrong length", { blob: sealUnder(pad(bundle, 8192)) });
  bad("aad", "sealed without the id as aad", "wrong context", { blob: gcm(k, NONCE, pad(bundle, 4096), zeros(0)) });
  bad("padding", "authentic, but without 80", "bad padding", { blob: sealUnder(cat(bundle, zeros(4096 - bundle.length))) });
  const { 2: _, ...without } = fields;
  bad("missing", "a bundle without voucher", "missing field", own(encode(without)));
  const later = encode({ ...fields, 10: 0 });
  page.ok("blob-unknown", "a key of a later release, under the link's hash", "blob_open", own(later), { bundle: later });
  bad("version", "a bundle of version 2", "wrong value", own(encode({ ...fields, 0: 2 })));
  bad("cap-short", "a capability of 31 bytes", "wrong length", own(encode({ ...fields, 4: cut(fields[4]) })));
  bad("non-canonical", "the version in two bytes", "non-canonical CBOR", own(cat(bundle.slice(0, 2), 0x18, 1, bundle.slice(3))));
  bad("trailing", "a byte behind the bundle", "one byte too long", own(longer(bundle)));
  return { L, bundle };
}

async function accepts(page, L, inv) {
  const { pkA_inv, pkA_inv_seed } = inv;
  const seed0 = r("seed0");
  const pkB = await publicKey(r("pkB"));
  const fields = { 0: 1, 1: seed0, 2: idB, 3: pkB, 4: mB };
  const a = encode(fields);
  const ekm = r("accept ekm", 64);
  const sigB = sign(idB_seed, "accept", h(L, a));
  const signed = cat(a, sigB);
  const sealed = (pt) => seal(pkA_inv, pt, "accept", L, ekm);
  const accept = await sealed(signed);
  const ctx = h(L, signed);
  const keys = { ctx, root0: kdf(seed0, ctx, "root0", null, 32), sid: kdf(seed0, ctx, "sid", null, 32) };
  page.ok("accept-seal", "B's accept", "accept_seal", { pkA_inv, pkA_inv_seed, L, idB_seed, a, ekm }, { sigB, accept });
  page.ok("accept-keys", "what both derive", "accept_keys", { seed0, L, signed }, keys);
  page.ok("accept-open", "A opens it", "accept_open", { pkA_inv_seed, L, accept }, { a, seed0, idB, pkB, mB, ...keys });
  const bad = (id, what, failure, change) => page.bad(`accept-${id}`, what, failure, "accept_open", { pkA_inv_seed, L, accept, ...change });
  const signedAs = async (content, label = "accept", seed = idB_seed) => ({ accept: await sealed(cat(content, sign(seed, label, h(L, content)))) });
  bad("link", "for another invitation", "wrong context", { L: flip(L, 0) });
  bad("key", "another private key", "wrong key", { pkA_inv_seed: flip(pkA_inv_seed, 0) });
  bad("bit", "one bit", "wrong value", { accept: flip(accept, 1200) });
  bad("truncated", "a byte short", "truncated", { accept: cut(accept) });
  bad("longer", "a byte too long", "one byte too long", { accept: longer(accept) });
  bad("label", "sealed under the label call", "wrong label", { accept: await seal(pkA_inv, signed, "call", L, ekm) });
  bad("share", "X25519 share zero", "small-order key", { accept: await sealWithShare(pkA_inv, signed, "accept", L, ekm, ZERO_SHARES[1]) });
  bad("signer", "signed by another key", "wrong key", await signedAs(a, "accept", flip(idB_seed, 0)));
  bad("signature-label", "signed as welcome", "wrong label", await signedAs(a, "welcome"));
  bad("replayed", "signed for another invitation", "replayed", { accept: await sealed(cat(a, sign(idB_seed, "accept", h(flip(L, 0), a)))) });
  bad("no-signature", "only the body", "missing field", { accept: await sealed(a) });
  bad("S-plus-L", "S + L instead of S", "S >= L", { accept: await sealed(cat(a, addOrder(sigB))) });
  const trivial = encode({ ...fields, 2: SMALL_ORDER[4] });
  bad("small-order", "an identity of small order", "small-order key",
    { accept: await sealed(cat(trivial, trivialSignature("idB", SMALL_ORDER[4], "accept", h(L, trivial)))) });
  const { 4: _, ...without } = fields;
  bad("missing", "no mailbox", "missing field", await signedAs(encode(without)));
  const later = encode({ ...fields, 5: 0 });
  const laterSigned = cat(later, sign(idB_seed, "accept", h(L, later)));
  const laterCtx = h(L, laterSigned);
  page.ok("accept-unknown", "a key of a later release, under the signature and in the context", "accept_open",
    { pkA_inv_seed, L, ...(await signedAs(later)) },
    { a: later, seed0, idB, pkB, mB, ctx: laterCtx, root0: kdf(seed0, laterCtx, "root0", null, 32), sid: kdf(seed0, laterCtx, "sid", null, 32) });
  bad("version", "version 2", "wrong value", await signedAs(encode({ ...fields, 0: 2 })));
  bad("pkB-short", "pkB of 1215 bytes", "wrong length", await signedAs(encode({ ...fields, 3: cut(pkB) })));
  const modulus = Uint8Array.from(pkB);
  modulus.set([0xff, 0xff], 0);
  bad("pkB-modulus", "pkB fails the modulus check", "wrong value", await signedAs(encode({ ...fields, 3: modulus })));
  bad("mailbox-cap", "a mailbox whose capability has 31 bytes", "wrong length",
    await signedAs(encode({ ...fields, 4: encode({ ...address("mB"), 1: r("short", 31) }) })));
  bad("non-canonical", "the version in two bytes", "non-canonical CBOR", await signedAs(cat(a.slice(0, 2), 0x18, 1, a.slice(3))));
  return ctx;
}

function answers(page, ctx) {
  const hash = (last) => h(sid, ctx, idA, idB, mB, last);
  for (const [kind, key, value, last] of [["welcome", "mA", mA, mA], ["refused", "reason", 1, 1]]) {
    const make = (signature, v = value, c = ctx) => encode({ 0: c, 1: v, 2: signature });
    const sig = sign(idA_seed, kind, hash(last));
    const message = make(sig);
    const open = { idA, idB, sid, ctx, mB };
    page.ok(`${kind}-sign`, "A's answer", `${kind}_sign`, { idA_seed, idB, sid, ctx, mB, [key]: value }, { [kind]: message });
    page.ok(`${kind}-verify`, "B's check", `${kind}_verify`, { ...open, [kind]: message }, { [key]: value });
    const bad = (id, what, failure, change) => page.bad(`${kind}-${id}`, what, failure, `${kind}_verify`, { ...open, [kind]: message, ...change });
    const other = kind === "welcome" ? "refused" : "welcome";
    bad("signer", "signed by another key", "wrong key", { [kind]: make(sign(flip(idA_seed, 0), kind, hash(last))) });
    bad("identity", "another inviter is expected", "wrong key", { idA: idB });
    bad("label", `signed as ${other}`, "wrong label", { [kind]: make(sign(idA_seed, other, hash(last))) });
    bad("ctx", "the context of another accept, signed for this one", "wrong context", { [kind]: make(sig, value, flip(ctx, 0)) });
    bad("ctx-mine", "for another accept of mine", "replayed", { ctx: flip(ctx, 0) });
    bad("sid", "another sid", "wrong context", { sid: flip(sid, 0) });
    bad("mB", "another mailbox of mine", "wrong context", { mB: mA });
    bad("direction", "idA and idB change places in the hash", "wrong direction", { [kind]: make(sign(idA_seed, kind, h(sid, ctx, idB, idA, mB, last))) });
    bad("altered", "the value was altered after signing", "wrong value", { [kind]: make(sig, kind === "welcome" ? encode(address("mX")) : 2) });
    bad("S-plus-L", "S + L instead of S", "S >= L", { [kind]: make(addOrder(sig)) });
    bad("small-order", "an inviter of small order", "small-order key", {
      idA: SMALL_ORDER[6], [kind]: make(trivialSignature(kind, SMALL_ORDER[6], kind, h(sid, ctx, SMALL_ORDER[6], idB, mB, last))),
    });
    bad("missing", "no signature", "missing field", { [kind]: encode({ 0: ctx, 1: value }) });
    page.ok(`${kind}-unknown`, "a key of a later release", `${kind}_verify`,
      { ...open, [kind]: encode({ 0: ctx, 1: value, 2: sig, 3: 0 }) }, { [key]: value });
    bad("truncated", "a byte short", "truncated", { [kind]: cut(message) });
    bad("longer", "a byte behind", "one byte too long", { [kind]: longer(message) });
  }
  page.ok("refused-expired", "the other reason", "refused_sign", { idA_seed, idB, sid, ctx, mB, reason: 2 },
    { refused: encode({ 0: ctx, 1: 2, 2: sign(idA_seed, "refused", hash(2)) }) });
}

export default async function invitation() {
  const page = new Page("invitation", "spec/invitation.md");
  const pkA_inv_seed = r("pkA_inv");
  const pkA_inv = await publicKey(pkA_inv_seed);
  const mailbox = address("invitation");
  const { L } = blobs(page, {
    0: 1, 1: signedDescriptor, 2: r("voucher", 52), 3: mailbox[0], 4: mailbox[1], 5: mailbox[2],
    6: pkA_inv, 7: idA, 8: 1_760_600_000, 9: r("random"),
  });
  const ctx = await accepts(page, L, { pkA_inv, pkA_inv_seed });
  answers(page, ctx);
  return page;
}
