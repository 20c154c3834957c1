/**
 * Pack sealed frames into one media message of a line (spec/line.md §3).
 *
 * Layout: `03 ‖ handle(1) ‖ ( length(2) ‖ frame )+`, big-endian, at most `MEDIA_MOST` bytes.
 */

import { WireError } from "../errors";
import { type Bytes, bytesUint, concat, uintBytes } from "./bytes";
import { MEDIA } from "./line";
import { HANDLE_MOST } from "./relay";

export const MEDIA_MOST = 1024;
export const HEADER_BYTES = 2;
export const LENGTH_BYTES = 2;

/** One or more SFrame ciphertexts on their way to the other seat of a room. */
export interface MediaMessage {
  readonly handle: number;
  readonly frames: readonly Bytes[];
}

/** Encode the whole WebSocket message; what the layout cannot hold throws `RangeError`. */
export function encodeMedia({ handle, frames }: MediaMessage): Bytes {
  const isHandle = Number.isInteger(handle) && handle >= 0 && handle <= HANDLE_MOST;
  if (!isHandle || frames.length === 0 || frames.some((frame) => frame.length === 0)) {
    throw new RangeError("a media message needs a handle of 0 to 7 and frames that hold bytes");
  }
  const parts = frames.flatMap((frame) => [uintBytes(frame.length, LENGTH_BYTES), frame]);
  const data = concat(Uint8Array.of(MEDIA, handle), ...parts);
  if (data.length > MEDIA_MOST) {
    throw new RangeError(`a media message of ${data.length} bytes, at most ${MEDIA_MOST} may go`);
  }
  return data;
}

/** Decode a whole WebSocket message. Whatever the bytes, throw `WireError` or nothing. */
export function parseMediaUntrusted(data: Bytes): MediaMessage {
  if (data.length <= HEADER_BYTES || data.length > MEDIA_MOST) {
    throw new WireError(`a media message of ${data.length} bytes`);
  }
  const [kind, handle = Infinity] = data;
  if (kind !== MEDIA || handle > HANDLE_MOST) {
    throw new WireError("this is no media message, or its handle is above 7");
  }
  const frames: Bytes[] = [];
  let at = HEADER_BYTES;
  while (at < data.length) {
    const start = at + LENGTH_BYTES;
    at = start + bytesUint(data.subarray(at, start));
    if (at <= start || at > data.length) {
      throw new WireError("a frame of a media message is empty or cut off");
    }
    frames.push(data.slice(start, at));
  }
  return { handle, frames };
}
