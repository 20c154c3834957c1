// spec/line.md
import { cat, uint } from "./bytes.mjs";
import { encode } from "./cbor.mjs";
import { gcm, h, kdf, pad, seal } from "./construct.mjs";

export const BUCKETS = [256, 1024, 4352, 16640, 65792];
export const HELLO = encode({ 0: 1, 1: 1_760_000_000, 2: 32, 3: 75 });

export function lineKeys(s1, s2, th) {
  const okm = kdf(cat(s1, s2), th, "line", null, 96);
  return { k_c2s: okm.slice(0, 32), k_s2c: okm.slice(32, 64), line_id: okm.slice(64) };
}

/** A record without its kind byte, of the padded content as given. */
export const rawRecord = (key, counter, padded) => gcm(key, uint(counter, 12), padded, uint(0, 0));

export function sealRecord(key, counter, type, body, bucket) {
  const content = cat(type, body);
  return rawRecord(key, counter, pad(content, bucket ?? BUCKETS.find((b) => content.length < b)));
}

export const sealM1 = async (pkH, e_pk, s1, ekm) => cat(1, await seal(pkH, cat(e_pk, s1), "line m1", h(pkH), ekm));
export const sealM2Head = async (e_pk, s2, m1, pkH, ekm) => cat(1, await seal(e_pk, s2, "line m2", h(m1, pkH), ekm));
