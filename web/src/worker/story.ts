/**
 * Write down what this side itself sees of one call, so that a person can be told why it went wrong.
 *
 * Coarse on purpose: whole seconds, a few dozen moments, no name and no address.
 */

import { LADDER, stepOf } from "../media/modes";
import type { VoiceEvent } from "./callVoice";
import type { CallQuality, MomentKind } from "./messages";
import { MOMENTS_MOST, type MomentRecord, What } from "./records";

/** Shorter gaps are nothing to explain a call by. */
const SILENT_FROM_MS = 1000;
/** Reports a second apart: so many in a row that call less than half of our frames on time. */
const UNHEARD_REPORTS = 2;
const HEARD_SHARE = 0.5;

/** What was seen of one call. Moments are seconds of the monotonic clock. */
export class Story {
  readonly #beganAt: number;
  readonly #moments: MomentRecord[] = [];
  /** Where the silence, and the time in which we do not arrive, are that go on now. */
  #silent: number | null = null;
  #unheard: number | null = null;
  #badReports = 0;
  #step = LADDER.length;
  #isLineLost = false;

  /** Begin with what there was first: a call out, or one that came in. */
  constructor(first: "reached" | "came", now: number) {
    this.#beganAt = now;
    this.note(first, now);
  }

  get moments(): readonly MomentRecord[] {
    return this.#moments;
  }

  /** Note a moment that has no length. */
  note(kind: MomentKind, now: number): void {
    this.#add(kind, now, 0);
  }

  /** Take what the voice tells of the sound. */
  heard(event: VoiceEvent, now: number): void {
    switch (event.kind) {
      case "connected":
        this.note("sound", now);
        return;
      case "trouble":
        if (event.silentMs >= SILENT_FROM_MS) {
          this.#silent ??= this.#add("silent", now - event.silentMs / 1000, 0);
          this.#lengthen(this.#silent, now);
        }
        return;
      case "recovered":
        this.#lengthen(this.#silent, now);
        this.#silent = null;
        return;
      case "quality":
        this.#reported(event.quality, now);
        return;
      case "levels":
        return;
    }
  }

  /** Take in whether the line to the home is open. */
  line(isOpen: boolean, now: number): void {
    if (isOpen !== this.#isLineLost) return;
    this.#isLineLost = !isOpen;
    this.note(isOpen ? "lineBack" : "lineLost", now);
  }

  /** Note the end; nothing is noted after it. */
  end(now: number): void {
    this.#lengthen(this.#silent, now);
    this.#lengthen(this.#unheard, now);
    // The end must be told, however much there was before.
    this.#moments.splice(MOMENTS_MOST - 1);
    this.note("ended", now);
  }

  #reported({ remoteOnTime, mode }: CallQuality, now: number): void {
    const step = stepOf(mode);
    // In silence the smallest mode is spoken for a while: that is no lowering, it is the silence.
    if (this.#silent === null) {
      if (step > this.#step) this.note("lowered", now);
      this.#step = step;
    }
    if (remoteOnTime === null) return;
    this.#badReports = remoteOnTime < HEARD_SHARE ? this.#badReports + 1 : 0;
    if (this.#badReports === 0) {
      this.#lengthen(this.#unheard, now);
      this.#unheard = null;
    } else if (this.#badReports >= UNHEARD_REPORTS) {
      this.#unheard ??= this.#add("unheard", now - this.#badReports, 0);
      this.#lengthen(this.#unheard, now);
    }
  }

  /** Give the place of what was added; it has none when there is no room. */
  #add(kind: MomentKind, at: number, length: number): number {
    if (this.#moments.length >= MOMENTS_MOST) return MOMENTS_MOST;
    const since = Math.max(0, Math.round(at - this.#beganAt));
    return this.#moments.push({ what: What[kind], at: since, length }) - 1;
  }

  #lengthen(place: number | null, now: number): void {
    const moment = place === null ? undefined : this.#moments[place];
    if (place === null || moment === undefined) return;
    const length = Math.max(0, Math.round(now - this.#beganAt) - moment.at);
    this.#moments[place] = { ...moment, length };
  }
}
