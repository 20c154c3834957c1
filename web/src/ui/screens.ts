/** Keep the state of the screens: events in, signals out. Milliseconds throughout. */

import { type ReadonlySignal, signal } from "@preact/signals";
import type { Notice } from "../worker/messages";
import { type Announcement, announcementOf, announcements, QUALITY_KEYS } from "./announcements";
import { hear, type Hearing, UNHEARD, VERIFY_AFTER_MS } from "./hearing";
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
    const isMuted = call.kind === "talking" && call.muted;
    const before = this.#hearing.quality.word;
    this.#hearing = hear(this.#hearing, notice, isMuted, now);
    this.#quality.value = this.#hearing.quality;
    this.#canVerify.value = this.#hearing.heardMs >= VERIFY_AFTER_MS;
    const { word } = this.#hearing.quality;
    if (word !== before) this.#tellQuality(word);
    if (now - this.#drawnAt < (this.#isCalm() ? CALM_DRAW_MS : DRAW_MS)) return;
    this.#drawnAt = now;
    this.#ring.value = this.#hearing.ring;
  }

  #tellQuality(word: QualityState["word"]): void {
    this.announce({ tone: "status", key: QUALITY_KEYS[word] });
  }

  #forget(): void {
    this.#hearing = UNHEARD;
    this.#ring.value = UNHEARD.ring;
    this.#quality.value = UNHEARD.quality;
    this.#canVerify.value = false;
  }
}

/** Tell whether a new call begins: the last one's ring stays until then. */
function hasBegun(before: Model, after: Model): boolean {
  const [old, call] = [before, after].map(({ gate }) => (gate.kind === "open" ? gate.view.call : null));
  if (call === null || call === undefined || call.kind === "ended") return false;
  return old === null || old === undefined || old.kind === "ended";
}
