/** Write bytes as base64url (RFC 4648 §5) without padding, and read only that one form. */

import { WireError } from "../errors";
import type { Bytes } from "./bytes";

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/** Write bytes as base64url without padding. */
export function encode(data: Bytes): string {
  let text = "";
  for (let at = 0; at < data.length; at += 3) {
    const [a = 0, b = 0, c = 0] = data.subarray(at, at + 3);
    const bits = (a << 16) | (b << 8) | c;
    const letters = Math.min(data.length - at, 3) + 1;
    for (let letter = 0; letter < letters; letter += 1) {
      text += ALPHABET.charAt((bits >> (18 - 6 * letter)) & 63);
    }
  }
  return text;
}

/** Read base64url. Padding, other characters and loose trailing bits throw `WireError`. */
export function decodeUntrusted(text: string): Bytes {
  if (!/^[A-Za-z0-9_-]*$/.test(text) || text.length % 4 === 1) {
    throw new WireError("this is not base64url");
  }
  const data = new Uint8Array(Math.floor((text.length * 3) / 4));
  let bits = 0;
  let held = 0;
  let at = 0;
  for (const letter of text) {
    bits = ((bits << 6) | ALPHABET.indexOf(letter)) & 0xfff;
    held += 6;
    if (held >= 8) {
      held -= 8;
      data[at] = (bits >> held) & 0xff;
      at += 1;
    }
  }
  if ((bits & ((1 << held) - 1)) !== 0) throw new WireError("base64url has bits after its end");
  return data;
}
