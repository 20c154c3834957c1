/** Read what the screens say about people out of the log. */

import type { ContactId, LogEntry } from "../worker/messages";
import type { IconName } from "./icons";
import type { Key } from "./words";

export const DIRECTION_KEYS: Readonly<Record<LogEntry["direction"], Key>> = {
  in: "log.in",
  out: "log.out",
  missed: "log.missed",
};

export const DIRECTION_ICONS: Readonly<Record<LogEntry["direction"], IconName>> = {
  in: "phone-incoming",
  out: "phone-outgoing",
  missed: "phone-missed",
};

/** Give one person's calls, newest first. */
export function callsOf(log: readonly LogEntry[], contact: ContactId): readonly LogEntry[] {
  return log.filter((entry) => entry.contact === contact).sort((a, b) => b.at - a.at);
}

/** Count the missed calls not seen yet, and name who called, newest first, each once. */
export function missedNames(log: readonly LogEntry[]): {
  readonly count: number;
  readonly names: readonly string[];
} {
  const missed = log.filter(isUnseen).sort((a, b) => b.at - a.at);
  return { count: missed.length, names: [...new Set(missed.map(({ name }) => name))] };
}

/** Count the missed calls not seen yet. */
export function unseenCount(log: readonly LogEntry[]): number {
  return log.filter(isUnseen).length;
}

function isUnseen({ direction, seen }: LogEntry): boolean {
  return direction === "missed" && !seen;
}
