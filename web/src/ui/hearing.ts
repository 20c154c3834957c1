/** Gather what is heard in one call: ring, quality, who receives whom, who talks into nothing. */

import { LADDER, stepOf } from "../media/modes";
import type { CallQuality, DataUse, Notice } from "../worker/messages";
import { NOTHING_TOLD, observeQuality, type QualityState, type Telling, tellWorse, UNKNOWN_QUALITY } from "./quality";
import { addLevel, addReport, levelOf, type Ring, STILL_RING } from "./ring";

const LEVEL_MS = 100;
/** So much of the other voice must have been played before "They match" can be chosen. */
export const VERIFY_AFTER_MS = 3000;
const RECEIVED_SHARE = 0.5;
/** Levels of the last second, and how many of them are speech. */
const LEVELS_KEPT = 10;
const SPEECH_LEVELS = 4;
/** On the scale of the ring: -30 dB. */
const SPEECH = 0.5;
const WORTH_A_WORD_MS = 10_000;

export interface Hearing {
  readonly ring: Ring;
  readonly quality: QualityState;
  readonly heardMs: number;
  readonly telling: Telling;
  /** Which of the newest levels of a muted microphone were loud. */
  readonly loud: readonly boolean[];
  /** When somebody last talked into the muted microphone; milliseconds. */
  readonly talkedMutedAt: number;
  /** The place of our mode on the ladder, and the best one of this call; null before the first. */
  readonly step: number | null;
  readonly bestStep: number;
  readonly loweredAt: number;
}

export const UNHEARD: Hearing = {
  ring: STILL_RING,
  quality: UNKNOWN_QUALITY,
  heardMs: 0,
  telling: NOTHING_TOLD,
  loud: [],
  talkedMutedAt: -Infinity,
  step: null,
  bestStep: LADDER.length,
  loweredAt: -Infinity,
};

type Heard = Extract<Notice, { kind: "levels" | "quality" }>;

/** How the call stands when something is heard of it. */
export interface Standing {
  readonly isMuted: boolean;
  /** Nothing comes from the other side. */
  readonly isSilent: boolean;
}

/** Take one notice about the sound in; `now` in milliseconds. */
export function hear(hearing: Hearing, notice: Heard, standing: Standing, now: number): Hearing {
  switch (notice.kind) {
    case "levels":
      return {
        ...hearing,
        ...muted(hearing, notice.yours, standing.isMuted, now),
        ring: addLevel(hearing.ring, notice, standing.isMuted),
        heardMs: hearing.heardMs + (notice.lost ? 0 : LEVEL_MS),
      };
    case "quality": {
      const quality = observeQuality(hearing.quality, notice.quality, now);
      return {
        ...hearing,
        ...stepped(hearing, notice.quality, standing.isSilent, now),
        ring: addReport(hearing.ring, notice.quality),
        quality,
        telling: tellWorse(hearing.telling, quality.word, now),
      };
    }
  }
}

/** Tell whether the other side's last report says that it receives us. */
export function isReceived(latest: CallQuality | null): boolean {
  return latest !== null && latest.remoteOnTime !== null && latest.remoteOnTime >= RECEIVED_SHARE;
}

/** Tell whether somebody talks into the muted microphone now. */
export function talksMuted({ talkedMutedAt }: Hearing, now: number): boolean {
  return now - talkedMutedAt < WORTH_A_WORD_MS;
}

/** Tell whether our sound was lowered a moment ago. */
export function wasLowered({ loweredAt }: Hearing, now: number): boolean {
  return now - loweredAt < WORTH_A_WORD_MS;
}

/** Say how our sound is sent, in the words of the settings; null before the first report. */
export function sentAs({ step }: Pick<Hearing, "step">): DataUse | null {
  if (step === null) return null;
  const mode = LADDER[step];
  if (mode === undefined || mode.frameMs <= 40) return "clear";
  return mode.frameMs <= 60 ? "saver" : "lowest";
}

function muted(
  { loud, talkedMutedAt }: Hearing,
  yours: number,
  isMuted: boolean,
  now: number,
): Pick<Hearing, "loud" | "talkedMutedAt"> {
  if (!isMuted) return { loud: [], talkedMutedAt: -Infinity };
  const kept = [levelOf(yours) >= SPEECH, ...loud].slice(0, LEVELS_KEPT);
  const talks = kept.filter((each) => each).length >= SPEECH_LEVELS;
  return { loud: kept, talkedMutedAt: talks ? now : talkedMutedAt };
}

function stepped(
  { step, bestStep, loweredAt }: Hearing,
  { mode }: CallQuality,
  isSilent: boolean,
  now: number,
): Pick<Hearing, "step" | "bestStep" | "loweredAt"> {
  // In silence the smallest mode is spoken for a while, and nobody hears it.
  if (isSilent) return { step, bestStep, loweredAt };
  const next = stepOf(mode);
  const isLower = step !== null && next > step;
  return {
    step: next,
    bestStep: Math.min(bestStep, next),
    loweredAt: isLower ? now : next <= bestStep ? -Infinity : loweredAt,
  };
}
