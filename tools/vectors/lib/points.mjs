// Bad points: the lists of spec/registry.md §6 and of RFC 7748, and signatures that a lax reader accepts under them.
import { ed25519 } from "@noble/curves/ed25519.js";
import { sha512 } from "@noble/hashes/sha2.js";
import { cat, hex, random, uint, unhex } from "./bytes.mjs";
import { info } from "./construct.mjs";

const P = 2n ** 255n - 19n;
export const ORDER = ed25519.Point.Fn.ORDER;
const little = (b) => BigInt(`0x${hex(Uint8Array.from(b).reverse())}`);
export const scalar = (n) => uint(n, 32).reverse();

const y26 = "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc";
const yc7 = "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03";
const F = "ff".repeat(30);
/** The 14 encodings of the registry. */
export const SMALL_ORDER = [
  "00".repeat(32), `${"00".repeat(31)}80`, `01${"00".repeat(31)}`, `01${"00".repeat(30)}80`,
  `${y26}05`, `${y26}85`, `${yc7}7a`, `${yc7}fa`,
  `ec${F}7f`, `ec${F}ff`, `ed${F}7f`, `ed${F}ff`, `ee${F}7f`, `ee${F}ff`,
].map(unhex);

/** X25519 shares whose shared secret is zero with every key. */
export const ZERO_SHARES = [
  "00".repeat(32), `01${"00".repeat(31)}`,
  "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
  "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
  `ec${F}7f`, `ed${F}7f`, `ee${F}7f`,
].map(unhex);

/** Decode as a lax reader would: y modulo p, and x = 0 with a sign bit is x = 0. */
function laxPoint(encoding) {
  const y = (little(encoding) & ((1n << 255n) - 1n)) % P;
  if (y === 1n) return ed25519.Point.ZERO;
  const canonical = scalar(y);
  if (y !== P - 1n) canonical[31] |= encoding[31] & 0x80;
  return ed25519.Point.fromBytes(canonical);
}

const challenge = (R, A, message) => little(sha512(cat(R, A, message))) % ORDER;

/** A signature under a small-order key which the equation S·B = R + k·A accepts. */
export function trivialSignature(name, key, label, hash) {
  const A = laxPoint(key);
  for (let i = 0; ; i++) {
    const r = little(random(`${name} ${i}`, 32)) % ORDER;
    const R = ed25519.Point.BASE.multiply(r).toBytes();
    const k = challenge(R, key, info(label, hash));
    const kA = k === 0n ? ed25519.Point.ZERO : A.multiplyUnsafe(k);
    if (kA.equals(ed25519.Point.ZERO)) return cat(R, scalar(r));
  }
}

/** A signature whose R is of small order; the equation with the cofactor accepts it. */
export function smallOrderR(seed, R, label, hash) {
  const { scalar: a } = ed25519.utils.getExtendedPublicKey(seed);
  const k = challenge(R, ed25519.getPublicKey(seed), info(label, hash));
  return cat(R, scalar((k * a) % ORDER));
}

/** A key with a part of small order, and a signature under it; `holds` says whether without the cofactor too. */
export function mixedKey(name, seed, torsion, label, hash, holds) {
  const { scalar: a, point } = ed25519.utils.getExtendedPublicKey(seed);
  const T = laxPoint(torsion);
  const pk = point.add(T).toBytes();
  for (let i = 0; ; i++) {
    const r = little(random(`${name} ${i}`, 32)) % ORDER;
    const R = ed25519.Point.BASE.multiply(r).toBytes();
    const k = challenge(R, pk, info(label, hash));
    if (T.multiplyUnsafe(k).is0() === holds) return { pk, sig: cat(R, scalar((r + k * a) % ORDER)) };
  }
}

/** A signature whose R has a part of small order; the equation with the cofactor accepts it. */
export function mixedR(name, seed, torsion, label, hash) {
  const { scalar: a } = ed25519.utils.getExtendedPublicKey(seed);
  const r = little(random(name, 32)) % ORDER;
  const R = ed25519.Point.BASE.multiply(r).add(laxPoint(torsion)).toBytes();
  const k = challenge(R, ed25519.getPublicKey(seed), info(label, hash));
  return cat(R, scalar((r + k * a) % ORDER));
}

/** The same signature with S + L instead of S. */
export const addOrder = (sig) => cat(sig.slice(0, 32), scalar(little(sig.slice(32)) + ORDER));

/** An encoding with y ≥ p that is not of small order (y = p + 3 is on the curve). */
export const Y_TOO_LARGE = scalar(P + 3n);
laxPoint(Y_TOO_LARGE);
