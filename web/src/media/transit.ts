/**
 * Learn from arrival times how long to wait for a frame, and when to start over.
 *
 * A transit is arrival time minus media time, in seconds. Its zero is unknown, because the two
 * clocks are not the same; only differences are used (spec/media.md §4).
 */

export const INITIAL_TARGET = 0.06;
export const MIN_TARGET = 0.04;
export const MAX_TARGET = 0.4;

const WINDOW_FRAMES = 500;
const LEARNED_FRAMES = 100;
const QUANTILE = 0.97;
const RECOUNT_EVERY = 10;
const STREAK_HALF = 1;
const STEADY = 0.1;

/**
 * The last ten seconds of transits, the earliest of them and the delay they ask for.
 *
 * A window, not all of the past: clocks drift apart, and a path may become longer for good.
 */
export class TransitWindow {
  readonly #transits: number[] = [];
  #seen = 0;
  #earliest = 0;
  #target = INITIAL_TARGET;

  /** `frame` is the duration of one frame in seconds. */
  constructor(private readonly frame: number) {}

  get isEmpty(): boolean {
    return this.#seen === 0;
  }

  get earliest(): number {
    return this.#earliest;
  }

  get target(): number {
    return this.#target;
  }

  /** Take one arrival in. */
  add(transit: number): void {
    this.#transits.push(transit);
    if (this.#transits.length > WINDOW_FRAMES) this.#transits.shift();
    this.#seen += 1;
    if (transit < this.#earliest || this.#seen === 1 || this.#seen % RECOUNT_EVERY === 0) {
      this.#recount();
    }
  }

  #recount(): void {
    const ordered = [...this.#transits].sort((a, b) => a - b);
    const earliest = ordered[0] ?? 0;
    const late = ordered[Math.floor(QUANTILE * (ordered.length - 1))] ?? earliest;
    // Few frames say little: no shorter than the initial delay until there are enough.
    const floor = this.#seen < LEARNED_FRAMES ? INITIAL_TARGET : MIN_TARGET;
    this.#earliest = earliest;
    this.#target = Math.min(MAX_TARGET, Math.max(floor, late - earliest + this.frame));
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
