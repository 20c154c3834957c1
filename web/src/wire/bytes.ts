/** Cut, join and compare bytes. Integers are big-endian, as everywhere in the specification. */

/** Bytes that own their memory: WebCrypto and postMessage take no other kind. */
export type Bytes = Uint8Array<ArrayBuffer>;

const encoder = new TextEncoder();

/** Write text as UTF-8. */
export function utf8(text: string): Bytes {
  return encoder.encode(text);
}

/** Join byte strings into one. */
export function concat(...parts: readonly Bytes[]): Bytes {
  const joined = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}

/** Copy bytes of whatever buffer into memory of their own. */
export function own(data: ArrayBuffer | Uint8Array): Bytes {
  return data instanceof ArrayBuffer ? new Uint8Array(data) : new Uint8Array(data);
}

/** Compare two byte strings in a time that depends on their lengths only. */
export function equal(a: Bytes, b: Bytes): boolean {
  let difference = a.length ^ b.length;
  a.forEach((byte, index) => (difference |= byte ^ (b[index] ?? 0)));
  return difference === 0;
}

/** Write an unsigned integer below 2^53 in exactly `size` bytes. */
export function uintBytes(value: number, size: number): Bytes {
  if (!Number.isSafeInteger(value) || value < 0 || value >= 256 ** size) {
    throw new RangeError(`${value} does not fit into ${size} bytes`);
  }
  const bytes = new Uint8Array(size);
  let rest = value;
  for (let at = size - 1; at >= 0; at -= 1) {
    bytes[at] = rest % 256;
    rest = Math.floor(rest / 256);
  }
  return bytes;
}

/** Read an unsigned integer; more than 2^53 - 1 loses digits, so callers bound the length. */
export function bytesUint(bytes: Bytes): number {
  return bytes.reduce((value, byte) => value * 256 + byte, 0);
}

/** Write bytes as lower-case hexadecimal: for map keys and tests, never for people. */
export function hex(bytes: Bytes): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Read hexadecimal that this program wrote. */
export function unhex(text: string): Bytes {
  if (!/^(?:[0-9a-fA-F]{2})*$/.test(text)) throw new RangeError("this is not hexadecimal");
  return Uint8Array.from(text.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}
