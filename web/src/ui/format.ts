/** Write times and numbers in the person's digits, by Intl alone. */

import type { Language } from "./words";

const DAY_MS = 86_400_000;
const LOCALES = { en: "en-GB", fa: "fa-IR-u-ca-persian" } as const;

/** Write seconds as `mm:ss` or `h:mm:ss`; to be shown left to right in both languages. */
export function formatDuration(language: Language, seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds));
  const two = new Intl.NumberFormat(language, { minimumIntegerDigits: 2, useGrouping: false });
  const one = new Intl.NumberFormat(language, { useGrouping: false });
  const hours = Math.floor(whole / 3600);
  const rest = [Math.floor(whole / 60) % 60, whole % 60].map((part) => two.format(part));
  return (hours > 0 ? [one.format(hours), ...rest] : rest).join(":");
}

/** Write a length in words: whole minutes, or seconds below one minute. */
export function formatLength(language: Language, seconds: number): string {
  const unit = seconds < 60 ? "second" : "minute";
  const value = seconds < 60 ? Math.round(seconds) : Math.round(seconds / 60);
  return new Intl.NumberFormat(language, { style: "unit", unit, unitDisplay: "short" }).format(value);
}

/** Write a moment (Unix milliseconds) as a person would: time today, yesterday, weekday, date. */
export function formatWhen(language: Language, at: number, now: number): string {
  const days = dayNumber(now) - dayNumber(at);
  const locale = LOCALES[language];
  if (days <= 0) return formatTime(language, at, false);
  if (days === 1) return new Intl.RelativeTimeFormat(language, { numeric: "auto" }).format(-1, "day");
  if (days < 7) return new Intl.DateTimeFormat(locale, { weekday: "long" }).format(at);
  return new Intl.DateTimeFormat(locale, { day: "numeric", month: "long" }).format(at);
}

/** Write the time of day of a moment (Unix milliseconds). */
export function formatTime(language: Language, at: number, withSeconds: boolean): string {
  return new Intl.DateTimeFormat(LOCALES[language], {
    hour: "2-digit",
    minute: "2-digit",
    ...(withSeconds ? { second: "2-digit" } : {}),
    hourCycle: "h23",
  }).format(at);
}

/** Write a moment (Unix milliseconds) in full: weekday, day, month, time. */
export function formatMoment(language: Language, at: number): string {
  return new Intl.DateTimeFormat(LOCALES[language], {
    weekday: "long",
    day: "numeric",
    month: "long",
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
  }).format(at);
}

/** Write the day on which something ends (Unix seconds). */
export function formatDate(language: Language, unixSeconds: number): string {
  return new Intl.DateTimeFormat(LOCALES[language], {
    weekday: "long",
    day: "numeric",
    month: "long",
  }).format(unixSeconds * 1000);
}

export function formatNumber(language: Language, value: number): string {
  return new Intl.NumberFormat(language).format(value);
}

/** Write a small number with at most one digit behind the point. */
export function formatDecimal(language: Language, value: number): string {
  return new Intl.NumberFormat(language, { maximumFractionDigits: 1 }).format(value);
}

/** Write a share (0 to 1) in whole per cent. */
export function formatShare(language: Language, share: number): string {
  return new Intl.NumberFormat(language, { style: "percent" }).format(share);
}

export function formatMilliseconds(language: Language, ms: number): string {
  return new Intl.NumberFormat(language, {
    style: "unit",
    unit: "millisecond",
    unitDisplay: language === "fa" ? "long" : "short",
    maximumFractionDigits: 0,
  }).format(ms);
}

export function formatList(language: Language, items: readonly string[]): string {
  return new Intl.ListFormat(language, { type: "conjunction" }).format(items);
}

/** Give the letter of a seal: the first one of the name that a person would call a letter. */
export function monogram(name: string): string {
  const segments = new Intl.Segmenter(undefined, { granularity: "grapheme" }).segment(name.trim());
  for (const { segment } of segments) return segment.toLocaleUpperCase();
  return "";
}

function dayNumber(at: number): number {
  const date = new Date(at);
  return Math.round(new Date(date.getFullYear(), date.getMonth(), date.getDate()).getTime() / DAY_MS);
}
