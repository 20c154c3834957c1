/** Times and numbers as people of both languages write them. */

import { expect, test } from "vitest";
import {
  formatDuration,
  formatLength,
  formatMilliseconds,
  formatShare,
  formatTime,
  formatWhen,
  monogram,
} from "../../src/ui/format";

const NOON = new Date(2026, 10, 19, 12, 0).getTime();
const HOUR_MS = 3_600_000;

test.each([
  [0, "00:00"],
  [59.9, "00:59"],
  [727, "12:07"],
  [3600, "1:00:00"],
  [-3, "00:00"],
])("a call of %d s shows %s", (seconds, shown) => {
  expect(formatDuration("en", seconds)).toBe(shown);
});

test("Persian clocks have Persian digits", () => {
  // The emoji screen and the timer are compared aloud: digits must be the reader's own.
  expect(formatDuration("fa", 727)).toBe("۱۲:۰۷");
  expect(formatTime("fa", NOON, false)).toBe("۱۲:۰۰");
  expect(formatShare("fa", 0.94)).toBe("۹۴٪");
  expect(formatMilliseconds("fa", 184)).toBe("۱۸۴ میلی‌ثانیه");
});

test.each([
  [2, "10:00"],
  [13, "yesterday"],
  [60, "Tuesday"],
  [24 * 9, "10 November"],
])("a call %d hours before noon was %s", (hours, shown) => {
  expect(formatWhen("en", NOON - hours * HOUR_MS, NOON)).toBe(shown);
});

test("old calls carry the Persian calendar's date in Persian", () => {
  // 10 November means nothing to somebody who lives by the solar Hijri calendar.
  expect(formatWhen("fa", NOON - 24 * 9 * HOUR_MS, NOON)).toBe("۱۹ آبان");
});

test("lengths are told in one unit", () => {
  // A list of calls is read at a glance.
  expect(formatLength("en", 41)).toBe("41 sec");
  expect(formatLength("en", 725)).toBe("12 min");
});

test("a seal carries the first whole letter of a name", () => {
  // Half a letter would be an empty box.
  expect(monogram("  maryam")).toBe("M");
  expect(monogram("é́lise")).toBe("É́");
  expect(monogram("مریم")).toBe("م");
  expect(monogram("👩‍👧 mum")).toBe("👩‍👧");
  expect(monogram("")).toBe("");
});
