// spec/handshake.md: the notation that all pages use.
import { createCipheriv, createDecipheriv } from "node:crypto";
import { ed25519 } from "@noble/curves/ed25519.js";
import { hkdf } from "@noble/hashes/hkdf.js";
import { hmac } from "@noble/hashes/hmac.js";
import { sha256 as sha } from "@noble/hashes/sha2.js";
import { cat, text, uint, zeros } from "./bytes.mjs";
import { hpkeOpen, hpkeSeal, sealByHand } from "./hpke.mjs";

export const sha256 = (...parts) => sha(cat(...parts));
export const hmac256 = (key, ...parts) => hmac(sha, key, cat(...parts));

/** §2: hash of length-prefixed items; a number is an item of 4 bytes. */
export function h(...items) {
  const bytes = items.map((i) => (typeof i === "number" ? uint(i, 4) : typeof i === "string" ? text(i) : i));
  return sha(cat(...bytes.map((b) => cat(uint(b.length, 4), b))));
}

export const info = (label, ctx) => cat(text("hamseda/1 "), text(label), 0, ctx);

/** §3 */
export function kdf(ikm, salt, label, ctx, n) {
  return hkdf(sha, ikm, salt, info(label, ctx || zeros(0)), n);
}

/** §4; the randomness is the encapsulation's 64 bytes. */
export const seal = (pk, pt, label, ctx, ekm) => hpkeSeal(pk, pt, info(label, ctx), ekm);
export const open = (seed, sealed, label, ctx) => hpkeOpen(seed, sealed, info(label, ctx));
export const sealWithShare = (pk, pt, label, ctx, ekm, share) => sealByHand(pk, pt, info(label, ctx), ekm, share);

/** §5 */
export const sign = (seed, label, hash) => ed25519.sign(info(label, hash), seed);
export const idKey = (seed) => ed25519.getPublicKey(seed);

/** §6 */
export function gcm(key, nonce, pt, aad) {
  const cipher = createCipheriv(`aes-${key.length * 8}-gcm`, key, nonce).setAAD(aad);
  return cat(cipher.update(pt), cipher.final(), cipher.getAuthTag());
}

export function gcmOpen(key, nonce, ct, aad) {
  const cipher = createDecipheriv(`aes-${key.length * 8}-gcm`, key, nonce).setAAD(aad).setAuthTag(ct.slice(-16));
  return cat(cipher.update(ct.slice(0, -16)), cipher.final());
}

/** GCM under the 44 bytes that a KDF gives. */
export const gcm44 = (okm, pt, aad) => gcm(okm.slice(0, 32), okm.slice(32), pt, aad);
export const gcm44Open = (okm, ct, aad) => gcmOpen(okm.slice(0, 32), okm.slice(32), ct, aad);

/** §7 */
export function pad(x, n) {
  if (x.length > n - 1) throw new Error("does not fit");
  return cat(x, 0x80, zeros(n - 1 - x.length));
}

export function unpad(padded) {
  let end = padded.length - 1;
  while (end >= 0 && padded[end] === 0) end--;
  if (padded[end] !== 0x80) throw new Error("bad padding");
  return padded.slice(0, end);
}
