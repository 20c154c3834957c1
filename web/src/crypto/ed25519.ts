/**
 * Compute Ed25519 (RFC 8032) with WebCrypto, or with @noble/curves where a browser lacks it.
 *
 * Neither is strict enough by itself: `signatures.ts` refuses what must be refused before it asks.
 */

import { ed25519 } from "@noble/curves/ed25519.js";
import { bytesToNumberLE } from "@noble/curves/utils.js";
import { sha512 } from "@noble/hashes/sha2.js";

import * as base64url from "../wire/base64url";
import { type Bytes, concat, equal, own, unhex } from "../wire/bytes";

export interface Ed25519 {
  /** Give the public key of a 32-byte seed. */
  publicKey(seed: Bytes): Promise<Bytes>;
  sign(seed: Bytes, message: Bytes): Promise<Bytes>;
  /** Say whether the signature holds; what cannot be a key or a signature does not. */
  verify(publicKey: Bytes, message: Bytes, signature: Bytes): Promise<boolean>;
}

// The fixed part of RFC 8410's PrivateKeyInfo: WebCrypto imports no bare seed.
const PKCS8_HEAD = unhex("302e020100300506032b657004220420");

export const webCryptoEd25519: Ed25519 = {
  async publicKey(seed) {
    const { x } = await crypto.subtle.exportKey("jwk", await importSeed(seed));
    if (x === undefined) throw new Error("WebCrypto gave no public key");
    return base64url.decodeUntrusted(x);
  },
  async sign(seed, message) {
    return new Uint8Array(await crypto.subtle.sign("Ed25519", await importSeed(seed), message));
  },
  async verify(publicKey, message, signature) {
    try {
      const key = await crypto.subtle.importKey("raw", publicKey, "Ed25519", false, ["verify"]);
      return await crypto.subtle.verify("Ed25519", key, signature, message);
    } catch {
      return false;
    }
  },
};

export const nobleEd25519: Ed25519 = {
  publicKey: (seed) => Promise.resolve(own(ed25519.getPublicKey(seed))),
  sign: (seed, message) => Promise.resolve(own(ed25519.sign(message, seed))),
  verify(publicKey, message, signature) {
    try {
      return Promise.resolve(holds(publicKey, message, signature));
    } catch {
      return Promise.resolve(false);
    }
  },
};

/**
 * Judge by the equation without the cofactor, as OpenSSL and WebCrypto do (spec/handshake.md §5).
 *
 * noble's own `verify` multiplies by the cofactor: it accepts keys and R with a part of small order
 * that the others refuse, so a signer could have two readers disagree.
 */
function holds(publicKey: Bytes, message: Bytes, signature: Bytes): boolean {
  const { BASE, Fn } = ed25519.Point;
  const [R, S] = [signature.subarray(0, 32), signature.subarray(32)];
  const k = Fn.create(bytesToNumberLE(sha512(concat(R, publicKey, message))));
  const A = ed25519.Point.fromBytes(publicKey);
  const found = BASE.multiplyUnsafe(bytesToNumberLE(S)).subtract(A.multiplyUnsafe(k));
  return equal(own(found.toBytes()), R);
}

function importSeed(seed: Bytes): Promise<CryptoKey> {
  const encoded = concat(PKCS8_HEAD, seed);
  return crypto.subtle.importKey("pkcs8", encoded, "Ed25519", true, ["sign"]);
}

let chosen: Promise<Ed25519> | undefined;

/** Choose once which of the two this browser gets. */
export function ed25519Here(): Promise<Ed25519> {
  chosen ??= importSeed(new Uint8Array(32)).then(
    () => webCryptoEd25519,
    () => nobleEd25519,
  );
  return chosen;
}
