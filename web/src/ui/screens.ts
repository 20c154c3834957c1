/** Keep the state of the screens: events in, signals out. Milliseconds throughout. */

import { type ReadonlySignal, signal } from "@preact/signals";
import type { DataUse, Notice } from "../worker/messages";
import { type Announcement, announcementOf, announcements, QUALITY_KEYS } from "./announcements";
import {
  hear,
  type Hearing,
  sentAs,
  talksMuted,
  UNHEARD,
  VERIFY_AFTER_MS,
  wasLowered,
} from "./hearing";
import type { Said } from "./live";
import { type Event, type Model, START, update } from "./model";
import type { QualityState } from "./quality";
import type { Ring } from "./ring";
import type { Language } from "./words";

const DRAW_MS = 250;
const CALM_DRAW_MS = 1000;

/** What the screens read. Time is asked of `now`, so that a gallery or a test can stop it. */
export class Screens {
  readonly #model = signal(START);
  readonly #ring = signal<Ring>(UNHEARD.ring);
  readonly #quality = signal<QualityState>(UNHEARD.quality);
  readonly #canVerify = signal(false);
  readonly #sent = signal<Sent>(UNSENT);
  readonly #said = signal<Said | null>(null);
  readonly #language: ReadonlySignal<Language>;
  readonly #now: () => number;
  /** Fewer redraws: the person asked for reduced motion. */
  readonly #isCalm: () => boolean;
  #hearing: Hearing = UNHEARD;
  #drawnAt = -Infinity;

  constructor(language: ReadonlySignal<Language>, now: () => number, isCalm: () => boolean) {
    this.#language = language;
    this.#now = now;
    this.#isCalm = isCalm;
  }

  get model(): ReadonlySignal<Model> {
    return this.#model;
  }

  get ring(): ReadonlySignal<Ring> {
    return this.#ring;
  }

  get quality(): ReadonlySignal<QualityState> {
    return this.#quality;
  }

  get canVerify(): ReadonlySignal<boolean> {
    return this.#canVerify;
  }

  get sent(): ReadonlySignal<Sent> {
    return this.#sent;
  }

  get said(): ReadonlySignal<Said | null> {
    return this.#said;
  }

  announce(announcement: Announcement): void {
    this.#said.value = { announcement };
  }

  dispatch(event: Event): void {
    const before = this.#model.value;
    const now = this.#now();
    const after = update(before, event, now);
    this.#model.value = after;
    if (hasBegun(before, after)) this.#forget();
    for (const each of announcements(before, after, this.#language.value, now)) this.announce(each);
  }

  /** Take what the client says. */
  notice(notice: Notice): void {
    if (notice.kind === "levels" || notice.kind === "quality") {
      this.#hear(notice);
      return;
    }
    const told = announcementOf(notice, this.#model.value);
    this.dispatch({ kind: "notice", notice });
    if (told !== null) this.announce(told);
  }

  #hear(notice: Extract<Notice, { kind: "levels" | "quality" }>): void {
    const now = this.#now();
    const { gate } = this.#model.value;
    const call = gate.kind === "open" ? gate.view.call : null;
    // What comes late, after the end, does not disturb the frozen ring.
    if (call === null || call.kind === "ended") return;
    const isTalking = call.kind === "talking";
    const isMuted = isTalking && call.muted;
    const before = this.#hearing;
    this.#hearing = hear(before, notice, { isMuted, isSilent: isTalking && call.silentMs !== null }, now);
    this.#quality.value = this.#hearing.quality;
    this.#canVerify.value = this.#hearing.heardMs >= VERIFY_AFTER_MS;
    this.#showSent(sentOf(this.#hearing, now));
    this.#tellHeard(before, call.contact.name, now);
    if (now - this.#drawnAt < (this.#isCalm() ? CALM_DRAW_MS : DRAW_MS)) return;
    this.#drawnAt = now;
    this.#ring.value = this.#hearing.ring;
  }

  /** Levels come ten times a second: who reads it is drawn again only for something new. */
  #showSent(sent: Sent): void {
    if (!isSame(sent, this.#sent.peek())) this.#sent.value = sent;
  }

  #tellHeard(before: Hearing, name: string, now: number): void {
    const after = this.#hearing;
    const { say } = after.telling;
    if (say !== null) this.announce({ tone: "status", key: QUALITY_KEYS[say] });
    if (after.loweredAt > before.loweredAt) this.announce({ tone: "status", key: "quality.lowered" });
    if (talksMuted(after, now) && !talksMuted(before, now)) {
      this.announce({ tone: "alert", key: "call.muted", values: { name } });
    }
  }

  #forget(): void {
    this.#hearing = UNHEARD;
    this.#ring.value = UNHEARD.ring;
    this.#quality.value = UNHEARD.quality;
    this.#canVerify.value = false;
    this.#sent.value = UNSENT;
  }
}

/** How our own voice leaves, as a screen says it. */
export interface Sent {
  /** In the words of the settings; null before it is known. */
  readonly as: DataUse | null;
  readonly wasLowered: boolean;
  /** Somebody talks, and the microphone is off. */
  readonly talksMuted: boolean;
}

export const UNSENT: Sent = { as: null, wasLowered: false, talksMuted: false };

function sentOf(hearing: Hearing, now: number): Sent {
  return {
    as: sentAs(hearing),
    wasLowered: wasLowered(hearing, now),
    talksMuted: talksMuted(hearing, now),
  };
}

function isSame(one: Sent, other: Sent): boolean {
  return (
    one.as === other.as &&
    one.wasLowered === other.wasLowered &&
    one.talksMuted === other.talksMuted
  );
}

/** Tell whether a new call begins: the last one's ring stays until then. */
function hasBegun(before: Model, after: Model): boolean {
  const [old, call] = [before, after].map(({ gate }) => (gate.kind === "open" ? gate.view.call : null));
  if (call === null || call === undefined || call.kind === "ended") return false;
  return old === null || old === undefined || old.kind === "ended";
}
