// X-Wing and HPKE base mode, once by the library and once by the documents; both must agree.
import { createCipheriv } from "node:crypto";
import { Aes256Gcm, CipherSuite, HkdfSha256 } from "@hpke/core";
import { XWing } from "@hpke/hybridkem-x-wing";
import { x25519 } from "@noble/curves/ed25519.js";
import { expand, extract } from "@noble/hashes/hkdf.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { sha3_256, shake256 } from "@noble/hashes/sha3.js";
import { MlKem768 } from "mlkem";
import { cat, equal, text, uint, unhex, zeros } from "./bytes.mjs";

const suite = new CipherSuite({ kem: new XWing(), kdf: new HkdfSha256(), aead: new Aes256Gcm() });
const mlkem = new MlKem768();
const XWING_LABEL = unhex("5c2e2f2f5e5c");
const SUITE_ID = cat(text("HPKE"), uint(0x647a, 2), uint(1, 2), uint(2, 2));
const NONE = zeros(0);

/** Make the X-Wing public key (1216 bytes) of a 32-byte seed. */
export async function publicKey(seed) {
  const wide = shake256(seed, { dkLen: 96 });
  const [pkM] = await mlkem.deriveKeyPair(wide.slice(0, 64));
  return cat(pkM, x25519.getPublicKey(wide.slice(64)));
}

/** Encapsulate with given randomness; `share` replaces the X25519 share by one whose shared secret is zero. */
async function encapsulate(pk, ekm, share) {
  const [ctM, ssM] = await mlkem.encap(pk.slice(0, 1184), ekm.slice(0, 32));
  const pkX = pk.slice(1184);
  const ctX = share ?? x25519.getPublicKey(ekm.slice(32));
  const ssX = share ? zeros(32) : x25519.getSharedSecret(ekm.slice(32), pkX);
  return { enc: cat(ctM, ctX), secret: sha3_256(cat(ssM, ssX, ctX, pkX, XWING_LABEL)) };
}

/** Check the encapsulation against a vector of the draft. */
export async function checkEncapsulation({ pk, eseed, ct, ss }) {
  const { enc, secret } = await encapsulate(unhex(pk), unhex(eseed));
  if (!equal(enc, unhex(ct)) || !equal(secret, unhex(ss))) throw new Error("not the X-Wing of the draft");
}

/** Run RFC 9180's key schedule (base mode) and encrypt with sequence number 0 and no aad. */
function sealWith(secret, info, pt) {
  const lExtract = (salt, label, ikm) => extract(sha256, cat(text("HPKE-v1"), SUITE_ID, text(label), ikm), salt);
  const lExpand = (prk, label, ctx, n) =>
    expand(sha256, prk, cat(uint(n, 2), text("HPKE-v1"), SUITE_ID, text(label), ctx), n);
  const context = cat(0, lExtract(NONE, "psk_id_hash", NONE), lExtract(NONE, "info_hash", info));
  const root = lExtract(secret, "secret", NONE);
  const cipher = createCipheriv("aes-256-gcm", lExpand(root, "key", context, 32), lExpand(root, "base_nonce", context, 12));
  return cat(cipher.update(pt), cipher.final(), cipher.getAuthTag());
}

/** Seal with RFC 9180 as read here; with `share`, what only a reader without the zero check would open. */
export async function sealByHand(pk, pt, info, ekm, share) {
  const { enc, secret } = await encapsulate(pk, ekm, share);
  return cat(enc, sealWith(secret, info, pt));
}

/** Seal deterministically by library and by hand. */
export async function hpkeSeal(pk, pt, info, ekm) {
  const key = await suite.kem.deserializePublicKey(pk);
  const sender = await suite.createSenderContext({ recipientPublicKey: key, info, ekm });
  const sealed = cat(new Uint8Array(sender.enc), new Uint8Array(await sender.seal(pt)));
  if (!equal(sealed, await sealByHand(pk, pt, info, ekm))) throw new Error("the library and RFC 9180 disagree");
  return sealed;
}

/** Open with the library; throws on any failure. */
export async function hpkeOpen(seed, sealed, info) {
  const key = await suite.kem.deserializePrivateKey(seed);
  const context = await suite.createRecipientContext({ recipientKey: key, enc: sealed.slice(0, 1120), info });
  return new Uint8Array(await context.open(sealed.slice(1120)));
}
