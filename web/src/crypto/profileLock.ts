/**
 * Seal what a store holds, and write down its key (label `profile` of spec/registry.md §2).
 *
 * Every value is sealed under the store's key, 32 random bytes. The key record says that key, in
 * clear or sealed under a passphrase; it has one size whichever it is. Whoever overwrites it has made
 * noise of all values (ADR 0022).
 */

import { argon2id } from "@noble/hashes/argon2.js";
import { sha256 } from "@noble/hashes/sha2.js";

import { WireError } from "../errors";
import { type Bytes, concat, equal, own, utf8 } from "../wire/bytes";
import { encode } from "../wire/cbor";
import { Fields } from "../wire/fields";
import {
  KEY_AND_NONCE_SIZE,
  KEY_SIZE,
  gcmOpenUntrusted,
  gcmSeal,
  splitKeyAndNonce,
} from "./aead";
import { Label, type Rng, kdf } from "./keySchedule";
import { pad, unpadUntrusted } from "./padding";

export const SALT_SIZE = 16;
export const KEY_RECORD_SIZE = 192;
const DIGEST_SIZE = 32;
const VALUE_SALT_SIZE = 32;
const SEALED_KEY_SIZE = VALUE_SALT_SIZE + KEY_SIZE + 16;
const KEY_NAME = utf8("profile key");
const ITERATIONS_MOST = 64;
const LANES_MOST = 64;
const MEMORY_KIB_MOST = 1 << 20;

/** How much one guess of a passphrase costs; it stands in the key record, so that it can grow. */
export interface LockCost {
  readonly iterations: number;
  readonly lanes: number;
  readonly memoryKib: number;
}

/**
 * What a page pays. WebCrypto has only PBKDF2, which graphics cards guess thousands of times faster
 * than they guess Argon2id; in JavaScript this takes about one second on a laptop, which is why it
 * has half the memory of the command line's (RFC 9106 §4).
 */
export const DEFAULT_COST: LockCost = { iterations: 3, lanes: 1, memoryKib: 32 * 1024 };

/** Turn a passphrase into a 32-byte key; slow and large on purpose. */
export function passphraseKey(passphrase: string, salt: Bytes, cost: LockCost): Bytes {
  return own(
    argon2id(utf8(passphrase), salt, {
      t: cost.iterations,
      m: cost.memoryKib,
      p: cost.lanes,
      dkLen: KEY_SIZE,
    }),
  );
}

/** A store's key under a passphrase. */
export interface LockedKey {
  readonly salt: Bytes;
  readonly cost: LockCost;
  readonly sealed: Bytes;
}

/** What a key record says. */
export type KeyRecord =
  | { readonly kind: "clear"; readonly key: Bytes }
  | { readonly kind: "locked"; readonly lock: LockedKey };

/** Write the key down, under a passphrase or (null) in clear. */
export async function keyRecord(
  key: Bytes,
  passphrase: string | null,
  cost: LockCost,
  rng: Rng,
): Promise<Bytes> {
  const entries = new Map<number, number | Bytes>([[0, 1]]);
  if (passphrase === null) entries.set(1, key);
  else {
    const salt = rng(SALT_SIZE);
    const sealed = await sealValue(passphraseKey(passphrase, salt, cost), KEY_NAME, key, rng);
    entries.set(2, salt).set(3, cost.iterations).set(4, cost.lanes).set(5, cost.memoryKib);
    entries.set(6, sealed);
  }
  const body = pad(encode(entries), KEY_RECORD_SIZE - DIGEST_SIZE);
  return concat(body, own(sha256(body)));
}

/** Read a key record; what is no whole one throws `WireError`. */
export function parseKeyRecordUntrusted(data: Bytes): KeyRecord {
  const body = data.slice(0, -DIGEST_SIZE);
  if (data.length !== KEY_RECORD_SIZE || !equal(own(sha256(body)), data.slice(-DIGEST_SIZE))) {
    throw new WireError("bad message: no whole key record");
  }
  const fields = Fields.parseUntrusted(unpadUntrusted(body), "key record");
  fields.version();
  const key = fields.optionalBytes(1, KEY_SIZE);
  const found: KeyRecord =
    key === null ? { kind: "locked", lock: lockIn(fields) } : { kind: "clear", key };
  fields.done();
  return found;
}

function lockIn(fields: Fields): LockedKey {
  return {
    salt: fields.bytes(2, SALT_SIZE),
    cost: {
      iterations: fields.uint(3, 1, ITERATIONS_MOST),
      lanes: fields.uint(4, 1, LANES_MOST),
      memoryKib: fields.uint(5, 8, MEMORY_KIB_MOST),
    },
    sealed: fields.bytes(6, SEALED_KEY_SIZE),
  };
}

/** Give a store's key; a wrong passphrase throws `WireError`. */
export async function openKeyUntrusted(lock: LockedKey, passphrase: string): Promise<Bytes> {
  const { salt, cost, sealed } = lock;
  return openValueUntrusted(passphraseKey(passphrase, salt, cost), KEY_NAME, sealed);
}

/** Seal one stored value; `name` says which one it is, so that two cannot be exchanged. */
export async function sealValue(
  key: Bytes,
  name: Bytes,
  plaintext: Bytes,
  rng: Rng,
): Promise<Bytes> {
  const salt = rng(VALUE_SALT_SIZE);
  const [valueKey, nonce] = keyAndNonce(key, salt, name);
  return concat(salt, await gcmSeal(valueKey, nonce, plaintext, name));
}

/** Open one stored value; a wrong passphrase or a damaged value throws `WireError`. */
export async function openValueUntrusted(key: Bytes, name: Bytes, data: Bytes): Promise<Bytes> {
  if (data.length < VALUE_SALT_SIZE) throw new WireError("bad message: too short to be sealed");
  const [valueKey, nonce] = keyAndNonce(key, data.slice(0, VALUE_SALT_SIZE), name);
  return gcmOpenUntrusted(valueKey, nonce, data.slice(VALUE_SALT_SIZE), name);
}

/** Give each value a key of its own: random 12-byte nonces alone would wear one key out. */
function keyAndNonce(key: Bytes, salt: Bytes, name: Bytes): readonly [Bytes, Bytes] {
  return splitKeyAndNonce(kdf(key, salt, Label.PROFILE, KEY_AND_NONCE_SIZE, name));
}
