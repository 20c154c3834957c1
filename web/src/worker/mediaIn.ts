/** Read a message of media that came by a line. */

import { WireError } from "../errors";
import type { Bytes } from "../wire/bytes";
import { type MediaMessage, parseMediaUntrusted } from "../wire/media";

/** Give it, or null: the home forwards media unread, and a contact's nonsense must not break this line. */
export function mediaIn(message: Bytes): MediaMessage | null {
  try {
    return parseMediaUntrusted(message);
  } catch (error) {
    if (error instanceof WireError) return null;
    throw error;
  }
}
