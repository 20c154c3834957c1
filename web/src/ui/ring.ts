/**
 * Reckon the ring of two voices: your half and theirs, 30 ticks of 0.4 s each, the newest at the top.
 *
 * Lengths are true levels. Drawn for left-to-right; the component mirrors it.
 */

import type { CallQuality } from "../worker/messages";

export const TICKS = 30;
export const SIZE = 300;
export const CENTRE = SIZE / 2;
export const LINE_RADIUS = 92;
const TICK_RADIUS = 104;
const LONGEST = 40;
const GAP_DEGREES = 6;
const LEVELS_PER_TICK = 4;
/** Of four tenths of a second so many with a gap make the tick hollow. */
const LOST_LEVELS = 2;
const QUIET_DB = -50;
const LOUD_DB = -10;
const OLDEST_OPACITY = 0.75;
/** Below this share the other side's report makes your ticks of that second hollow. */
const HEARD_SHARE = 0.93;
const TICKS_PER_REPORT = 2.5;

export type Tick =
  | { readonly kind: "dot" }
  | { readonly kind: "lost" }
  /** 0 to 1 on the scale of decibels. */
  | { readonly kind: "heard"; readonly level: number };

/** Newest first. */
export interface Ring {
  readonly yours: readonly Tick[];
  readonly theirs: readonly Tick[];
  readonly gathered: readonly Level[];
}

interface Level {
  readonly theirs: number;
  readonly yours: number;
  readonly lost: boolean;
}

const DOTS: readonly Tick[] = Array.from({ length: TICKS }, () => ({ kind: "dot" }));

export const STILL_RING: Ring = { yours: DOTS, theirs: DOTS, gathered: [] };

/** Their half as a still wave: somebody rings, nothing is heard yet. */
export const CALLING_RING: Ring = {
  ...STILL_RING,
  theirs: Array.from({ length: TICKS }, (_, index) => ({
    kind: "heard",
    level: waveAt(index),
  })),
};

function waveAt(index: number): number {
  const arc = Math.sin((Math.PI * (index + 0.5)) / TICKS);
  return 0.08 + 0.85 * arc * arc * (0.5 + 0.5 * Math.abs(Math.cos(index * 0.9)));
}

/** Take the levels of 100 ms in; each fourth makes a tick. */
export function addLevel(ring: Ring, level: Level, muted: boolean): Ring {
  const gathered = [...ring.gathered, level];
  if (gathered.length < LEVELS_PER_TICK) return { ...ring, gathered };
  const isLost = gathered.filter(({ lost }) => lost).length >= LOST_LEVELS;
  const theirs = loudest(gathered.map((each) => each.theirs));
  const yours = loudest(gathered.map((each) => each.yours));
  return {
    theirs: push(ring.theirs, isLost ? { kind: "lost" } : { kind: "heard", level: theirs }),
    yours: push(ring.yours, muted ? { kind: "dot" } : { kind: "heard", level: yours }),
    gathered: [],
  };
}

/** Make your newest second hollow when the other side reports that it did not arrive. */
export function addReport(ring: Ring, quality: CallQuality): Ring {
  if (quality.remoteOnTime === null || quality.remoteOnTime >= HEARD_SHARE) return ring;
  const hollow = Math.ceil(TICKS_PER_REPORT);
  return {
    ...ring,
    yours: ring.yours.map((tick, index) =>
      index < hollow && tick.kind === "heard" ? { kind: "lost" } : tick,
    ),
  };
}

function push(ticks: readonly Tick[], tick: Tick): readonly Tick[] {
  return [tick, ...ticks].slice(0, TICKS);
}

function loudest(levels: readonly number[]): number {
  return levelOf(Math.max(...levels));
}

/** Turn a root mean square (0 to 1) into a length (0 to 1) on the scale of decibels. */
export function levelOf(rms: number): number {
  const decibels = 20 * Math.log10(Math.max(rms, 1e-6));
  return Math.min(1, Math.max(0, (decibels - QUIET_DB) / (LOUD_DB - QUIET_DB)));
}

/** One tick as it is drawn; a lost one is a circle at `x1`, `y1`. */
export interface TickLine {
  readonly x1: number;
  readonly y1: number;
  readonly x2: number;
  readonly y2: number;
  readonly opacity: number;
}

/** Place tick `index` (0 = newest, at the top) of `count` on the start or the end half. */
export function placeTick(side: "start" | "end", index: number, count: number, tick: Tick): TickLine {
  const share = count > 1 ? index / (count - 1) : 0;
  const degrees = GAP_DEGREES + share * (180 - 2 * GAP_DEGREES);
  const angle = ((side === "end" ? degrees : -degrees) * Math.PI) / 180;
  const shortest = side === "end" ? 5 : 4;
  const length = shortest + (tick.kind === "heard" ? tick.level * (LONGEST - shortest) : 0);
  const [sine, cosine] = [Math.sin(angle), Math.cos(angle)];
  return {
    x1: round(CENTRE + TICK_RADIUS * sine),
    y1: round(CENTRE - TICK_RADIUS * cosine),
    x2: round(CENTRE + (TICK_RADIUS + length) * sine),
    y2: round(CENTRE - (TICK_RADIUS + length) * cosine),
    opacity: round(1 - share * (1 - OLDEST_OPACITY)),
  };
}

/** Give the path of one of four arcs, clockwise from the top, with a gap between them. */
export function arcPath(quarter: number): string {
  const [from, to] = [quarter * 90 + 4, (quarter + 1) * 90 - 4].map((degrees) => {
    const angle = (degrees * Math.PI) / 180;
    const x = round(CENTRE + LINE_RADIUS * Math.sin(angle));
    return `${x} ${round(CENTRE - LINE_RADIUS * Math.cos(angle))}`;
  });
  return `M${from ?? ""} A${LINE_RADIUS} ${LINE_RADIUS} 0 0 1 ${to ?? ""}`;
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
