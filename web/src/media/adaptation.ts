/**
 * Decide what this side sends: the mode, and whether each frame goes on two lines.
 *
 * Nothing is agreed with the other side: it goes by what is heard here and what is reported
 * (spec/media.md §6, ADR 0014). Time is an argument, in seconds of any one clock.
 */

import { LADDER, type Mode, STANDARD } from "./modes";
import type { ReceptionStats } from "./playout";

/** Seconds from the first frame on: what comes late meanwhile, the set-up of the call held up. */
export const SETTLING = 2;
/** Seconds between two looks at what was dropped here, and at what stands in for reports. */
export const LOOK = 0.25;
/** Seconds without a report after which what is heard here stands in for it. */
const UNREPORTED = 1.4;
const HEARD_SECONDS = 1;

const LATE_SLOTS = 2;
const LATE_SECONDS = 2;
const SAMPLE_SECONDS = 0.25;

const GOOD = 0.98;
const BAD_WHILE_DOUBLED = 0.85;
const BAD = 0.6;
const DROPPED = 0.1;
const FITS = 0.85;

/** Seconds between two bad signs that tell a path too narrow from one that stood still once. */
const CONFIRMED_AFTER = 0.7;
const DROPPED_FOR = 0.95;
const FORGOTTEN_AFTER = 3;

const DOUBLED_TAKES = 2;
/**
 * Seconds without doubling after a step down: what waits in a narrow path has to get through, and
 * the handshakes of a spare line are as much as seconds of speech.
 */
const SINGLE_WHEN_NARROW = 12;
const SINGLE_AFTER = 30;
const SINGLE_AFTER_MOST = 600;
const RELAPSE = 30;

const UP_AFTER = 1;
const UP_AFTER_FAILURE = 10;
const UP_AFTER_MOST = 60;
/** Seconds after a step up in which one bad sign takes it back. */
const TRIAL = 3;

/** Seconds after a step down, or after a cut, in which reports tell of the time before it. */
const SETTLES = 2;
const SETTLES_UP = 0.9;

const JUST_NOW = 0.1;
/** Seconds between two tellings of silence that belong to two silences. */
const ONE_SILENCE = 0.5;
/**
 * Seconds of told silence from which on it is a cut, into which the smallest mode is spoken; less
 * is what a narrow path does too.
 */
const CUT = 1;
/** Seconds of told silence after which the path may be another one. */
const LONG_CUT = 2;

/** Choose mode and doubling for one direction of a call. */
export class Adaptation {
  readonly #double = new Doubling();
  readonly #waits = new Map<number, number>();
  #ceiling: number;
  #step: number;
  #goodSince: number | null = null;
  #badSince = -Infinity;
  #least = 1;
  #isDropping = false;
  #settledFrom = -Infinity;
  #silentSince = -Infinity;
  #silentAt = -Infinity;
  #isCareful = false;
  #wasLong = false;
  #climbedAt = -Infinity;
  #settledAt = Infinity;
  #reportedAt = -Infinity;
  /** What was heard here, at moments of the last second. */
  #heard: { readonly at: number; readonly stats: ReceptionStats }[] = [];

  /** Begin with the best mode that the person allows, single. */
  constructor(ceiling: Mode = STANDARD) {
    this.#ceiling = LADDER.indexOf(ceiling);
    this.#step = this.#ceiling;
  }

  /** The mode to speak in from the next frame on. */
  get mode(): Mode {
    return LADDER[this.#isCareful ? LADDER.length - 1 : this.#step] ?? STANDARD;
  }

  /** Whether a spare line is wanted and each message goes on both. */
  get isDoubled(): boolean {
    return this.#double.isWanted;
  }

  /** Never go above the mode that the person chose; go there at once if nothing forbids. */
  choose(ceiling: Mode): void {
    const wasFree = this.#step === this.#ceiling;
    this.#ceiling = LADDER.indexOf(ceiling);
    this.#step = wasFree ? this.#ceiling : Math.max(this.#step, this.#ceiling);
    this.#goodSince = null;
  }

  /** Take in that a frame was heard; the first one tells when the call begins to count. */
  heard(now: number): void {
    this.#settledAt = Math.min(this.#settledAt, now + SETTLING);
  }

  /**
   * Take in the shares (0 to 1) of our slots that the last report calls on time, and here.
   *
   * `arrived` counts the late ones in; without it what is on time is all that arrived.
   */
  heardReport(onTime: number, now: number, arrived = onTime): void {
    this.#reportedAt = now;
    if (now >= this.#settledAt) this.#judge(onTime, Math.max(onTime, arrived), now);
  }

  #judge(onTime: number, arrived: number, now: number): void {
    if (this.#isSettling(now)) return;
    if (this.#isCareful) this.#endCare(onTime, now);
    if (onTime < GOOD) {
      this.#goodSince = null;
      if (this.#isOnTrial(now) && onTime < BAD_WHILE_DOUBLED) {
        this.#takeBack(now);
        return;
      }
      this.#double.noteTrouble(now);
    }
    this.#isDropping = false;
    const worst = this.#double.isInUse(now) ? BAD_WHILE_DOUBLED : BAD;
    if (onTime >= worst) {
      this.#badSince = -Infinity;
      if (onTime >= GOOD) this.#noteGood(now);
    } else if (this.#isConfirmed(arrived, now)) {
      this.#goDown(now);
    }
  }

  /** Take in the share (0 to 1) of frames since the last look that never left this side. */
  senderDropped(share: number, now: number): void {
    if (this.#isSettling(now)) return;
    if (share <= DROPPED) {
      if (this.#isDropping) this.#badSince = -Infinity;
      return;
    }
    this.#isDropping = true;
    if (this.#isOnTrial(now)) this.#takeBack(now);
    else if (this.#isConfirmed(1 - share, now, DROPPED_FOR)) this.#goDown(now);
  }

  /** Take in how frames arrive here; call it as often as convenient. */
  received(stats: ReceptionStats, now: number): void {
    if (now < this.#settledAt) return;
    this.#double.noteReceived(stats.framesLate + stats.framesLost, now);
    const last = this.#heard.at(-1);
    if (last === undefined || now - last.at >= LOOK) this.#standIn(stats, now);
  }

  /**
   * Take what is heard here for what the other side hears, where its reports do not come.
   *
   * A path that is too narrow both ways loses them with the frames.
   */
  #standIn(stats: ReceptionStats, now: number): void {
    while (this.#heard[1] !== undefined && now - this.#heard[1].at >= HEARD_SECONDS) {
      this.#heard.shift();
    }
    this.#heard.push({ at: now, stats });
    const before = this.#heard[0]?.stats ?? stats;
    const expected = stats.framesExpected - before.framesExpected;
    if (expected <= 0 || now - this.#reportedAt < UNREPORTED) return;
    const onTime = stats.framesOnTime - before.framesOnTime;
    const late = stats.framesLate - before.framesLate;
    const arrived = Math.min(1, Math.max(0, (onTime + late) / expected));
    this.#judge(onTime / expected, arrived, now);
  }

  /**
   * Take in that nothing has been heard for 500 ms; call it again while it goes on.
   *
   * A cut is repaired by no mode, and what comes back after it is as before. Yet while it lasts
   * the smallest mode is spoken: what seems cut may be so narrow that nothing gets through.
   */
  silent(now: number): void {
    if (now - this.#silentAt > ONE_SILENCE) this.#silentSince = now;
    this.#silentAt = now;
    if (now - this.#silentSince >= CUT) this.#isCareful = true;
    if (now - this.#silentSince >= LONG_CUT) this.#wasLong = true;
    this.#goodSince = null;
    this.#double.noteTrouble(now);
  }

  /** Take in that this side itself did nothing for so long: what is told of it is no path. */
  stoodStill(seconds: number, now: number): void {
    this.#silentSince = now - seconds;
    this.#silentAt = now;
    this.#goodSince = null;
    this.#heard = [];
  }

  #isSettling(now: number): boolean {
    if (now < this.#settledFrom) return true;
    const since = now - this.#silentAt;
    // Silence alone is a cut; silence on top of bad reports is a path that is too narrow.
    if (since < JUST_NOW) return now - this.#badSince > FORGOTTEN_AFTER;
    return since < SETTLES && this.#silentAt - this.#silentSince >= CUT;
  }

  #endCare(onTime: number, now: number): void {
    const wasLong = this.#wasLong;
    this.#isCareful = this.#wasLong = false;
    if (onTime < GOOD || wasLong) this.#change(LADDER.length - 1, now, 0);
  }

  #isOnTrial(now: number): boolean {
    return now - this.#climbedAt < TRIAL;
  }

  /**
   * Note that it is bad; tell whether it was so a moment ago too.
   *
   * A connection that stands still for once needs the spare line, not a smaller mode: the mode
   * would take away the very line that helps.
   */
  #isConfirmed(arrived: number, now: number, after = CONFIRMED_AFTER): boolean {
    const since = now - this.#badSince;
    if (since > FORGOTTEN_AFTER) {
      this.#badSince = now;
      this.#least = arrived;
    }
    this.#least = Math.min(this.#least, arrived);
    return since >= after && since <= FORGOTTEN_AFTER;
  }

  /** Take the largest mode that fits the least that arrived, at least one step lower. */
  #goDown(now: number): void {
    this.#isCareful = this.#wasLong = false;
    const arrived = this.#least * this.mode.wireKbitS;
    const fitting = LADDER.findIndex(
      (mode, step) => step > this.#step && mode.wireKbitS <= FITS * arrived,
    );
    this.#goodSince = null;
    this.#double.giveUp(now);
    this.#change(fitting < 0 ? LADDER.length - 1 : fitting, now, SETTLES);
  }

  /** End a step up that failed, and try that mode again later than the last time. */
  #takeBack(now: number): void {
    const wait = this.#waits.get(this.#step) ?? UP_AFTER_FAILURE / 2;
    this.#waits.set(this.#step, Math.min(2 * wait, UP_AFTER_MOST));
    this.#double.giveUp(now);
    this.#change(Math.min(this.#step + 1, LADDER.length - 1), now, SETTLES);
  }

  #noteGood(now: number): void {
    this.#goodSince ??= now;
    const wait = this.#waits.get(this.#step - 1) ?? UP_AFTER;
    if (this.#step <= this.#ceiling || now - this.#goodSince < wait) return;
    this.#waits.delete(this.#step);
    this.#climbedAt = now;
    this.#goodSince = null;
    this.#change(this.#step - 1, now, SETTLES_UP);
  }

  #change(step: number, now: number, settles: number): void {
    if (step > this.#step) this.#climbedAt = -Infinity;
    this.#step = step;
    this.#settledFrom = now + settles;
    this.#badSince = -Infinity;
  }
}

/** Want a second line when frames come late, and no longer than that helps. */
class Doubling {
  // The count of slots that were late or lost, at moments of the last two seconds.
  readonly #missed: { readonly at: number; readonly count: number }[] = [];
  #isWanted = false;
  #since = 0;
  #troubleAt = -Infinity;
  #wait = SINGLE_AFTER;
  #givenUpAt = -Infinity;
  #forbiddenUntil = -Infinity;

  get isWanted(): boolean {
    return this.#isWanted;
  }

  /** Tell whether doubling has had its time to help. */
  isInUse(now: number): boolean {
    return this.#isWanted && now - this.#since >= DOUBLED_TAKES;
  }

  /** Double, or go on doing so. */
  noteTrouble(now: number): void {
    this.#troubleAt = now;
    if (this.#isWanted || now < this.#forbiddenUntil) return;
    const isRelapse = now - this.#givenUpAt < RELAPSE;
    this.#wait = isRelapse ? Math.min(2 * this.#wait, SINGLE_AFTER_MOST) : SINGLE_AFTER;
    this.#isWanted = true;
    this.#since = now;
  }

  /** Take in the count of slots that were late or lost since the call began. */
  noteReceived(count: number, now: number): void {
    const last = this.#missed.at(-1);
    if (last !== undefined && now - last.at < SAMPLE_SECONDS) return;
    while (this.#missed[0] !== undefined && now - this.#missed[0].at > LATE_SECONDS) this.#missed.shift();
    this.#missed.push({ at: now, count });
    if (count - (this.#missed[0]?.count ?? count) >= LATE_SLOTS) {
      this.noteTrouble(now);
    } else if (this.#isWanted && now - this.#troubleAt >= this.#wait) {
      this.#isWanted = false;
      this.#givenUpAt = now;
    }
  }

  /** End at once: what is too narrow for one copy is too narrow for two. */
  giveUp(now: number): void {
    this.#isWanted = false;
    this.#forbiddenUntil = now + SINGLE_WHEN_NARROW;
  }
}
