/** Write what was seen of a call for somebody who helps: no name, no address, no time of day. */

import type { EndReason, LogEntry, Trace } from "../worker/messages";
import { formatDuration } from "./format";
import { type Certainty, seenIn } from "./why";
import { type Key, type Language, say } from "./words";

export const CERTAINTY_KEYS: Readonly<Record<Certainty, Key>> = {
  sure: "why.sure",
  likely: "why.likely",
  unclear: "why.unclear",
};

/** What a report is written from. */
export interface Told {
  readonly direction: LogEntry["direction"];
  readonly reason: EndReason;
  readonly durationS: number;
  readonly certainty: Certainty;
  readonly trace: Trace;
}

/** Give a few lines of text; the words in brackets are those of spec/failures.md. */
export function reportOf(language: Language, told: Told): string {
  const { direction, reason, durationS, certainty, trace } = told;
  const seen = seenIn(direction, trace);
  const began = seen[0]?.at ?? 0;
  const codes = [direction, reason, certainty, trace.failure].filter((code) => code !== null);
  return [
    say(language, "why.report", { codes: codes.join(", "), length: formatDuration(language, durationS) }),
    ...seen.map(({ key, at, seconds }) =>
      [formatDuration(language, (at - began) / 1000), say(language, key, { n: seconds })].join("  "),
    ),
  ].join("\n");
}
