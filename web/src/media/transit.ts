/**
 * Learn from arrival times how long to wait for a frame, and when to start over.
 *
 * A transit is arrival time minus the media time at which the frame **ended**, in seconds: a frame
 * leaves when its last sample was captured, so that frames of every length compare. Its zero is
 * unknown, because the two clocks are not the same; only differences are used (spec/media.md §4).
 */

/** Seconds to wait on the best of paths: two unhurried clocks of 20 ms meet in it. */
export const MIN_JITTER = 0.015;
/** Seconds to wait for late frames: beyond it people interrupt each other. */
export const MAX_JITTER = 0.2;
/** The same where frames come late again and again: it is worse not to hear each other. */
export const MAX_ROUGH_JITTER = 0.32;
/** Seconds behind the fastest path that are no jitter: what stood still is not a distance. */
export const STALL = 0.3;
/** The same where frames come late again and again. */
export const ROUGH_STALL = 0.42;

const SETTLES = 1;
const PART_SLOTS = 50;
const PARTS = 30;
const CALM_PARTS = 10;
/**
 * Parts after which the first ones are forgotten: the set-up of the call held them up. A rough path
 * remembers them, since it begins so.
 */
const FIRST_PARTS = 2;
const FIRST_COUNT_FOR = 3;

/** Seconds of spread that make a path unsteady or rough, if it happened so often. */
const UNSTEADY = 0.06;
const ROUGH = 0.12;
const TIMES = 2;

const STREAK_HALF = 1;
const STEADY = 0.1;

/** The extremes of one second of sound. */
class Part {
  slots = 0;
  earliest = Infinity;
  latest = -Infinity;
  /** With what a stall held up. */
  latestOfAll = -Infinity;
  /** Most seconds behind what was the fastest then. */
  behind = 0;
  /** The same, with what is no stall on a rough path. */
  behindRoughly = 0;

  constructor(readonly number: number) {}
}

/**
 * The earliest of late transits, and how far the others lie behind.
 *
 * A window, not all of the past: clocks drift apart, and a path may become longer for good. It is of
 * ten seconds; of thirty where the path is unsteady. The latest of it counts, not a share: a delay
 * that comes and goes is heard more than one that stays.
 */
export class TransitWindow {
  readonly #stall = new Stall(STALL);
  readonly #roughStall = new Stall(ROUGH_STALL);
  #parts: Part[] = [];
  #earliest = 0;
  #jitter = MIN_JITTER;

  get isEmpty(): boolean {
    return this.#parts.length === 0;
  }

  get earliest(): number {
    return this.#earliest;
  }

  /** Seconds to wait for the latest frame after the earliest, within the bounds. */
  get jitter(): number {
    return this.#jitter;
  }

  /** Take in one arrival that fills so many slots. */
  add(transit: number, slots: number, now: number): void {
    const behind = this.isEmpty ? 0 : transit - this.#earliest;
    const isNear = behind <= this.#jitter;
    const isStall = this.#stall.holds(behind, now, isNear);
    if (this.#roughStall.holds(behind, now, isNear)) return;
    const part = this.#part();
    part.slots += slots;
    part.earliest = Math.min(part.earliest, transit);
    part.latestOfAll = Math.max(part.latestOfAll, transit);
    part.behindRoughly = Math.max(part.behindRoughly, behind);
    if (!isStall) {
      part.latest = Math.max(part.latest, transit);
      part.behind = Math.max(part.behind, behind);
    }
    if (part.slots === slots || !isNear || behind < 0) this.#recount();
  }

  #part(): Part {
    const last = this.#parts.at(-1);
    if (last !== undefined && last.slots < PART_SLOTS) return last;
    const part = new Part(last === undefined ? 0 : last.number + 1);
    this.#parts.push(part);
    if (this.#parts.length > PARTS) this.#parts.shift();
    return part;
  }

  #recount(): void {
    const newest = this.#parts.at(-1)?.number ?? 0;
    const first = newest < FIRST_COUNT_FOR ? 0 : FIRST_PARTS;
    const parts = this.#parts.filter((part) => part.number >= first);
    const calm = parts.slice(-CALM_PARTS);
    this.#earliest = Math.min(...calm.map((part) => part.earliest));
    let late = Math.min(MAX_JITTER, Math.max(...calm.map((part) => part.latest)) - this.#earliest);
    if (isRepeated(this.#parts, ROUGH)) {
      const behind = Math.max(...this.#parts.map((part) => part.behindRoughly));
      late = Math.max(late, Math.min(MAX_ROUGH_JITTER, behind));
    } else if (isRepeated(parts, UNSTEADY)) {
      const behind = Math.max(...parts.map((part) => part.behind));
      late = Math.max(late, Math.min(MAX_JITTER, behind));
    }
    this.#jitter = Math.max(MIN_JITTER, late);
  }
}

/** Tell whether so much happened often; what lies in two neighbours happened once. */
function isRepeated(parts: readonly Part[], spread: number): boolean {
  let last = -PARTS;
  let times = 0;
  for (const part of parts) {
    if (part.latestOfAll - part.earliest <= spread || part.number <= last + 1) continue;
    last = part.number;
    times += 1;
  }
  return times >= TIMES;
}

/** Tell what was held up by a stall: it says how long that was, not how the path is. */
class Stall {
  #until: number | null = null;

  constructor(private readonly seconds: number) {}

  /** Take in how far behind the fastest path a frame came; tell whether a stall held it. */
  holds(behind: number, now: number, isOver: boolean): boolean {
    if (isOver) this.#until = null;
    else if (behind > this.seconds) this.#until = now + SETTLES;
    return this.#until !== null && now <= this.#until;
  }
}

/**
 * Tell a path that became longer for good from a backlog that is being worked off.
 *
 * Both look like frames that all come after their turn. On a longer path the smallest transit stays;
 * in a backlog it shrinks, because the frames come faster than they were spoken.
 */
export class TooLateStreak {
  #start: number | null = null;
  #first = 0;
  #second: number | null = null;

  /** End the streak: a frame came in time. */
  clear(): void {
    this.#start = null;
  }

  /** Take in one frame that came too late; tell whether the path is longer for good. */
  add(transit: number, now: number): boolean {
    if (this.#start === null) {
      this.#start = now;
      this.#first = transit;
      this.#second = null;
    } else if (now - this.#start < STREAK_HALF) {
      this.#first = Math.min(this.#first, transit);
    } else if (now - this.#start < 2 * STREAK_HALF) {
      this.#second = this.#second === null ? transit : Math.min(this.#second, transit);
    } else {
      this.#start = null;
      return this.#second !== null && Math.abs(this.#first - this.#second) < STEADY;
    }
    return false;
  }
}
