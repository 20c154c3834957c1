// Bytes, hexadecimal, and the deterministic randomness of the generator.
import { shake256 } from "@noble/hashes/sha3.js";

const encoder = new TextEncoder();

export const text = (s) => encoder.encode(s);
export const hex = (b) => Buffer.from(b).toString("hex");
export const unhex = (s) => new Uint8Array(Buffer.from(s, "hex"));
export const b64 = (b) => Buffer.from(b).toString("base64url");
export const zeros = (n) => new Uint8Array(n);

export function cat(...parts) {
  return new Uint8Array(Buffer.concat(parts.map((p) => (p instanceof Uint8Array ? p : Uint8Array.of(p)))));
}

/** Encode a non-negative integer big-endian in n bytes. */
export function uint(value, n) {
  const out = new Uint8Array(n);
  let rest = BigInt(value);
  for (let i = n - 1; i >= 0; i--, rest >>= 8n) out[i] = Number(rest & 0xffn);
  if (rest !== 0n) throw new Error(`${value} does not fit in ${n} bytes`);
  return out;
}

/** Random-looking bytes that belong to a name, the same on every run. */
export const random = (name, n) => shake256(text(`hamseda vectors 1 ${name}`), { dkLen: n });

export function flip(bytes, at, mask = 1) {
  const out = Uint8Array.from(bytes);
  out[at < 0 ? out.length + at : at] ^= mask;
  return out;
}

export const cut = (bytes, n = 1) => bytes.slice(0, -n);
export const longer = (bytes, byte = 0) => cat(bytes, byte);
export const equal = (a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)) === 0;
