/**
 * Say how long an attempt to connect may take (the model is client/dialler.py).
 *
 * An attempt that nothing answers is given up for a fresh one: TCP repeats its first packet after
 * 1 s, then 2, then 4, and by then the network may be back for long (spec/media.md §7). A page is not
 * told whether TCP or TLS hangs, so there is one patience for both.
 */

/** Seconds: until the socket is open, and then for the line's own handshake. */
export interface Patience {
  readonly connect: number;
  readonly handshake: number;
}

const CALM: Patience = { connect: 10, handshake: 10 };
const QUICK: Patience = { connect: 1.5, handshake: 3 };
const LESS_QUICK: Patience = { connect: 5, handshake: 10 };
/** Slow paths are never reached by quick attempts alone, and many in a moment look like a race. */
const PATIENT_EVERY = 4;

/** Give the patience of an attempt, counted from 0. */
export function patienceOf(attempt: number, urgent: boolean): Patience {
  if (!urgent) return CALM;
  return attempt % PATIENT_EVERY === PATIENT_EVERY - 1 ? LESS_QUICK : QUICK;
}

const BACKOFF = [0.1, 0.3, 0.7, 1.5, 3, 6, 12, 20] as const;
/**
 * Chromium holds a WebSocket back after ones that failed by themselves: not at all up to a dozen,
 * 0.1 s from about the 20th, 1 to 3 s from the 28th on (measured with one line open; without any it
 * is half as many). Those that are given up here do not count. So a home that refuses is not asked
 * ten times a second.
 */
const URGENT_PAUSES = [0.1, 0.2, 0.5] as const;

/** Give the seconds between an attempt, counted from 0, and the next one. */
export function pauseAfter(attempt: number, urgent: boolean): number {
  const pauses = urgent ? URGENT_PAUSES : BACKOFF;
  return pauses[Math.min(attempt, pauses.length - 1)] ?? 1;
}
