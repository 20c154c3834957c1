/**
 * Put the quality of a call into one word.
 *
 * Thresholds are proposals to tune with users; a worse word comes after 2 s, a better one after
 * 5 s, so that it does not flicker. Silence is told at once.
 */

import type { CallQuality } from "../worker/messages";

export type QualityWord = "good" | "fair" | "weak" | "none";

const GOOD_SHARE = 0.98;
const FAIR_SHARE = 0.93;
const WINDOW_MS = 5000;
const WORSE_AFTER_MS = 2000;
const BETTER_AFTER_MS = 5000;
/** Together with the wait for the worse word: 5 s of it. */
const WORSE_TOLD_MS = 3000;
/** Round trip and buffer above this make talking hard, however clear the sound. */
const FAIR_DELAY_MS = 600;
const RANKS: Readonly<Record<QualityWord, number>> = { good: 3, fair: 2, weak: 1, none: 0 };

interface Sample {
  readonly at: number;
  readonly expected: number;
  readonly onTime: number;
}

export interface QualityState {
  readonly word: QualityWord;
  readonly samples: readonly Sample[];
  /** The word that waits to be shown, and since when; null when it is the shown one. */
  readonly waiting: { readonly word: QualityWord; readonly since: number } | null;
  /** Share of the frames of the last 5 s that came in time; null before the first second. */
  readonly onTime: number | null;
  readonly latest: CallQuality | null;
}

export const UNKNOWN_QUALITY: QualityState = {
  word: "good",
  samples: [],
  waiting: null,
  onTime: null,
  latest: null,
};

/** Which word was told last, and since when a worse one stands. */
export interface Telling {
  readonly told: QualityWord;
  readonly worseSince: number | null;
  /** To be said now. */
  readonly say: QualityWord | null;
}

export const NOTHING_TOLD: Telling = { told: "good", worseSince: null, say: null };

/** Tell a worse word once it has lasted; a better one needs no interruption. */
export function tellWorse(telling: Telling, word: QualityWord, now: number): Telling {
  if (RANKS[word] >= RANKS[telling.told]) return { told: word, worseSince: null, say: null };
  const since = telling.worseSince ?? now;
  return now - since >= WORSE_TOLD_MS
    ? { told: word, worseSince: null, say: word }
    : { ...telling, worseSince: since, say: null };
}

/** Take one measurement in; `now` in milliseconds of any clock that does not jump. */
export function observeQuality(
  state: QualityState,
  quality: CallQuality,
  now: number,
): QualityState {
  const sample = { at: now, expected: quality.framesExpected, onTime: quality.framesOnTime };
  const samples = [...state.samples, sample].filter(({ at }) => at >= now - WINDOW_MS);
  const first = samples.length > 1 ? samples[0] : undefined;
  const expected = sample.expected - (first?.expected ?? 0);
  const onTime = expected > 0 ? (sample.onTime - (first?.onTime ?? 0)) / expected : 0;
  const measured = { ...state, samples, onTime, latest: quality };
  return settle(measured, wordFor(onTime, (quality.rttMs ?? 0) + quality.bufferMs), now);
}

/** Name a share of frames in time (0 to 1) at a delay of round trip and buffer (ms). */
export function wordFor(onTime: number, delayMs: number): QualityWord {
  if (onTime < FAIR_SHARE) return "weak";
  return onTime < GOOD_SHARE || delayMs > FAIR_DELAY_MS ? "fair" : "good";
}

function settle(state: QualityState, word: QualityWord, now: number): QualityState {
  if (word === state.word) return { ...state, waiting: null };
  const isWorse = RANKS[word] < RANKS[state.word];
  const wasWorse = state.waiting !== null && RANKS[state.waiting.word] < RANKS[state.word];
  const since = state.waiting !== null && isWorse === wasWorse ? state.waiting.since : now;
  const patience = isWorse ? WORSE_AFTER_MS : BETTER_AFTER_MS;
  return now - since >= patience
    ? { ...state, word, waiting: null }
    : { ...state, waiting: { word, since } };
}
