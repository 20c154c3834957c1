/** Seal and open with AES-256-GCM (spec/handshake.md §6). */

import { WireError } from "../errors";
import type { Bytes } from "../wire/bytes";
import { EMPTY } from "./keySchedule";

export const KEY_SIZE = 32;
export const NONCE_SIZE = 12;
export const TAG_SIZE = 16;
export const KEY_AND_NONCE_SIZE = KEY_SIZE + NONCE_SIZE;

/** Import a key once where it serves many messages: a line's, a call's. */
export function gcmKey(key: Bytes): Promise<CryptoKey> {
  return crypto.subtle.importKey("raw", key, "AES-GCM", false, ["encrypt", "decrypt"]);
}

/** Encrypt and authenticate; the result is ciphertext and a tag of 16 bytes. */
export async function gcmSeal(
  key: Bytes | CryptoKey,
  nonce: Bytes,
  plaintext: Bytes,
  aad: Bytes = EMPTY,
): Promise<Bytes> {
  const algorithm = { name: "AES-GCM", iv: nonce, additionalData: aad };
  return new Uint8Array(await crypto.subtle.encrypt(algorithm, await imported(key), plaintext));
}

/** Decrypt what `gcmSeal` made; anything else throws `WireError`. */
export async function gcmOpenUntrusted(
  key: Bytes | CryptoKey,
  nonce: Bytes,
  data: Bytes,
  aad: Bytes = EMPTY,
): Promise<Bytes> {
  const algorithm = { name: "AES-GCM", iv: nonce, additionalData: aad };
  const ready = await imported(key);
  try {
    return new Uint8Array(await crypto.subtle.decrypt(algorithm, ready, data));
  } catch {
    throw new WireError("bad message: it does not open");
  }
}

/** Cut the 44 bytes that a KDF gives for one message into key and nonce. */
export function splitKeyAndNonce(derived: Bytes): readonly [Bytes, Bytes] {
  return [derived.slice(0, KEY_SIZE), derived.slice(KEY_SIZE, KEY_AND_NONCE_SIZE)];
}

async function imported(key: Bytes | CryptoKey): Promise<CryptoKey> {
  return key instanceof Uint8Array ? gcmKey(key) : key;
}
