/**
 * Read the integer-keyed maps of the specification: presence first, then type, then size.
 *
 * A parser opens a map and takes the keys that its CDDL names; a key that it does not know is a later
 * release's and is passed over (spec/growth.md §1). What this program wrote for itself ends with
 * `done`, which refuses such keys: rewriting the item would lose them. Each failure is a `WireError`
 * that names the map and the key, never a value.
 */

import { NewerReleaseError, WireError } from "../errors";
import { type Bytes, utf8 } from "./bytes";
import { LIMIT, UINT_MOST, type Value, decodeUntrusted, isArray, isMap } from "./cbor";

export class Fields {
  readonly #name: string;
  readonly #rest: Map<number, Value>;

  /** `name` is what errors call the map. */
  constructor(values: ReadonlyMap<number, Value>, name: string) {
    this.#rest = new Map(values);
    this.#name = name;
  }

  /** Decode a map of at most `limit` bytes. */
  static parseUntrusted(data: Bytes, name: string, limit = LIMIT): Fields {
    return Fields.ofUntrusted(decodeUntrusted(data, limit), name);
  }

  /** Take a decoded value for a map. */
  static ofUntrusted(value: Value, name: string): Fields {
    if (!isMap(value)) throw new WireError(`${name} is not a map`);
    return new Fields(value, name);
  }

  /** Take an integer from `low` to `high`, both included. */
  uint(key: number, low = 0, high = UINT_MOST): number {
    return this.#uint(this.#take(key), key, low, high);
  }

  /** Take one number of a list of the registry; `otherwise` stands for what is not in it. */
  code<Code extends number>(
    key: number,
    codes: Readonly<Record<string, Code>>,
    otherwise?: Code,
  ): Code {
    const value = this.uint(key);
    const code = Object.values(codes).find((known) => known === value) ?? otherwise;
    if (code === undefined) throw this.#bad(key, "is not in the registry");
    return code;
  }

  /** Take key 0, which must say version 1; a later one throws `NewerReleaseError`. */
  version(): void {
    if (this.uint(0, 1) > 1) throw new NewerReleaseError(this.#name);
  }

  /** Take key 0, the number of a request: 1 to 2^32 - 1 (spec/line.md §4). */
  request(): number {
    return this.uint(0, 1, 2 ** 32 - 1);
  }

  /** Take the 16 bytes of a mailbox, a bundle, a room or a call. */
  id(key: number): Bytes {
    return this.bytes(key, 16);
  }

  /** Take bytes: of one size, of one of several sizes, or of at most `most`. */
  bytes(key: number, size?: number | readonly number[], most = Infinity): Bytes {
    const value = this.#take(key);
    if (!(value instanceof Uint8Array)) throw this.#bad(key, "is not bytes");
    const sizes = typeof size === "number" ? [size] : size;
    if (value.length > most || (sizes !== undefined && !sizes.includes(value.length))) {
      throw this.#bad(key, `has ${value.length} bytes`);
    }
    return value;
  }

  /** Take text of at most `most` bytes of UTF-8. */
  text(key: number, most: number): string {
    const value = this.#take(key);
    if (typeof value !== "string") throw this.#bad(key, "is not text");
    if (utf8(value).length > most) throw this.#bad(key, `has more than ${most} bytes`);
    return value;
  }

  /** Take a boolean. */
  bool(key: number): boolean {
    const value = this.#take(key);
    if (typeof value !== "boolean") throw this.#bad(key, "is not a boolean");
    return value;
  }

  /** Take a boolean that is only there when it is true. */
  flag(key: number): boolean {
    if (!this.#rest.has(key)) return false;
    if (!this.bool(key)) throw this.#bad(key, "is false");
    return true;
  }

  /** Take an array of 1 to `most` integers. */
  uints(key: number, most: number): readonly number[] {
    return this.array(key, most).map((item) => this.#uint(item, key, 0, UINT_MOST));
  }

  /** Take an array of 1 to `most` integers, or none when the key is missing. */
  optionalUints(key: number, most: number): readonly number[] {
    return this.#rest.has(key) ? this.uints(key, most) : [];
  }

  /** Take an array of 1 to `most` maps. */
  maps(key: number, most: number): readonly Fields[] {
    return this.array(key, most).map((item) => Fields.ofUntrusted(item, `${this.#name}.${key}`));
  }

  /** Take an array of 1 to `most` maps, or none when the key is missing. */
  optionalMaps(key: number, most: number): readonly Fields[] {
    return this.#rest.has(key) ? this.maps(key, most) : [];
  }

  /** Take an array of 1 to `most` values. */
  array(key: number, most: number): readonly Value[] {
    const value = this.#take(key);
    if (!isArray(value)) throw this.#bad(key, "is not an array");
    if (value.length < 1 || value.length > most) {
      throw this.#bad(key, `has ${value.length} items, 1 to ${most} are allowed`);
    }
    return value;
  }

  /** Take bytes, or null when the key is missing. */
  optionalBytes(key: number, size?: number | readonly number[], most?: number): Bytes | null {
    return this.#rest.has(key) ? this.bytes(key, size, most) : null;
  }

  /** Take an integer, or null when the key is missing. */
  optionalUint(key: number, low?: number, high?: number): number | null {
    return this.#rest.has(key) ? this.uint(key, low, high) : null;
  }

  /** Take a number of the registry, or null when the key is missing. */
  optionalCode<Code extends number>(
    key: number,
    codes: Readonly<Record<string, Code>>,
  ): Code | null {
    return this.#rest.has(key) ? this.code(key, codes) : null;
  }

  /** Refuse the keys that nobody took, in what this program wrote for itself. */
  done(): void {
    if (this.#rest.size > 0) {
      throw new WireError(`${this.#name} has ${this.#rest.size} unknown keys`);
    }
  }

  #take(key: number): Value {
    const value = this.#rest.get(key);
    if (value === undefined) throw new WireError(`${this.#name} lacks key ${key}`);
    this.#rest.delete(key);
    return value;
  }

  #uint(value: Value, key: number, low: number, high: number): number {
    if (typeof value !== "number") throw this.#bad(key, "is not an integer");
    if (value < low || value > high) throw this.#bad(key, `is outside ${low} to ${high}`);
    return value;
  }

  #bad(key: number, what: string): WireError {
    return new WireError(`${this.#name}.${key} ${what}`);
  }
}
