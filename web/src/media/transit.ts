/**
 * Learn from arrival times how long to wait for a frame, and when to start over.
 *
 * A transit is arrival time minus the media time at which the frame **ended**, in seconds: a frame
 * leaves when its last sample was captured, so that frames of every length compare. Its zero is
 * unknown, because the two clocks are not the same; only differences are used (spec/media.md §4).
 */

/** Seconds to wait on the best of paths: two unhurried clocks of 20 ms meet in it. */
export const MIN_JITTER = 0.015;
/** Seconds to wait for late frames at most: beyond it people interrupt each other. */
export const MAX_JITTER = 0.2;
/** Seconds behind the fastest path that are no jitter: what stood still is not a distance. */
export const STALL = 0.3;

const SETTLES = 1;
const WINDOW_SLOTS = 500;
const RECOUNT_EVERY = 10;
const STREAK_HALF = 1;
const STEADY = 0.1;

/**
 * The transits of the last ten seconds, the earliest of them and how far they spread.
 *
 * A window, not all of the past: clocks drift apart, and a path may become longer for good. The latest
 * of it counts, not a share: a delay that comes and goes is heard more than one that stays.
 */
export class TransitWindow {
  readonly #transits: number[] = [];
  #seen = 0;
  #backlogUntil: number | null = null;
  #earliest = 0;
  #jitter = MIN_JITTER;

  get isEmpty(): boolean {
    return this.#seen === 0;
  }

  get earliest(): number {
    return this.#earliest;
  }

  /** Seconds by which the latest frame came after the earliest, within the bounds. */
  get jitter(): number {
    return this.#jitter;
  }

  /** Take one arrival in, once for each slot that it fills. */
  add(transit: number, slots: number, now: number): void {
    if (this.#isBacklog(transit, now)) return;
    for (let slot = 0; slot < slots; slot += 1) this.#transits.push(transit);
    while (this.#transits.length > WINDOW_SLOTS) this.#transits.shift();
    const before = this.#seen;
    this.#seen += slots;
    const behind = transit - this.#earliest;
    const isNew = before === 0 || behind < 0 || behind > this.#jitter;
    if (isNew || Math.floor(before / RECOUNT_EVERY) !== Math.floor(this.#seen / RECOUNT_EVERY)) {
      this.#recount();
    }
  }

  /** Tell what was held up by a stall: it says how long that was, not how the path is. */
  #isBacklog(transit: number, now: number): boolean {
    const behind = transit - this.#earliest;
    if (this.#seen === 0 || behind <= this.#jitter) this.#backlogUntil = null;
    else if (behind > STALL) this.#backlogUntil = now + SETTLES;
    return this.#backlogUntil !== null && now <= this.#backlogUntil;
  }

  #recount(): void {
    this.#earliest = Math.min(...this.#transits);
    const spread = Math.max(...this.#transits) - this.#earliest;
    this.#jitter = Math.min(MAX_JITTER, Math.max(MIN_JITTER, spread));
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
