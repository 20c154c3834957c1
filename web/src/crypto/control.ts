/** Seal the control messages that two seats exchange in a room (spec/call.md §4). */

import { WireError } from "../errors";
import { type Bytes, concat } from "../wire/bytes";
import { CONTROL_BYTES } from "../wire/call";
import { KEY_AND_NONCE_SIZE, gcmOpenUntrusted, gcmSeal, splitKeyAndNonce } from "./aead";
import { Label, kdf } from "./keySchedule";
import { pad, unpadUntrusted } from "./padding";

export const SALT_SIZE = 32;
const PADDED_SIZE = 208;

/**
 * Seal under the key of one direction into exactly 256 bytes.
 *
 * `salt` is 32 random bytes instead of a counter: a page that comes back cannot repeat one.
 */
export async function sealControl(
  key: Bytes,
  callId: Bytes,
  plaintext: Bytes,
  salt: Bytes,
): Promise<Bytes> {
  if (salt.length !== SALT_SIZE) {
    throw new RangeError(`the salt has ${salt.length} bytes, not ${SALT_SIZE}`);
  }
  const [messageKey, nonce] = keyAndNonce(key, salt);
  return concat(salt, await gcmSeal(messageKey, nonce, pad(plaintext, PADDED_SIZE), callId));
}

/** Open a control message of this call and direction, or throw `WireError`. */
export async function openControlUntrusted(
  key: Bytes,
  callId: Bytes,
  data: Bytes,
): Promise<Bytes> {
  if (data.length !== CONTROL_BYTES) {
    throw new WireError(`bad message: a control message has ${CONTROL_BYTES} bytes`);
  }
  const [messageKey, nonce] = keyAndNonce(key, data.slice(0, SALT_SIZE));
  const sealed = data.slice(SALT_SIZE);
  return unpadUntrusted(await gcmOpenUntrusted(messageKey, nonce, sealed, callId));
}

function keyAndNonce(key: Bytes, salt: Bytes): readonly [Bytes, Bytes] {
  return splitKeyAndNonce(kdf(key, salt, Label.CONTROL, KEY_AND_NONCE_SIZE));
}
