/** What is said of one past call: which way, when, and how long when it was talked. */

import type { VNode } from "preact";
import type { LogEntry } from "../../worker/messages";
import { formatLength } from "../format";
import { DIRECTION_KEYS } from "../people";
import { say, T, useLanguage } from "../words";

/** `when`: the moment, written as its place has room for it. */
export function EntryWords({ entry, when }: {
  readonly entry: LogEntry;
  readonly when: string;
}): VNode {
  const language = useLanguage();
  const what = say(language, DIRECTION_KEYS[entry.direction]);
  return entry.durationS > 0 ? (
    <T k="log.entry" values={{ what, when, length: formatLength(language, entry.durationS) }} />
  ) : (
    <T k="people.entry" values={{ what, when }} />
  );
}
