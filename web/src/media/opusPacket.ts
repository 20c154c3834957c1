/** Read how long an Opus packet is, and bring one to a constant size (RFC 6716 §3). */

import type { Bytes } from "../wire/bytes";

/** Samples of 48 kHz per Opus frame by the upper five bits of the first byte (table 2). */
const SILK = [480, 960, 1920, 2880] as const;
const HYBRID = [480, 960] as const;
const CELT = [120, 240, 480, 960] as const;
const FRAME_SAMPLES: readonly number[] = [
  ...[SILK, SILK, SILK].flat(),
  ...[HYBRID, HYBRID].flat(),
  ...[CELT, CELT, CELT, CELT].flat(),
];

/** SILK wide band, 20 ms: what a decoder is told to conceal before it has heard anything. */
export const SILK_WIDE_20_MS = 9 << 3;

/** Length octets of a packet with padding: this one says "254 bytes, and another octet". */
const MORE_PADDING = 255;
const PADDED = 0x40;
const UNLIKE = 0x80;

/** Tell how many samples of 48 kHz a packet says to hold; null when that cannot be read. */
export function packetSamples(opus: Bytes): number | null {
  const [toc, count] = opus;
  if (toc === undefined) return null;
  const frame = FRAME_SAMPLES[toc >> 3] ?? 0;
  switch (toc & 3) {
    case 0:
      return frame;
    case 3:
      return count === undefined ? null : frame * (count & 0x3f);
    case 1:
    case 2:
      return 2 * frame;
  }
  return null;
}

/** Give a packet without a frame: to a decoder, 20 ms of the same kind that were lost. */
export function lost20Ms(opus: Bytes): Bytes {
  const kind = (opus[0] ?? SILK_WIDE_20_MS) >> 3;
  // Within a kind the durations rise: 20 ms are SILK's second, the last of the others.
  if (kind < 12) return Uint8Array.of(((kind & ~3) | 1) << 3);
  return Uint8Array.of((kind < 16 ? kind | 1 : kind | 3) << 3);
}

/**
 * Pad a packet to `size` bytes; throw `RangeError` where that cannot be.
 *
 * Encoders pad packets of one frame themselves, but not what they join of two (120 ms).
 */
export function padTo(opus: Bytes, size: number): Bytes {
  if (opus.length === size) return opus;
  const [toc] = opus;
  const code = (toc ?? 3) & 3;
  if (toc === undefined || code === 3 || opus.length > size) {
    throw new RangeError(`an Opus packet of ${opus.length} bytes cannot be padded to ${size}`);
  }
  // Code 3 holds the same frames, with a byte that counts them: its rest is that of codes 0 to 2.
  const frames = (code === 0 ? 1 : 2) | (code === 2 ? UNLIKE : 0);
  const rest = opus.subarray(1);
  const padding = size - opus.length - 1;
  if (padding === 0) return Uint8Array.of(toc | 3, frames, ...rest);
  const padded = new Uint8Array(size);
  const octets = Math.floor((padding - 1) / MORE_PADDING);
  padded.set([toc | 3, frames | PADDED]);
  padded.fill(MORE_PADDING, 2, 2 + octets);
  padded[2 + octets] = padding - octets * MORE_PADDING - 1;
  padded.set(rest, 3 + octets);
  return padded;
}
