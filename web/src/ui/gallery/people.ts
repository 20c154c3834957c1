/** The people of the gallery, in the language of the page. */

import type { ClientView, ContactView, EndReason, LogEntry } from "../../worker/messages";
import type { Language } from "../words";

/** A fixed moment: pictures must not change from day to day. */
export const NOW = new Date(2026, 10, 19, 21, 40, 12).getTime();

const HOUR_MS = 3_600_000;
const NAMES: Readonly<Record<Language, readonly string[]>> = {
  en: ["Maryam", "Uncle Reza", "Dr. Nadia Haddad", "Sara (newsroom)", "Kaveh"],
  fa: ["مریم", "عمو رضا", "دکتر نادیا حداد", "سارا (تحریریه)", "کاوه"],
};

export function nameOf(language: Language, index: number): string {
  return NAMES[language][index] ?? "";
}

export function contact(language: Language, index: number, change: Partial<ContactView> = {}): ContactView {
  return {
    id: String(index),
    name: nameOf(language, index),
    standing: "confirmed",
    verified: index !== 2,
    suspected: false,
    changed: false,
    ...change,
  };
}

function entry(
  language: Language,
  index: number,
  direction: LogEntry["direction"],
  hoursAgo: number,
  durationS: number,
  reason: EndReason | null = durationS > 0 ? "hangup" : null,
): LogEntry {
  return {
    id: `${index} ${hoursAgo}`,
    contact: String(index),
    name: nameOf(language, index),
    direction,
    at: NOW - hoursAgo * HOUR_MS,
    durationS,
    seen: direction !== "missed",
    reason,
  };
}

/** Nobody yet. */
export const EMPTY_VIEW: ClientView = {
  line: { kind: "ready" },
  contacts: [],
  invitations: [],
  log: [],
  call: null,
  clockWrong: false,
  homeTrouble: null,
  isLocked: false,
  hasHome: true,
};

/** A list as it looks after some weeks. */
export function usualView(language: Language): ClientView {
  return {
    ...EMPTY_VIEW,
    contacts: [0, 1, 2, 3].map((index) => contact(language, index)),
    log: [
      entry(language, 1, "missed", 13.5, 0),
      entry(language, 0, "out", 30, 725),
      entry(language, 3, "in", 50, 41),
      entry(language, 0, "out", 52, 0, "lost"),
      entry(language, 0, "in", 75, 2041),
      entry(language, 2, "out", 200, 0, "unreachable"),
    ],
  };
}

/** A list in which everything that can be wrong is wrong. */
export function troubledView(language: Language): ClientView {
  const view = usualView(language);
  return {
    ...view,
    line: { kind: "down", failure: "connection_refused" },
    clockWrong: true,
    homeTrouble: "changed",
    contacts: [
      contact(language, 0, { standing: "out_of_step" }),
      contact(language, 3, { standing: "waiting", verified: false }),
    ],
    invitations: [{ id: "i", name: nameOf(language, 4), expires: NOW / 1000 + 86_400 * 5 }],
  };
}
