/** Keep a store's secrets under a passphrase (label `profile` of spec/registry.md §2). */

import { argon2id } from "@noble/hashes/argon2.js";

import { WireError } from "../errors";
import { type Bytes, concat, own, utf8 } from "../wire/bytes";
import {
  KEY_AND_NONCE_SIZE,
  KEY_SIZE,
  gcmOpenUntrusted,
  gcmSeal,
  splitKeyAndNonce,
} from "./aead";
import { Label, type Rng, kdf } from "./keySchedule";

export const SALT_SIZE = 16;
const VALUE_SALT_SIZE = 32;

/** How much one guess of a passphrase costs; stored with the store, so that it can grow. */
export interface LockCost {
  readonly iterations: number;
  readonly memoryKib: number;
}

/**
 * What a page pays. WebCrypto has only PBKDF2, which graphics cards guess thousands of times faster
 * than they guess Argon2id; in JavaScript this takes about one second on a laptop, which is why it
 * has half the memory of the command line's (RFC 9106 §4).
 */
export const DEFAULT_COST: LockCost = { iterations: 3, memoryKib: 32 * 1024 };

/** Turn a passphrase into a 32-byte key; slow and large on purpose. */
export function passphraseKey(passphrase: string, salt: Bytes, cost: LockCost): Bytes {
  return own(
    argon2id(utf8(passphrase), salt, {
      t: cost.iterations,
      m: cost.memoryKib,
      p: 1,
      dkLen: KEY_SIZE,
    }),
  );
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
