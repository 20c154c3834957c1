/** Hide how long a message is (spec/handshake.md §7, ISO/IEC 7816-4). */

import { UsageError, WireError } from "../errors";
import type { Bytes } from "../wire/bytes";

export const MARK = 0x80;

/** Fill `x` up to exactly `size` bytes; `x` may have `size - 1` at most. */
export function pad(x: Bytes, size: number): Bytes {
  if (x.length >= size) {
    throw new UsageError(`${x.length} bytes do not fit into ${size} with their padding`);
  }
  const padded = new Uint8Array(size);
  padded.set(x);
  padded[x.length] = MARK;
  return padded;
}

/** Take the padding off again; what has none throws `WireError`. */
export function unpadUntrusted(x: Bytes): Bytes {
  const last = x.findLastIndex((byte) => byte !== 0);
  if (x[last] !== MARK) throw new WireError("bad message: it has no padding");
  return x.slice(0, last);
}

/** Choose the smallest bucket with room for `sizeNeeded` bytes and their padding. */
export function bucket(sizeNeeded: number, buckets: readonly number[]): number {
  const fitting = buckets.filter((size) => size > sizeNeeded);
  if (fitting.length === 0) throw new UsageError(`${sizeNeeded} bytes fit into no bucket`);
  return Math.min(...fitting);
}
