/**
 * Put what waits for the home: a queue for each mailbox, a call's envelopes first.
 *
 * Envelopes of one mailbox leave one after another, those of several at once: one mailbox that is
 * full, or one slow envelope, holds up nobody else's (spec/mailbox.md §1).
 */

import { NetworkError } from "../errors";
import type { Clock } from "../platform/clock";
import { type Bytes, equal, hex } from "../wire/bytes";
import { Put } from "../wire/mailbox";
import { Status } from "../wire/status";
import type { Book } from "./book";
import type { HomeLine } from "./line";
import type { OutboxItem } from "./records";

/** Mailboxes that are put into at once. */
const PUTS_MOST = 8;
export const RETRY_SECONDS = 5;
/** How long a full mailbox is left alone at first; twice as long each further time. */
export const FULL_SECONDS = 600;
const FULL_SECONDS_MOST = 6 * 3600;
/** How long an envelope is tried; the home would not keep it any longer either. */
const KEPT_SECONDS = 30 * 24 * 3600;

/** What it needs of its client. */
export interface OutgoingMeans {
  readonly book: Book;
  readonly line: () => HomeLine;
  readonly clock: Clock;
  /** Learn that the home does not take an envelope. */
  readonly failed: (item: OutboxItem, status: Status) => Promise<void>;
  readonly unexpected: (error: unknown) => void;
}

export class Outgoing {
  readonly #means: OutgoingMeans;
  /** Mailboxes whose put is under way. */
  readonly #underWay = new Set<string>();
  /** Put ids that this page has sent: the home may know them. */
  readonly #attempted = new Set<string>();
  /** Until when a mailbox is left alone, by the monotonic clock. */
  readonly #held = new Map<string, number>();
  /** How long a full mailbox was left alone last. */
  readonly #full = new Map<string, number>();

  constructor(means: OutgoingMeans) {
    this.#means = means;
  }

  /** Tell whether anything waits, but for mailboxes that are full. */
  get isBusy(): boolean {
    const waiting = this.#means.book.pages.waiting();
    return waiting.some(({ to }) => !this.#full.has(hex(to.mailbox)));
  }

  /** Send now what waits. */
  wake(): void {
    const { book, line, clock } = this.#means;
    if (!line().isOpen) return;
    const now = clock.now();
    for (const item of book.pages.waiting()) {
      const box = hex(item.to.mailbox);
      if (this.#underWay.size >= PUTS_MOST) return;
      if (this.#underWay.has(box) || (this.#held.get(box) ?? 0) > now) continue;
      this.#underWay.add(box);
      void this.#put(item, box);
    }
  }

  /** Begin on a new line: what only waited for the old one waits no longer. */
  lineOpened(): void {
    for (const box of [...this.#held.keys()]) if (!this.#full.has(box)) this.#held.delete(box);
    this.wake();
  }

  /** Try a mailbox at once: its reader has been there. */
  release(mailbox: Bytes): void {
    const box = hex(mailbox);
    if (!this.#full.delete(box)) return;
    this.#held.delete(box);
    this.wake();
  }

  /** Put one envelope, and let the next of its mailbox follow. */
  async #put(item: OutboxItem, box: string): Promise<void> {
    const { book, line, unexpected } = this.#means;
    const { mailbox, cap } = item.to;
    const put = hex(item.putId);
    const isFirst = !this.#attempted.has(put);
    this.#attempted.add(put);
    try {
      const request = Put.of({ q: 0, mailbox, cap, putId: item.putId, envelope: item.envelope });
      const { status, data } = await line().request(request);
      // It may have been deleted or numbered anew meanwhile.
      const newest = book.pages.outbox.get(item.id);
      if (newest !== undefined && equal(newest.putId, item.putId)) {
        const isStrange = status === Status.OK && data !== null && isFirst;
        await this.#judge(item, box, isStrange ? Status.EXPIRED : status);
      }
    } catch (error) {
      // A new line wakes this; a line that was only slow does not.
      this.#hold(box, RETRY_SECONDS);
      if (!(error instanceof NetworkError)) unexpected(error);
    } finally {
      this.#underWay.delete(box);
    }
    this.wake();
  }

  async #judge(item: OutboxItem, box: string, status: Status): Promise<void> {
    const { book, clock, failed } = this.#means;
    const isOver = clock.unix() - item.made > KEPT_SECONDS;
    if (status === Status.EXPIRED) {
      // The home knows a number that this page has not sent: an older copy of this store, or a
      // crash before the answer. A double is dropped where it is read.
      await book.change((draft) => {
        draft.renumber(item);
      });
    } else if ((status === Status.QUOTA || status === Status.UNAVAILABLE) && !isOver) {
      this.#hold(box, RETRY_SECONDS);
    } else if (status === Status.FULL && !item.isOfCall && !isOver) {
      const before = this.#full.get(box);
      const seconds = before === undefined ? FULL_SECONDS : Math.min(2 * before, FULL_SECONDS_MOST);
      this.#full.set(box, seconds);
      this.#hold(box, seconds);
      if (before === undefined) await failed(item, status);
    } else {
      await book.change((draft) => {
        draft.sent(item);
      });
      this.#attempted.delete(hex(item.putId));
      if (status === Status.OK) this.#full.delete(box);
      else await failed(item, status);
    }
  }

  #hold(box: string, seconds: number): void {
    this.#held.set(box, this.#means.clock.now() + seconds);
    setTimeout(() => {
      this.wake();
    }, seconds * 1000);
  }
}
