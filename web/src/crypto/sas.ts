/** Compute what both people compare aloud (spec/call.md §3). */

import { type Bytes, bytesUint, concat } from "../wire/bytes";
import { Label, kdf } from "./keySchedule";

export const SAS_LENGTH = 5;
const BITS = 6;

/**
 * Derive 4 bytes, of which the first 30 bits are compared.
 *
 * `context` is h(sid, id_caller, id_callee): people with other identities see other signs.
 */
export function sasBytes(nA: Bytes, nB: Bytes, transcript: Bytes, context: Bytes): Bytes {
  return kdf(concat(nA, nB), transcript, Label.SAS, 4, context);
}

/** Give five numbers below 64, most significant bits first: indices into `EMOJI`. */
export function sasIndices(
  nA: Bytes,
  nB: Bytes,
  transcript: Bytes,
  context: Bytes,
): readonly number[] {
  const value = bytesUint(sasBytes(nA, nB, transcript, context));
  return Array.from({ length: SAS_LENGTH }, (_, sign) => (value >>> (32 - BITS * (sign + 1))) & 63);
}
