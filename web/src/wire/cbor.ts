/**
 * Encode and decode the small deterministic subset of CBOR that every structured message uses.
 *
 * The subset (spec/README.md): unsigned integers below 2^53, byte strings, text strings, booleans,
 * arrays, and maps with unsigned integer keys, at most `DEPTH` deep, in the one form of RFC 8949
 * §4.2.1. It is read by hand because a general reader accepts far more than it, and what it accepts
 * differs from one language to the next.
 */

import { WireError } from "../errors";
import { type Bytes, concat, uintBytes, utf8 } from "./bytes";

export type Value = number | Bytes | string | boolean | readonly Value[] | ReadonlyMap<number, Value>;

/** The largest integer that JavaScript holds exactly. */
export const UINT_MOST = Number.MAX_SAFE_INTEGER;

export const DEPTH = 6;

/** How many bytes a message may have by default: as many as the largest record of a line. */
export const LIMIT = 65_792;

const UINT = 0;
const BYTES = 2;
const TEXT = 3;
const ARRAY = 4;
const MAP = 5;
const FALSE = 0xf4;
const TRUE = 0xf5;

/** Encode one value of the subset; anything else is a bug of ours and throws `RangeError`. */
export function encode(value: Value): Bytes {
  return concat(...parts(value, DEPTH));
}

function parts(value: Value, depth: number): Bytes[] {
  if (typeof value === "number") return [head(UINT, value)];
  if (typeof value === "boolean") return [Uint8Array.of(value ? TRUE : FALSE)];
  if (typeof value === "string") {
    if (/\p{Surrogate}/u.test(value)) throw new RangeError("text with half a character in it");
    const text = utf8(value);
    return [head(TEXT, text.length), text];
  }
  if (value instanceof Uint8Array) return [head(BYTES, value.length), value];
  if (depth === 0) throw new RangeError(`CBOR is nested deeper than ${DEPTH}`);
  if (isArray(value)) {
    return [head(ARRAY, value.length), ...value.flatMap((item) => parts(item, depth - 1))];
  }
  const entries = [...value].sort(([a], [b]) => a - b);
  const items = entries.flatMap(([key, item]) => [head(UINT, key), ...parts(item, depth - 1)]);
  return [head(MAP, value.size), ...items];
}

/** Tell an array from the other values; `Array.isArray` would say any[] of a readonly one. */
export function isArray(value: Value): value is readonly Value[] {
  return Array.isArray(value);
}

function head(major: number, argument: number): Bytes {
  if (!Number.isSafeInteger(argument) || argument < 0) {
    throw new RangeError("CBOR holds an integer outside 0 to 2^53 - 1");
  }
  if (argument < 24) return Uint8Array.of((major << 5) | argument);
  const power = [0, 1, 2].find((size) => argument < 256 ** (2 ** size)) ?? 3;
  return concat(Uint8Array.of((major << 5) | (24 + power)), uintBytes(argument, 2 ** power));
}

/** Tell a map from the other values. */
export function isMap(value: Value): value is ReadonlyMap<number, Value> {
  return value instanceof Map;
}

/**
 * Decode one value of at most `limit` bytes (spec/README.md).
 *
 * Whatever the bytes, throw `WireError` or nothing. Byte strings are copies.
 */
export function decodeUntrusted(data: Bytes, limit = LIMIT): Value {
  if (data.length > limit) {
    throw new WireError(`CBOR of ${data.length} bytes, at most ${limit} are allowed`);
  }
  const reader = new Reader(data);
  const value = reader.valueUntrusted(DEPTH);
  reader.doneUntrusted();
  return value;
}

class Reader {
  readonly #data: Bytes;
  #at = 0;

  constructor(data: Bytes) {
    this.#data = data;
  }

  valueUntrusted(depth: number): Value {
    const first = this.#takeUntrusted(1)[0] ?? 0;
    if (first === FALSE || first === TRUE) return first === TRUE;
    const major = first >> 5;
    const argument = this.#argumentUntrusted(first & 31);
    switch (major) {
      case UINT:
        return argument;
      case BYTES:
        return this.#takeUntrusted(argument);
      case TEXT:
        return textUntrusted(this.#takeUntrusted(argument));
      case ARRAY:
        return this.#arrayUntrusted(argument, inner(depth));
      case MAP:
        return this.#mapUntrusted(argument, inner(depth));
    }
    throw new WireError("CBOR holds a value that is not of the subset");
  }

  doneUntrusted(): void {
    if (this.#at !== this.#data.length) throw new WireError("CBOR has bytes after its end");
  }

  #arrayUntrusted(count: number, depth: number): Value[] {
    this.#refuseMoreThanIsLeft(count);
    return Array.from({ length: count }, () => this.valueUntrusted(depth));
  }

  #mapUntrusted(count: number, depth: number): Map<number, Value> {
    this.#refuseMoreThanIsLeft(count);
    const map = new Map<number, Value>();
    let previous = -1;
    for (let taken = 0; taken < count; taken += 1) {
      const first = this.#takeUntrusted(1)[0] ?? 0;
      if (first >> 5 !== UINT) throw new WireError("CBOR holds a map key that is no unsigned integer");
      const key = this.#argumentUntrusted(first & 31);
      // One order, and with it no key twice.
      if (key <= previous) throw new WireError("CBOR has map keys out of order");
      map.set(key, this.valueUntrusted(depth));
      previous = key;
    }
    return map;
  }

  #argumentUntrusted(information: number): number {
    if (information < 24) return information;
    if (information > 27) throw new WireError("CBOR of indefinite or unknown length");
    const size = 2 ** (information - 24);
    const argument = this.#takeUntrusted(size).reduce((value, byte) => value * 256 + byte, 0);
    if (argument < (size === 1 ? 24 : 256 ** (size / 2))) {
      throw new WireError("CBOR is not in its one deterministic form");
    }
    if (argument > UINT_MOST) throw new WireError("CBOR holds an integer outside 0 to 2^53 - 1");
    return argument;
  }

  #takeUntrusted(size: number): Bytes {
    this.#refuseMoreThanIsLeft(size);
    this.#at += size;
    return this.#data.slice(this.#at - size, this.#at);
  }

  #refuseMoreThanIsLeft(size: number): void {
    if (size > this.#data.length - this.#at) throw new WireError("CBOR ends too early");
  }
}

function inner(depth: number): number {
  if (depth === 0) throw new WireError(`CBOR is nested deeper than ${DEPTH}`);
  return depth - 1;
}

function textUntrusted(bytes: Bytes): string {
  try {
    // ignoreBOM keeps a byte order mark: dropped, two texts would encode as one.
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new WireError("CBOR holds text that is not UTF-8");
  }
}
