/**
 * Put frames back into time: wait as long as the path asks for, and no longer.
 *
 * Feed arrivals to `put`; call `take` whenever the player has less than one slot of sound left. Time
 * is an argument, in seconds of any one clock (spec/media.md §4).
 *
 * Delay is the time from the capture of a sample to its playout, beyond the fastest path seen. A frame
 * that lasts n slots is n slots old when it leaves, so the wanted delay is that and the jitter.
 *
 * Every slot from the first played one on is counted once, as on time, late or lost, so that
 * `framesOnTime + framesLate + framesLost === framesExpected` always holds.
 */

import type { Bytes } from "../wire/bytes";
import { MAX_SLOTS, SLOT_SAMPLES, SLOT_SECONDS } from "./modes";
import type { Playout, ReceptionStats, Stretch } from "./playout";
import { TooLateStreak, TransitWindow } from "./transit";

/** Seconds behind the wanted delay that are caught up by stretching; more is left out at once. */
export const MAX_BEHIND = 0.16;
/** Seconds of delay at most: nothing older is played, however long frames last. */
export const OLDEST = 0.5;
/** Seconds by which a timestamp may run ahead before the peer's clock is taken as new. */
export const MAX_JUMP = 2;
/** Frames that are kept at most; beyond it the oldest is dropped and counted late. */
export const MAX_STORED = 50;
/** Seconds of concealment in a row before silence: a longer guess is a buzz. */
export const MAX_CONCEALED = 0.2;

const REMEMBERED_SLOTS = 250;
/** Seconds off the wanted delay beyond which speech is stretched too, not pauses alone. */
const FAR_OFF = 0.04;
/** Slots between two stretches of speech. */
const UNHURRIED_SLOTS = 10;
const RECENT_SLOTS = 10;

interface Stored {
  readonly t: number;
  readonly opus: Bytes;
  readonly start: number;
  /** The slot after the last one that this packet fills. */
  readonly end: number;
  readonly arrived: number;
}

/** What the next turn goes by, of a slot since the last adjustment; in seconds. */
interface Turn {
  readonly age: number;
  readonly delay: number;
  /** From the arrival of its packet. */
  readonly waited: number;
}

/**
 * Reorder, wait, conceal, stretch and skip, for one remote voice.
 *
 * Where nothing is there to be played, playout waits: the turn is concealed, and what comes a moment
 * later is still heard. Stretching takes the time back. Whatever a peer claims in its timestamps,
 * memory is bounded and sound comes back.
 */
export class JitterBuffer {
  #window = new TransitWindow();
  readonly #streak = new TooLateStreak();
  readonly #stored = new Map<number, Stored>();
  // Slots whose turn was concealed; a Set, because it keeps its order.
  readonly #missing = new Set<number>();
  // The slot to be played next.
  #cursor: number | null = null;
  // The slot after the last one that had its turn: beyond the cursor while playout waits.
  #counted = 0;
  // The slots of the newest packet.
  #span = 1;
  #firstT: number | null = null;
  #newestT = 0;
  #now = -Infinity;
  #concealed = 0;
  #recent: Turn[] = [];
  #steadySlots = 0;
  #delay = 0;
  #expected = 0;
  #onTime = 0;
  #late = 0;

  /** How many frames wait. */
  get size(): number {
    return this.#stored.size;
  }

  /** Take in one authenticated frame that starts at media time `t` and arrived at `now`. */
  put(t: number, opus: Bytes, slots: number, now: number): void {
    const at = this.#clock(now);
    const length = Math.min(Math.max(slots, 1), MAX_SLOTS);
    const start = this.#slot(t);
    const end = start + length;
    const transit = at - end * SLOT_SECONDS;
    if (!this.#window.isEmpty && transit < this.#window.earliest - MAX_JUMP) this.#resynchronise();
    if (this.#stored.has(start)) return;
    const wasMissing = this.#countArrived(start, end, transit);
    if (this.#cursor !== null && end <= this.#cursor) {
      if (wasMissing) this.#window.add(transit, length, at);
      if (!this.#streak.add(transit, at)) return;
      this.#resynchronise();
    }
    this.#streak.clear();
    this.#window.add(transit, length, at);
    this.#span = length;
    this.#stored.set(start, { t, opus, start, end, arrived: at });
    if (this.#stored.size > MAX_STORED) this.#dropOldest();
  }

  /**
   * Say what to play next; `pending` is the seconds of sound that still wait in the player.
   *
   * Call it at the moment `now` at which the player has less than one slot left. After a stall of the
   * caller's own go on from the present: the turns that passed meanwhile are skipped and counted here.
   */
  take(now: number, pending: number): Playout {
    const at = this.#clock(now);
    const begun = this.#begin(at);
    if (begun === null) return { kind: "silence" };
    const passed = this.#tooLateSlots(begun, this.#age(begun, at) + pending - this.#target);
    if (passed > 0) {
      this.#skipTo(begun, begun + passed);
      this.#noteAdjusted();
    }
    const cursor = this.#passMissing();
    const age = this.#age(cursor, at);
    this.#delay = age + pending;
    const stored = this.#find(cursor);
    if (stored === null) return this.#wait();
    this.#advance(cursor, stored.end);
    const turn = { age, delay: this.#delay, waited: at - stored.arrived };
    for (let slot = cursor; slot < stored.end; slot += 1) this.#recent.push(turn);
    while (this.#recent.length > RECENT_SLOTS) this.#recent.shift();
    const { t, opus } = stored;
    return { kind: "play", t, opus, skipSlots: cursor - stored.start, stretch: this.#chooseStretch() };
  }

  /** Give the counts so far; a slot that playout waits for has no fate yet. */
  stats(): ReceptionStats {
    const cursor = this.#cursor ?? Infinity;
    const waiting = [...this.#missing].filter((slot) => slot >= cursor).length;
    const expected = this.#expected - waiting;
    const waited = this.#delay - this.#span * SLOT_SECONDS;
    return {
      framesExpected: expected,
      framesOnTime: this.#onTime,
      framesLate: this.#late,
      framesLost: expected - this.#onTime - this.#late,
      bufferMs: Math.max(0, Math.floor(waited * 1000 + 0.5)),
    };
  }

  /** The wanted delay: what a packet lasts, and what the latest came later. */
  get #target(): number {
    return this.#span * SLOT_SECONDS + this.#window.jitter;
  }

  /** Give the seconds since a slot would have left on the fastest path. */
  #age(slot: number, now: number): number {
    return now - this.#window.earliest - slot * SLOT_SECONDS;
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
    return Math.floor((this.#newestT - this.#firstT + SLOT_SAMPLES / 2) / SLOT_SAMPLES);
  }

  /** Forget where the peer's time was; the counts go on. */
  #resynchronise(): void {
    this.#window = new TransitWindow();
    this.#streak.clear();
    this.#stored.clear();
    this.#missing.clear();
    this.#cursor = null;
    this.#noteAdjusted();
  }

  /** Give the slot whose turn it is, or null as long as playout has not begun. */
  #begin(now: number): number | null {
    if (this.#cursor !== null || this.#stored.size === 0) return this.#cursor;
    const first = Math.min(...this.#stored.keys());
    const beyond = this.#age(first, now) - this.#target;
    if (beyond < 0) return null;
    // What is behind the schedule from the beginning was never expected to be heard.
    this.#cursor = this.#counted = first + Math.floor(beyond / SLOT_SECONDS);
    this.#forgetBefore(this.#cursor);
    return this.#cursor;
  }

  /**
   * Count the slots to be left out when playout is `behind` the wanted delay.
   *
   * Where the voice has been gone for so long that silence was played, nothing is gained by saying the
   * last of what was missed: it begins again in the present.
   */
  #tooLateSlots(cursor: number, behind: number): number {
    const passed = Math.ceil((behind - Math.min(MAX_BEHIND, OLDEST - this.#target)) / SLOT_SECONDS);
    if (this.#stored.size === 0 || this.#concealed * SLOT_SECONDS <= MAX_CONCEALED) return passed;
    const newest = Math.max(...this.#stored.keys()) - cursor;
    return Math.max(passed, Math.min(Math.floor(behind / SLOT_SECONDS), newest));
  }

  /** Give the packet that fills the slot, its first slots perhaps passed. */
  #find(cursor: number): Stored | null {
    for (let start = cursor; start > cursor - MAX_SLOTS; start -= 1) {
      const stored = this.#stored.get(start);
      if (stored !== undefined && stored.end > cursor) return stored;
    }
    return null;
  }

  /** Go on to the next packet over slots that were concealed already; give the cursor. */
  #passMissing(): number {
    const cursor = this.#cursor ?? 0;
    if (this.#counted <= cursor || this.#stored.size === 0 || this.#find(cursor) !== null) return cursor;
    const next = Math.min(this.#counted, ...this.#stored.keys());
    this.#cursor = next;
    return next;
  }

  /** Count the slots from `cursor` up to `end` as played. */
  #advance(cursor: number, end: number): void {
    const fresh = Math.max(0, end - this.#counted);
    this.#expected += fresh;
    this.#onTime += fresh;
    this.#steadySlots += end - cursor;
    this.#concealed = 0;
    this.#goTo(end);
  }

  /** Leave out the slots from `cursor` up to `target`: what is there came too late. */
  #skipTo(cursor: number, target: number): void {
    const begin = Math.max(cursor, this.#counted);
    const passed = new Set<number>();
    for (const { start, end } of this.#stored.values()) {
      for (let slot = Math.max(start, begin); slot < Math.min(end, target); slot += 1) passed.add(slot);
    }
    this.#expected += Math.max(0, target - begin);
    this.#late += passed.size;
    for (let slot = Math.max(begin, target - REMEMBERED_SLOTS); slot < target; slot += 1) {
      if (!passed.has(slot)) this.#rememberMissing(slot);
    }
    this.#goTo(target);
  }

  #goTo(slot: number): void {
    this.#cursor = slot;
    this.#counted = Math.max(this.#counted, slot);
    this.#forgetBefore(slot);
  }

  #forgetBefore(slot: number): void {
    for (const { start, end } of [...this.#stored.values()]) if (end <= slot) this.#stored.delete(start);
  }

  #dropOldest(): void {
    const oldest = this.#stored.get(Math.min(...this.#stored.keys()));
    if (oldest === undefined) return;
    if (this.#cursor === null) this.#stored.delete(oldest.start);
    else this.#skipTo(this.#cursor, oldest.end);
  }

  /** Let a turn pass; what it was meant for is still played if it comes soon. */
  #wait(): Playout {
    this.#expected += 1;
    this.#rememberMissing(this.#counted);
    this.#counted += 1;
    this.#noteAdjusted();
    this.#concealed += 1;
    return { kind: this.#concealed * SLOT_SECONDS <= MAX_CONCEALED ? "conceal" : "silence" };
  }

  #noteAdjusted(): void {
    this.#recent = [];
    this.#steadySlots = 0;
  }

  /**
   * Tell whether playout should gain or lose time; the least of the last slots decides.
   *
   * In pauses it may be done at once; in speech one stretch is not heard, many are.
   *
   * A device may ask for two slots at once and then for none: the second of them is as old as its
   * packet must be.
   */
  #chooseStretch(): Stretch {
    const excess = Math.min(...this.#recent.map((turn) => turn.delay)) - this.#target;
    const shortage = this.#target - Math.min(...this.#recent.map((turn) => turn.age));
    const off = Math.max(excess, shortage);
    if (off <= SLOT_SECONDS) return "none";
    // What comes at the last moment leaves no time to be gained, whatever is wanted.
    const waited = Math.min(...this.#recent.map((turn) => turn.waited));
    if (excess > shortage && waited < SLOT_SECONDS) return "none";
    if (off <= FAR_OFF || this.#steadySlots < UNHURRIED_SLOTS) {
      return excess > shortage ? "shorter-in-pause" : "longer-in-pause";
    }
    this.#noteAdjusted();
    return excess > shortage ? "shorter" : "longer";
  }

  /** Count the missing slots that a packet brings; a duplicate is no news. */
  #countArrived(start: number, end: number, transit: number): boolean {
    let brought = 0;
    for (let slot = start; slot < end; slot += 1) if (this.#missing.delete(slot)) brought += 1;
    // The first packet of a mode with longer frames is no later than it can be.
    const isEarly = transit - this.#window.earliest <= this.#window.jitter;
    if (isEarly && end - start > this.#span) this.#onTime += brought;
    else this.#late += brought;
    return brought > 0;
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
