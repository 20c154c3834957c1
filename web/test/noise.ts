/** What the tests of parsers share: noise, and proof that nothing but `WireError` comes out. */

import fc from "fast-check";

import { WireError } from "../src/errors";
import type { Bytes } from "../src/wire/bytes";

/** Any bytes up to a size. */
export function anyBytes(maxLength: number): fc.Arbitrary<Bytes> {
  return fc.uint8Array({ maxLength }).map((bytes) => new Uint8Array(bytes));
}

/** A good message with some bytes changed, cut off or added: noise that comes past the first check. */
export function damaged(good: Bytes): fc.Arbitrary<Bytes> {
  const change = fc.tuple(fc.nat(Math.max(good.length - 1, 0)), fc.nat(255));
  return fc
    .tuple(fc.array(change, { maxLength: 4 }), fc.nat(good.length), fc.boolean(), anyBytes(4))
    .map(([changes, end, isCut, tail]) => {
      const bytes = new Uint8Array(good);
      for (const [at, value] of changes) bytes[at] = value;
      const kept = isCut ? bytes.slice(0, end) : bytes;
      return new Uint8Array([...kept, ...tail]);
    });
}

/** Require that reading ends well or with `WireError`. */
export async function onlyWireError(read: () => unknown): Promise<void> {
  try {
    await read();
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
  }
}

/** Random bytes that are the same in every run. */
export function dice(seed = 1): (size: number) => Bytes {
  let state = seed;
  return (size) =>
    Uint8Array.from({ length: size }, () => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      return state >>> 24;
    });
}
