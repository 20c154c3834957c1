/** Send the media of one line, or drop what would come too late (spec/media.md §5). */

import { NetworkError } from "../errors";
import type { Socket } from "../platform/websocket";
import type { Bytes } from "../wire/bytes";

/** Messages of 20 ms that may wait below us: 250 ms. */
export const STALE_MESSAGES = 12;

/** What leaves on one line, over however many connections. */
export class MediaOut {
  sent = 0;
  /** Messages that would have come too late: their connection was too slow for them. */
  dropped = 0;

  /**
   * Send one message, or drop it.
   *
   * What the browser holds is not taken back, so a message is refused as soon as a quarter of a
   * second of them waits there: it would come too late, and make the next ones late. Without a
   * connection it is gone, and counts as nothing: a line that broke is not narrow.
   */
  send(socket: Socket | undefined, message: Bytes): void {
    if (socket === undefined) return;
    if (socket.buffered() > STALE_MESSAGES * message.length) {
      this.dropped += 1;
      return;
    }
    try {
      socket.send(message);
      this.sent += 1;
    } catch (error) {
      if (!(error instanceof NetworkError)) throw error;
    }
  }
}
