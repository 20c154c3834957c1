/** Give fresh random bytes from the browser's own generator. */

import type { Bytes } from "../wire/bytes";

export function randomBytes(size: number): Bytes {
  return crypto.getRandomValues(new Uint8Array(size));
}
