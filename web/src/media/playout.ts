/** What a jitter buffer answers: what to play next, and what became of the frames so far. */

import type { Bytes } from "../wire/bytes";

/**
 * By what playout gains or loses a little time, the pitch kept.
 *
 * Speech that is stretched is heard to be; a pause is not. So there is a kind for pauses only.
 */
export type Stretch = "none" | "shorter" | "longer" | "shorter-in-pause" | "longer-in-pause";

/** Decode this packet, leave out its first `skipSlots` slots, and stretch what remains. */
export interface Play {
  readonly kind: "play";
  readonly t: number;
  readonly opus: Bytes;
  readonly skipSlots: number;
  readonly stretch: Stretch;
}

export type Playout =
  | Play
  /** Let the decoder invent one slot. */
  | { readonly kind: "conceal" }
  /** Play one slot of zeros. */
  | { readonly kind: "silence" };

/**
 * What became of every slot since the first played one, over the whole call.
 *
 * A frame of 60 ms counts as three, so that counts compare across modes.
 */
export interface ReceptionStats {
  /** Slots whose fate is known. */
  readonly framesExpected: number;
  /** Slots that were there at their turn. */
  readonly framesOnTime: number;
  /** Slots that came after their turn (played late, if at all), or too old to be played. */
  readonly framesLate: number;
  /** Slots that never came; one that still comes within five seconds is late instead. */
  readonly framesLost: number;
  /** How long sound waits here beyond the fastest path and its own packet, now. */
  readonly bufferMs: number;
}
