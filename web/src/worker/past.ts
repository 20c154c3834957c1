/** Keep past calls: what is written down of them, what is shown, and what is forgotten. */

import type { Contact } from "../protocol/contact";
import { hex } from "../wire/bytes";
import type { Book, Draft, Pages } from "./book";
import type { Call } from "./call";
import type { EndReason, Failure, LogEntry, Trace } from "./messages";
import {
  Direction,
  FailureCode,
  type LogRecord,
  type MomentRecord,
  nameOf,
  Reason,
  What,
} from "./records";

/** Write down a call that has ended, under the name that its person has now. */
export function logOf(call: Call, draft: Draft): LogRecord {
  const { contact, machine, phase, beganUnix, story, failure } = call;
  const isMissed = machine.role === "callee" && machine.wasMissed;
  const direction = call.direction === "out" ? Direction.OUT : Direction.IN;
  return {
    contact: contact.id,
    name: (draft.contact(contact.id) ?? contact).name,
    direction: isMissed ? Direction.MISSED : direction,
    at: beganUnix,
    durationS: phase.kind === "ended" ? phase.durationS : 0,
    seen: !isMissed,
    reason: phase.kind === "ended" ? Reason[phase.reason] : null,
    failure: failure === null ? null : FailureCode[failure],
    story: story.moments,
  };
}

/** Write down a call that came while nobody could take it. */
export function missed({ id, name }: Contact, at: number): LogRecord {
  return { ...UNTOLD, contact: id, name, direction: Direction.MISSED, at, seen: false };
}

/** Write down a call whose end this page did not see. */
export function leftOver({ id, name }: Contact, direction: Direction, at: number): LogRecord {
  return { ...UNTOLD, contact: id, name, direction, at, seen: true };
}

const UNTOLD = { durationS: 0, reason: null, failure: null, story: [] } as const;

/** Note a call that never left this page. */
export function logUnplaced(
  book: Book,
  { id, name }: Contact,
  reason: EndReason,
  failure: Failure | null,
  at: number,
): Promise<void> {
  return book.change((draft) => {
    if (draft.contact(id) === null) return;
    draft.addLog({
      ...UNTOLD,
      contact: id,
      name,
      direction: Direction.OUT,
      at,
      seen: true,
      reason: Reason[reason],
      failure: failure === null ? null : FailureCode[failure],
    });
  });
}

/** Note that somebody has looked at the missed calls. */
export function markLogSeen(book: Book): Promise<void> {
  return book.change((draft) => {
    for (const [id, past] of draft.log) {
      if (!past.seen) draft.putLog(id, { ...past, seen: true });
    }
  });
}

/** Forget one past call. */
export function forgetCall(book: Book, id: string): Promise<void> {
  return book.change((draft) => {
    draft.deleteLog(id);
  });
}

/** Forget all past calls. */
export function clearLog(book: Book): Promise<void> {
  return book.change((draft) => {
    for (const id of [...draft.log.keys()]) draft.deleteLog(id);
  });
}

/** Show what was seen of a past call; null when it was forgotten. */
export function traceOf(pages: Pages, id: string): Trace | null {
  const past = pages.log.get(id);
  if (past === undefined) return null;
  return shownTrace(past.at, past.story, nameOf(FailureCode, past.failure));
}

/** Show what was seen of a call that began at `at` (Unix seconds). */
export function shownTrace(
  at: number,
  story: readonly MomentRecord[],
  failure: Failure | null,
): Trace {
  const moments = story.flatMap((moment) => {
    const kind = nameOf(What, moment.what);
    return kind === null ? [] : [{ kind, at: (at + moment.at) * 1000, lengthS: moment.length }];
  });
  return { moments, failure };
}

/** Pages do not change: what was once drawn of them is drawn. */
const drawn = new WeakMap<Pages, readonly LogEntry[]>();

/** Show past calls, newest first. */
export function logEntries(pages: Pages): readonly LogEntry[] {
  const entries = drawn.get(pages) ?? [...pages.log].sort(newestFirst).map(shownEntry(pages));
  drawn.set(pages, entries);
  return entries;
}

function newestFirst([a]: readonly [string, unknown], [b]: readonly [string, unknown]): number {
  return a < b ? 1 : -1;
}

function shownEntry(pages: Pages): (entry: readonly [string, LogRecord]) => LogEntry {
  return ([id, past]) => ({
    id,
    contact: hex(past.contact),
    name: pages.contact(past.contact)?.name ?? past.name,
    direction: directionWord(past),
    at: past.at * 1000,
    durationS: past.durationS,
    seen: past.seen,
    reason: nameOf(Reason, past.reason),
  });
}

function directionWord({ direction }: LogRecord): LogEntry["direction"] {
  switch (direction) {
    case Direction.IN:
      return "in";
    case Direction.OUT:
      return "out";
    case Direction.MISSED:
      return "missed";
  }
}
