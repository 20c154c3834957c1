/** Rings and measurements of calls that never were. */

import type { CallQuality } from "../../worker/messages";
import { type QualityState, type QualityWord, UNKNOWN_QUALITY } from "../quality";
import { type Ring, STILL_RING, type Tick, TICKS } from "../ring";

const YOURS = [6, 9, 8, 7, 9, 5, 3, 2, 1, 0, 1, 0, 1, 2, 1, 2, 4, 6, 9, 8, 10, 7, 5, 4, 2, 1, 1, 0, 1, 0];
const THEIRS = [1, 1, 2, 1, 2, 1, 0, 0, 3, 5, 8, 10, 9, 6, 5, 3, 2, 1, 1, 2, 1, 1, 2, 3, 1, 4, 7, 9, 9, 8];

function ticks(levels: readonly number[], lost: (index: number) => boolean): readonly Tick[] {
  return levels.slice(0, TICKS).map((level, index) =>
    lost(index) ? { kind: "lost" } : { kind: "heard", level: level / 10 },
  );
}

/** Both talked; some of theirs was lost. */
export const FAIR_RING: Ring = {
  ...STILL_RING,
  yours: ticks(YOURS, () => false),
  theirs: ticks(THEIRS, (index) => index === 6 || index === 7 || index === 17),
};

export const GOOD_RING: Ring = { ...FAIR_RING, theirs: ticks(THEIRS, () => false) };

/** The last seconds are missing both ways. */
export const BROKEN_RING: Ring = {
  ...STILL_RING,
  yours: ticks(YOURS, (index) => index < 13),
  theirs: ticks(THEIRS, (index) => index < 13),
};

export const MUTED_RING: Ring = { ...GOOD_RING, yours: STILL_RING.yours };

export function qualityOf(word: QualityWord, onTime: number): QualityState {
  const latest: CallQuality = {
    framesExpected: 1000,
    framesOnTime: Math.round(onTime * 1000),
    framesLate: 0,
    framesLost: 1000 - Math.round(onTime * 1000),
    bufferMs: 60,
    rttMs: 184,
    mode: "standard",
    remoteOnTime: word === "weak" ? null : 0.99,
  };
  return { ...UNKNOWN_QUALITY, word, onTime, latest };
}
