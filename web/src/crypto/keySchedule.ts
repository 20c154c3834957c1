/** Name every label once and derive every key through one function (spec/handshake.md §2, §3). */

import { hkdf } from "@noble/hashes/hkdf.js";
import { sha256 as nobleSha256 } from "@noble/hashes/sha2.js";

import { type Bytes, concat, own, uintBytes, utf8 } from "../wire/bytes";

/** Give that many fresh random bytes. */
export type Rng = (size: number) => Bytes;

/** Separate the uses of keys, hashes and signatures (spec/registry.md §2). */
export const Label = {
  LINE_M1: "line m1",
  LINE_M2: "line m2",
  LINE: "line",
  READ: "read",
  ENVELOPE: "env",
  HOME: "home",
  DESCRIPTOR: "descriptor",
  BUNDLE: "bundle",
  INVITE_ID: "invite id",
  INVITE_KEY: "invite key",
  ACCEPT: "accept",
  ROOT0: "root0",
  SID: "sid",
  WELCOME: "welcome",
  REFUSED: "refused",
  TURN: "turn",
  STEP: "step",
  MESSAGE_KEY: "mk",
  CHAIN_KEY: "ck",
  MESSAGE: "msg",
  OFFER: "offer",
  ANSWER: "answer",
  COMMITMENT: "com",
  CALL: "call",
  RING_A_TO_B: "ring a>b",
  RING_B_TO_A: "ring b>a",
  SIGNALLING_A_TO_B: "sig a>b",
  SIGNALLING_B_TO_A: "sig b>a",
  SFRAME_A_TO_B: "sframe a>b",
  SFRAME_B_TO_A: "sframe b>a",
  SAS: "sas",
  CONTROL: "ctl",
  GRANT: "grant",
  OWNER: "owner",
  VOUCHER: "voucher",
  PROFILE: "profile",
} as const;
export type Label = (typeof Label)[keyof typeof Label];

export const EMPTY: Bytes = new Uint8Array(0);

const VERSION = utf8("hamseda/1 ");
const END = Uint8Array.of(0);

/** Hash with SHA-256. */
export function sha256(...parts: readonly Bytes[]): Bytes {
  return own(nobleSha256(concat(...parts)));
}

/** Hash items unambiguously: each is preceded by its length (spec/handshake.md §2). */
export function h(...items: readonly (Bytes | number)[]): Bytes {
  return sha256(
    ...items.flatMap((item) => {
      const data = typeof item === "number" ? uintBytes(item, 4) : item;
      return [uintBytes(data.length, 4), data];
    }),
  );
}

/** Write the version, the purpose and the context of a derivation down as bytes. */
export function info(label: Label, ctx: Bytes = EMPTY): Bytes {
  return concat(VERSION, utf8(label), END, ctx);
}

/**
 * Derive `size` bytes with HKDF-SHA256 (spec/handshake.md §3).
 *
 * Synchronous on purpose: a turn of the ratchet derives many small keys, and a hop to another thread
 * for each would cost more than the hashing.
 */
export function kdf(ikm: Bytes, salt: Bytes, label: Label, size: number, ctx?: Bytes): Bytes {
  return own(hkdf(nobleSha256, ikm, salt, info(label, ctx), size));
}

/** Hash one value for one purpose: SHA-256("hamseda/1 " label 00 data). */
export function taggedHash(label: Label, data: Bytes): Bytes {
  return sha256(info(label), data);
}
