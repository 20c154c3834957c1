/** Decide what a screen reader is told, besides the headings: `status` politely, `alert` at once. */

import type { CallView, ClientView, Notice, Step } from "../worker/messages";
import type { SoundState } from "./callSound";
import { endingOf } from "./ended";
import { faultKey, failureKey, microphoneKey } from "./failures";
import { type Model, reconnectSeconds } from "./model";
import { missedNames } from "./people";
import { formatList } from "./format";
import type { QualityWord } from "./quality";
import type { Key, Language, Values } from "./words";

export interface Announcement {
  readonly tone: "status" | "alert";
  readonly key: Key;
  readonly values?: Values;
}

/** Seconds left at which a broken call is told again. */
const LAST_SECONDS = [30, 10];

export const STEP_KEYS: Readonly<Record<Step, Key>> = {
  line: "step.line",
  ring: "step.ring",
  lock: "step.lock",
  sound: "step.sound",
};

export const QUALITY_KEYS: Readonly<Record<QualityWord, Key>> = {
  good: "quality.good",
  fair: "quality.fair",
  weak: "quality.weak",
  none: "quality.none",
};

/** Compare two moments; the newest thing is last. */
export function announcements(
  before: Model,
  after: Model,
  language: Language,
  now: number,
): readonly Announcement[] {
  if (after.gate.kind !== "open") return [];
  const { view } = after.gate;
  const old = before.gate.kind === "open" ? before.gate.view : null;
  return [
    ...ofLine(old, view, language),
    ...ofCall(old?.call ?? null, view.call),
    ...ofSilence(before, after, view.call, now),
    ...ofSound(before.sound, after.sound),
  ];
}

/** Tell what a notice says that no screen keeps. */
export function announcementOf(notice: Notice, model: Model): Announcement | null {
  switch (notice.kind) {
    case "accepted":
      return model.place.kind === "accepting"
        ? null
        : { tone: "status", key: "invite.accepted", values: { name: notice.contact.name } };
    case "invitationFault":
      return { tone: "alert", key: faultKey(notice.fault) };
    case "failed":
      return { tone: "alert", key: failureKey(notice.words) };
    case "passphraseSet":
      return { tone: "status", key: notice.isLocked ? "lock.done" : "lock.removed" };
    case "waysFrom":
      return { tone: "status", key: "ways.from", values: { name: notice.name } };
    case "view":
    case "list":
    case "listTaken":
    case "otherTab":
    case "locked":
    case "unkept":
    case "homePage":
    case "reach":
    case "storeTrouble":
    case "invitation":
    case "trace":
    case "quality":
    case "levels":
    case "otherHome":
    case "erased":
      return null;
  }
}

function ofLine(
  old: ClientView | null,
  view: ClientView,
  language: Language,
): readonly Announcement[] {
  if (view.call !== null) return [];
  const told: Announcement[] = [];
  if (old?.line.kind !== view.line.kind) {
    if (view.line.kind === "ready") told.push({ tone: "status", key: "people.ready" });
    if (view.line.kind === "down") told.push({ tone: "status", key: "people.away" });
  }
  const missed = missedNames(view.log);
  if (missed.count > missedNames(old?.log ?? []).count) {
    const names = formatList(language, missed.names);
    told.push({ tone: "status", key: "people.missedfrom", values: { n: missed.count, names } });
  }
  return told;
}

function ofCall(old: CallView | null, call: CallView | null): readonly Announcement[] {
  if (call === null) return [];
  const values = { name: call.contact.name };
  const isNew = old?.kind !== call.kind;
  switch (call.kind) {
    case "incoming":
      return isNew ? [{ tone: "alert", key: "incoming.title", values }] : [];
    case "calling":
    case "connecting": {
      const step = old?.kind === "calling" || old?.kind === "connecting" ? old.step : null;
      if (step === call.step) return [];
      return call.kind === "calling" && call.step === "ring"
        ? [{ tone: "status", key: "calling.ringing", values }]
        : [{ tone: "status", key: STEP_KEYS[call.step] }];
    }
    case "talking":
      if (old?.kind !== "talking") return [];
      return [
        ...(old.movedAt === call.movedAt ? [] : [polite("call.moved", values)]),
        ...(old.contact.verified || !call.contact.verified ? [] : [polite("verify.done", values)]),
      ];
    case "ended":
      return isNew
        ? [{ tone: "alert", key: endingOf(call.reason, call.durationS), values }]
        : [];
  }
}

function polite(key: Key, values: Values): Announcement {
  return { tone: "status", key, values };
}

function ofSilence(
  before: Model,
  after: Model,
  call: CallView | null,
  now: number,
): readonly Announcement[] {
  if (call?.kind !== "talking") return [];
  const [was, left] = [reconnectSeconds(before, now), reconnectSeconds(after, now)];
  if (left === null) return was === null ? [] : [{ tone: "status", key: "reconnect.back" }];
  return was === null ? [{ tone: "alert", key: "reconnect.title" }] : [];
}

function ofSound(old: SoundState, { fault, news }: SoundState): readonly Announcement[] {
  if (fault !== null) return fault === old.fault ? [] : [{ tone: "alert", key: microphoneKey(fault) }];
  return news === null || news === old.news ? [] : [{ tone: "status", ...news }];
}

/** Tell the seconds left of a broken call at the moments that matter; null at all others. */
export function countdown(left: number | null): Announcement | null {
  return left !== null && LAST_SECONDS.includes(left)
    ? { tone: "alert", key: "reconnect.left", values: { n: left } }
    : null;
}
