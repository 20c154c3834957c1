/** Gather what is heard in one call: ring, quality, and whether the other side receives us. */

import type { CallQuality, Notice } from "../worker/messages";
import { observeQuality, type QualityState, UNKNOWN_QUALITY } from "./quality";
import { addLevel, addReport, type Ring, STILL_RING } from "./ring";

const LEVEL_MS = 100;
/** So much of the other voice must have been played before "They match" can be chosen. */
export const VERIFY_AFTER_MS = 3000;
const RECEIVED_SHARE = 0.5;

export interface Hearing {
  readonly ring: Ring;
  readonly quality: QualityState;
  readonly heardMs: number;
}

export const UNHEARD: Hearing = { ring: STILL_RING, quality: UNKNOWN_QUALITY, heardMs: 0 };

type Heard = Extract<Notice, { kind: "levels" | "quality" }>;

/** Take one notice about the sound in; `now` in milliseconds. */
export function hear(hearing: Hearing, notice: Heard, muted: boolean, now: number): Hearing {
  switch (notice.kind) {
    case "levels":
      return {
        ...hearing,
        ring: addLevel(hearing.ring, notice, muted),
        heardMs: hearing.heardMs + (notice.lost ? 0 : LEVEL_MS),
      };
    case "quality":
      return {
        ...hearing,
        ring: addReport(hearing.ring, notice.quality),
        quality: observeQuality(hearing.quality, notice.quality, now),
      };
  }
}

/** Tell whether the other side's last report says that it receives us. */
export function isReceived(latest: CallQuality | null): boolean {
  return latest !== null && latest.remoteOnTime !== null && latest.remoteOnTime >= RECEIVED_SHARE;
}
