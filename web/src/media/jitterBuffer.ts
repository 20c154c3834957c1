/**
 * Put frames back into time: wait as long as the path asks for, and no longer.
 *
 * Feed arrivals to `put` and call `take` once per frame of playout. Time is an argument, in seconds
 * of any one clock; frames go by slots, one slot per frame duration (spec/media.md §4).
 *
 * Every slot from the first played one on is counted once, as on time, late or lost, so that
 * `framesOnTime + framesLate + framesLost === framesExpected` always holds.
 */

import type { Bytes } from "../wire/bytes";
import { SAMPLE_RATE } from "./modes";
import { TooLateStreak, TransitWindow } from "./transit";

/** Seconds behind the fastest path after which a frame is never played. */
export const MAX_AGE = 0.5;
/** Seconds by which a timestamp may run ahead before the peer's clock is taken as new. */
export const MAX_JUMP = 2;
/** Frames that are kept at most; beyond it the oldest is dropped and counted late. */
export const MAX_STORED = 50;
/** Seconds of concealment in a row before silence: a longer guess is a buzz. */
export const MAX_CONCEALED = 0.2;

const REMEMBERED_SLOTS = 250;
const ADJUST_EVERY = 5;

export type Playout =
  /** Decode and play this packet. */
  | { readonly kind: "play"; readonly t: number; readonly opus: Bytes }
  /** Let the decoder invent one frame. */
  | { readonly kind: "conceal" }
  /** Play one frame of zeros. */
  | { readonly kind: "silence" };
type Play = Extract<Playout, { kind: "play" }>;

/** What became of every slot since the first played one, over the whole call. */
export interface ReceptionStats {
  readonly framesExpected: number;
  /** Frames that were there at their turn (a few of them are left out to catch up). */
  readonly framesOnTime: number;
  readonly framesLate: number;
  /** Slots without a frame so far; one that comes within five seconds is late instead. */
  readonly framesLost: number;
  /** How far playout runs behind the fastest path, now. */
  readonly bufferMs: number;
}

/**
 * Reorder, wait, conceal and skip, for one remote voice.
 *
 * Delay grows by holding the playout for one concealed frame, and shrinks by leaving one out.
 * Whatever a peer claims in its timestamps, memory is bounded and sound comes back.
 */
export class JitterBuffer {
  readonly #frame: number;
  #window: TransitWindow;
  readonly #streak = new TooLateStreak();
  readonly #stored = new Map<number, Play>();
  // Slots that were counted lost; a Set, because it keeps its order.
  readonly #missing = new Set<number>();
  #cursor: number | null = null;
  #firstT: number | null = null;
  #newestT = 0;
  #now = -Infinity;
  #concealed = 0;
  #adjusted = 0;
  #delay = 0;
  #expected = 0;
  #onTime = 0;
  #late = 0;

  /** `frameSamples` is the duration of every frame at 48 kHz. */
  constructor(private readonly frameSamples = 960) {
    this.#frame = frameSamples / SAMPLE_RATE;
    this.#window = new TransitWindow(this.#frame);
  }

  /** How many frames wait. */
  get size(): number {
    return this.#stored.size;
  }

  /** Take in one authenticated frame that starts at media time `t` and arrived at `now`. */
  put(t: number, opus: Bytes, now: number): void {
    const at = this.#clock(now);
    const slot = this.#slot(t);
    const transit = at - slot * this.#frame;
    if (!this.#window.isEmpty && transit < this.#window.earliest - MAX_JUMP) this.#resynchronise();
    if (this.#stored.has(slot)) return;
    if (this.#cursor !== null && slot < this.#cursor) {
      if (this.#countLate(slot)) this.#learn(transit);
      if (!this.#streak.add(transit, at)) return;
      this.#resynchronise();
    }
    this.#streak.clear();
    this.#learn(transit);
    this.#stored.set(slot, { kind: "play", t, opus });
    if (this.#stored.size > MAX_STORED) this.#dropOldest();
  }

  /**
   * Say what to play for the next frame; `now` is the moment at which that frame is due.
   *
   * Call it once per frame duration. After a stall of the caller's own go on from the present: the
   * turns that passed meanwhile are skipped and counted here.
   */
  take(now: number): Playout {
    const at = this.#clock(now);
    const cursor = this.#start(at);
    if (cursor === null) return { kind: "silence" };
    this.#delay = at - this.#window.earliest - cursor * this.#frame;
    if (this.#delay > MAX_AGE) this.#skipToSchedule(cursor);
    this.#adjusted += 1;
    if (this.#shouldHold()) {
      this.#adjusted = 0;
      return this.#fill();
    }
    if (this.#shouldLeaveOut()) {
      this.#adjusted = 0;
      this.#next();
      this.#delay -= this.#frame;
    }
    return this.#next() ?? this.#fill();
  }

  /** Give the counts so far. */
  stats(): ReceptionStats {
    return {
      framesExpected: this.#expected,
      framesOnTime: this.#onTime,
      framesLate: this.#late,
      framesLost: this.#expected - this.#onTime - this.#late,
      bufferMs: Math.max(0, Math.round(this.#delay * 1000)),
    };
  }

  #clock(now: number): number {
    this.#now = Math.max(this.#now, now);
    return this.#now;
  }

  /** Unwrap `t` beside the previous one and round it to a slot. */
  #slot(t: number): number {
    this.#firstT ??= this.#newestT = t;
    // `| 0` reads the difference modulo 2^32 as a signed number.
    this.#newestT += ((t - this.#newestT) % 2 ** 32) | 0;
    return Math.floor((this.#newestT - this.#firstT + Math.floor(this.frameSamples / 2)) / this.frameSamples);
  }

  #learn(transit: number): void {
    // A backlog says how long the stall was, not how long the path is.
    if (this.#window.isEmpty || transit - this.#window.earliest <= MAX_AGE) this.#window.add(transit);
  }

  /** Forget where the peer's time was; the counts go on. */
  #resynchronise(): void {
    this.#window = new TransitWindow(this.#frame);
    this.#streak.clear();
    this.#stored.clear();
    this.#missing.clear();
    this.#cursor = null;
  }

  /** Give the slot whose turn it is, or null as long as playout has not begun. */
  #start(now: number): number | null {
    if (this.#cursor !== null || this.#stored.size === 0) return this.#cursor;
    const first = Math.min(...this.#stored.keys());
    const delay = now - this.#window.earliest - first * this.#frame;
    if (delay < this.#window.target) return null;
    // What is behind the schedule from the beginning was never expected to be heard.
    const cursor = first + Math.trunc((delay - this.#window.target) / this.#frame);
    for (const slot of [...this.#stored.keys()]) if (slot < cursor) this.#stored.delete(slot);
    this.#cursor = cursor;
    return cursor;
  }

  #skipToSchedule(cursor: number): void {
    const behind = Math.ceil((this.#delay - this.#window.target) / this.#frame);
    this.#skipTo(cursor, cursor + behind);
    this.#delay -= behind * this.#frame;
  }

  /** Leave out the slots from `cursor` up to `target`: what is there came too late. */
  #skipTo(cursor: number, target: number): void {
    const passed = [...this.#stored.keys()].filter((slot) => slot < target);
    for (const slot of passed) this.#stored.delete(slot);
    this.#expected += target - cursor;
    this.#late += passed.length;
    for (let slot = Math.max(cursor, target - REMEMBERED_SLOTS); slot < target; slot += 1) {
      this.#rememberMissing(slot);
    }
    for (const slot of passed) this.#missing.delete(slot);
    this.#cursor = target;
  }

  #dropOldest(): void {
    const oldest = Math.min(...this.#stored.keys());
    if (this.#cursor === null) this.#stored.delete(oldest);
    else this.#skipTo(this.#cursor, oldest + 1);
  }

  /** Tell whether to grow: at once when nothing is there, else not in every frame. */
  #shouldHold(): boolean {
    if (this.#delay >= this.#window.target - this.#frame) return false;
    return this.#stored.size === 0 || this.#adjusted >= ADJUST_EVERY;
  }

  /** Tell whether to shrink: several frames too many, and one to go on with. */
  #shouldLeaveOut(): boolean {
    if (this.#delay <= this.#window.target + 2 * this.#frame) return false;
    return this.#adjusted >= ADJUST_EVERY && this.#stored.has((this.#cursor ?? 0) + 1);
  }

  /** Count the slot whose turn it is, and give its frame if it is there. */
  #next(): Play | null {
    const slot = this.#cursor ?? 0;
    this.#cursor = slot + 1;
    this.#expected += 1;
    const play = this.#stored.get(slot);
    if (play === undefined) {
      this.#rememberMissing(slot);
      return null;
    }
    this.#stored.delete(slot);
    this.#onTime += 1;
    this.#concealed = 0;
    return play;
  }

  #fill(): Playout {
    this.#concealed += 1;
    return { kind: this.#concealed * this.#frame <= MAX_CONCEALED ? "conceal" : "silence" };
  }

  /** Count a missing slot late; a duplicate, or what is long forgotten, is no news. */
  #countLate(slot: number): boolean {
    if (!this.#missing.delete(slot)) return false;
    this.#late += 1;
    return true;
  }

  #rememberMissing(slot: number): void {
    this.#missing.add(slot);
    if (this.#missing.size <= REMEMBERED_SLOTS) return;
    for (const oldest of this.#missing) {
      this.#missing.delete(oldest);
      return;
    }
  }
}
