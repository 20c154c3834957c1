/**
 * Compute the single steps of the contact channel (spec/ratchet.md §1, §2).
 *
 * These functions hold no state: `ratchet.ts` decides when each may be taken.
 */

import { WireError } from "../errors";
import { type Bytes, concat } from "../wire/bytes";
import { type RatchetHeader, encodeHeader, splitMessageUntrusted } from "../wire/ratchet";
import { KEY_AND_NONCE_SIZE, gcmOpenUntrusted, gcmSeal, splitKeyAndNonce } from "./aead";
import * as kem from "./kem";
import type { KemKeyPair } from "./kem";
import { EMPTY, Label, h, kdf } from "./keySchedule";

export const KEY_SIZE = 32;

export interface RootStep {
  readonly root: Bytes;
  readonly chainKey: Bytes;
}

export interface ChainStep {
  readonly messageKey: Bytes;
  readonly chainKey: Bytes;
}

/** Encapsulate the seed of a new turn to the peer's last key. */
export function sealTurnSeed(
  peerKey: Bytes,
  seed: Bytes,
  sid: Bytes,
  turn: number,
  ownKey: Bytes,
): Promise<Bytes> {
  return kem.seal(peerKey, seed, Label.TURN, h(sid, turn, ownKey));
}

/** Open the seed of the peer's new turn with the key of the own last one. */
export async function openTurnSeedUntrusted(
  pair: KemKeyPair,
  ct: Bytes,
  sid: Bytes,
  turn: number,
  peerKey: Bytes,
): Promise<Bytes> {
  const seed = await kem.openUntrusted(pair, ct, Label.TURN, h(sid, turn, peerKey));
  if (seed.length !== KEY_SIZE) {
    throw new WireError(`bad message: a seed has ${KEY_SIZE} bytes, not ${seed.length}`);
  }
  return seed;
}

/** Mix a turn's seed into the root; give the new root and the turn's chain key. */
export function stepRoot(root: Bytes, seed: Bytes, ct: Bytes, ownKey: Bytes): RootStep {
  const keys = kdf(seed, root, Label.STEP, 2 * KEY_SIZE, h(ct, ownKey));
  return { root: keys.slice(0, KEY_SIZE), chainKey: keys.slice(KEY_SIZE) };
}

/** Give the next message key of a turn and the chain key after it. */
export function stepChain(chainKey: Bytes): ChainStep {
  return {
    messageKey: kdf(chainKey, EMPTY, Label.MESSAGE_KEY, KEY_SIZE),
    chainKey: kdf(chainKey, EMPTY, Label.CHAIN_KEY, KEY_SIZE),
  };
}

/** Seal one body. `direction` is h(sid, sender, receiver). */
export async function sealMessage(
  messageKey: Bytes,
  direction: Bytes,
  header: RatchetHeader,
  body: Bytes,
): Promise<Bytes> {
  const head = encodeHeader(header);
  const [key, nonce] = keyAndNonce(messageKey, header.salt);
  return concat(head, await gcmSeal(key, nonce, body, concat(direction, head)));
}

/** Open one message into its body, or throw `WireError`. */
export async function openMessageUntrusted(
  messageKey: Bytes,
  direction: Bytes,
  message: Bytes,
): Promise<Bytes> {
  const { header, head, ciphertext } = splitMessageUntrusted(message);
  const [key, nonce] = keyAndNonce(messageKey, header.salt);
  return gcmOpenUntrusted(key, nonce, ciphertext, concat(direction, head));
}

/** Salt the message key, so that a restored backup repeats neither key nor nonce. */
function keyAndNonce(messageKey: Bytes, salt: Bytes): readonly [Bytes, Bytes] {
  return splitKeyAndNonce(kdf(messageKey, salt, Label.MESSAGE, KEY_AND_NONCE_SIZE));
}
