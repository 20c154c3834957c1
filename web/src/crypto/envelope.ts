/** Seal a message for a mailbox so that the home sees one of three sizes (spec/mailbox.md §2). */

import { WireError } from "../errors";
import { type Bytes, concat } from "../wire/bytes";
import { ENVELOPE_SIZES } from "../wire/mailbox";
import {
  KEY_AND_NONCE_SIZE,
  TAG_SIZE,
  gcmOpenUntrusted,
  gcmSeal,
  splitKeyAndNonce,
} from "./aead";
import { Label, kdf } from "./keySchedule";
import { bucket, pad, unpadUntrusted } from "./padding";

export const SALT_SIZE = 32;
const OVERHEAD = SALT_SIZE + TAG_SIZE;

/**
 * Seal under the mailbox's outer key, in the smallest size that fits.
 *
 * `salt` is the envelope's R: 32 bytes that were never used before.
 */
export async function sealEnvelope(
  outer: Bytes,
  mailbox: Bytes,
  message: Bytes,
  salt: Bytes,
): Promise<Bytes> {
  if (salt.length !== SALT_SIZE) {
    throw new RangeError(`the salt has ${salt.length} bytes, not ${SALT_SIZE}`);
  }
  const paddedSize = bucket(
    message.length,
    ENVELOPE_SIZES.map((size) => size - OVERHEAD),
  );
  const [key, nonce] = keyAndNonce(outer, salt);
  return concat(salt, await gcmSeal(key, nonce, pad(message, paddedSize), mailbox));
}

/** Open an envelope of this mailbox, or throw `WireError`. */
export async function openEnvelopeUntrusted(
  outer: Bytes,
  mailbox: Bytes,
  envelope: Bytes,
): Promise<Bytes> {
  if (!ENVELOPE_SIZES.some((size) => size === envelope.length)) {
    throw new WireError(`bad message: no envelope has ${envelope.length} bytes`);
  }
  const [key, nonce] = keyAndNonce(outer, envelope.slice(0, SALT_SIZE));
  const sealed = envelope.slice(SALT_SIZE);
  return unpadUntrusted(await gcmOpenUntrusted(key, nonce, sealed, mailbox));
}

function keyAndNonce(outer: Bytes, salt: Bytes): readonly [Bytes, Bytes] {
  return splitKeyAndNonce(kdf(outer, salt, Label.ENVELOPE, KEY_AND_NONCE_SIZE));
}
