/** Keep what is on the screen: draw what the client knows, once for all changes of a moment. */

import type { Clock } from "../platform/clock";
import type { EndReason } from "../protocol/callEvents";
import type { Contact } from "../protocol/contact";
import type { Book } from "./book";
import type { Call } from "./call";
import type { HomeDirectory } from "./homes";
import type { HomeLine } from "./line";
import type { CallView, Failure, Notice } from "./messages";
import { logEntries, logUnplaced } from "./past";
import {
  callView,
  contactView,
  contactViews,
  invitationViews,
  lineState,
} from "./view";

/** Seconds by which this device's clock may differ from the home's without a word. */
export const CLOCK_TOLERANCE = 600;

/** A call that has no room yet. */
export interface Placing {
  readonly contact: Contact;
  /** Unix seconds. */
  readonly beganAt: number;
  isCancelled: boolean;
}

/** What is drawn, and where to. */
export interface StageMeans {
  readonly book: Book;
  readonly directory: HomeDirectory;
  readonly line: HomeLine;
  readonly clock: Clock;
  readonly tell: (notice: Notice) => void;
}

export class Stage {
  readonly #means: StageMeans;
  #placing: Placing | null = null;
  #call: CallView | null = null;
  #isDrawing = false;
  #isClosed = false;

  constructor(means: StageMeans) {
    this.#means = means;
  }

  /** The call that is being placed, from the wish until its offer goes out or fails. */
  get placing(): Placing | null {
    return this.#placing;
  }

  /** Show that a call is being placed. */
  place(contact: Contact): Placing {
    const placing = { contact, beganAt: this.#means.clock.unix(), isCancelled: false };
    this.#placing = placing;
    this.draw();
    return placing;
  }

  /** The call that was placed runs, or has failed. */
  placed(): void {
    this.#placing = null;
    this.draw();
  }

  /** Give up the call that is being placed. */
  async cancelPlacing(): Promise<void> {
    if (this.#placing === null || this.#placing.isCancelled) return;
    this.#placing.isCancelled = true;
    await this.endPlacing(this.#placing, "cancelled", null);
  }

  /** Show and write down why a call never came to be. */
  async endPlacing(placing: Placing, reason: EndReason, failure: Failure | null): Promise<void> {
    const { book } = this.#means;
    const { contact, beganAt } = placing;
    const shown = contactView(contact);
    const [direction, trace] = ["out", { moments: [], failure }] as const;
    this.#show({ kind: "ended", contact: shown, reason, durationS: 0, direction, trace });
    await logUnplaced(book, contact, reason, failure, beganAt);
  }

  /** Show how a call goes on. */
  callChanged(call: Call): void {
    // One that does not ring yet may be the next call of a person on the screen who lost this one.
    if (call.phase.kind === "asking") return;
    const shown = callView(call, this.#means.book.pages);
    // A call that nobody saw leaves what is on the screen alone.
    if (shown !== null || this.#call?.kind !== "ended") this.#show(shown);
  }

  /** Take the end of a call off the screen. */
  dismissEnded(): void {
    if (this.#call?.kind === "ended") this.#show(null);
  }

  #show(shown: CallView | null): void {
    this.#call = shown;
    this.draw();
  }

  /** Draw soon. */
  draw(): void {
    if (this.#isDrawing) return;
    this.#isDrawing = true;
    queueMicrotask(() => {
      this.#isDrawing = false;
      if (!this.#isClosed) this.#tellView();
    });
  }

  /** Draw nothing any more. */
  close(): void {
    this.#isClosed = true;
  }

  #tellView(): void {
    const { book, directory, line, clock, tell } = this.#means;
    const { pages } = book;
    tell({
      kind: "view",
      view: {
        line: lineState(line),
        contacts: contactViews(pages),
        invitations: invitationViews(pages, clock.unix() + line.clockOffset),
        log: logEntries(pages),
        call: this.#callNow(),
        clockWrong: Math.abs(line.clockOffset) > CLOCK_TOLERANCE,
        homeTrouble: directory.trouble,
        hasHome: directory.hasHome,
        isLocked: book.isLocked,
      },
    });
  }

  #callNow(): CallView | null {
    const { pages } = this.#means.book;
    const [placing, shown] = [this.#placing, this.#call];
    const isShown = shown !== null && shown.kind !== "ended";
    if (placing !== null && !placing.isCancelled && !isShown) {
      return { kind: "calling", contact: contactView(placing.contact), step: "line" };
    }
    const contact = shown === null ? undefined : pages.contacts.get(shown.contact.id);
    if (shown === null || contact === undefined) return shown;
    // The person may have been renamed or verified since.
    return { ...shown, contact: contactView(contact) };
  }
}
