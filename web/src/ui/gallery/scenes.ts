/** Every screen in every state, from fixed data. */

import type { CallView, ClientView, EndReason, Moment, Step, Trace } from "../../worker/messages";
import type { NotifyState } from "../../platform/notifications";
import { type Model, type Place, START, type StepTime, WAYS } from "../model";
import type { Preferences } from "../preferences";
import type { QualityState } from "../quality";
import { type Ring, STILL_RING } from "../ring";
import type { Sent } from "../screens";
import type { SoundTestState } from "../soundTest";
import type { Language } from "../words";
import { LAPTOP, NO_MICROPHONE, PULLED_OUT } from "./devices";
import { contact, EMPTY_VIEW, nameOf, NOW, troubledView, usualView } from "./people";
import { BROKEN_RING, FAIR_RING, GOOD_RING, MUTED_RING, qualityOf } from "./sounds";

export interface Scene {
  readonly model: Model;
  readonly ring: Ring;
  readonly quality: QualityState;
  readonly canVerify: boolean;
  readonly sent?: Partial<Sent>;
  readonly preferences?: Partial<Preferences>;
  readonly notifies?: NotifyState;
  /** What the sound test shows once it was pressed. */
  readonly soundTest?: SoundTestState;
}

const LINK = "https://home.example/3vXq0c8TzL2m#mJp6Z2xWbV0rYt4uQ9sK1aEoHcNfD7gL3iXyR5wPzBk";
/** As long as a list of four ways is. */
const LIST = `hamseda:endpoints:${"ogBYkKUAWCBtSnA2WjJ4V2JWMHJZdDR1UTlzSzFhRW9IY05m".repeat(11)}`;
const SAS = [1, 18, 43, 60, 24];
const SPOKEN_MS = 727_000;
const STEPS: readonly StepTime[] = [
  { step: "line", at: NOW - 13_000 },
  { step: "ring", at: NOW - 12_000 },
  { step: "lock", at: NOW - 4_000 },
  { step: "sound", at: NOW - 3_000 },
];

const UNSEEN: Trace = { moments: [], failure: null };

function seen(...moments: readonly (readonly [Moment["kind"], number, number?])[]): Trace {
  const shown = moments.map(([kind, secondsAgo, lengthS = 0]) => ({
    kind,
    at: NOW - secondsAgo * 1000,
    lengthS,
  }));
  return { ...UNSEEN, moments: shown };
}

const CUT = seen(["reached", 103], ["rang", 102], ["locked", 94], ["ended", 4]);
const AWAY = seen(["reached", 60], ["ended", 15]);
const BROKEN: Trace = {
  moments: seen(
    ["reached", 400],
    ["rang", 399],
    ["locked", 391],
    ["sound", 390],
    ["lowered", 160],
    ["unheard", 120, 8],
    ["silent", 92, 90],
    ["lineLost", 91],
    ["ended", 2],
  ).moments,
  failure: "generic_timeout_error",
};
const DRIVEN = seen(
  ["came", 200],
  ["rang", 199],
  ["locked", 190],
  ["sound", 189],
  ["silent", 30, 28],
  ["ended", 2],
);

type MakeScene = (language: Language) => Scene;

const QUIET = { ring: STILL_RING, quality: qualityOf("good", 0.99), canVerify: true };

function at(place: Place, change: Partial<Model> = {}): MakeScene {
  return (language) => ({
    ...QUIET,
    model: { ...START, gate: { kind: "open", view: usualView(language) }, place, ...change },
  });
}

function inCall(
  call: (language: Language) => CallView,
  change: Partial<Model> = {},
  sound: Partial<Scene> = {},
): MakeScene {
  return (language) => ({
    ...QUIET,
    ...sound,
    model: {
      ...START,
      gate: { kind: "open", view: { ...usualView(language), call: call(language) } },
      ...change,
    },
  });
}

type TalkingView = Extract<CallView, { kind: "talking" }>;

function talking(change: Partial<TalkingView> = {}): (language: Language) => CallView {
  return (language) => ({
    kind: "talking",
    contact: contact(language, 0, { verified: false }),
    since: NOW - SPOKEN_MS,
    sas: SAS,
    silentMs: null,
    movedAt: null,
    muted: false,
    ...change,
  });
}

function ended(
  reason: EndReason,
  durationS: number,
  trace: Trace = UNSEEN,
  direction: "in" | "out" = "out",
): MakeScene {
  return inCall(
    (language) => {
      const person = contact(language, 0);
      return { kind: "ended", contact: person, reason, durationS, direction, trace };
    },
    {},
    { ring: lastRing(reason, durationS) },
  );
}

/** The last seconds as they froze: never heard, broken, or as good as any. */
function lastRing(reason: EndReason, durationS: number): Ring {
  if (durationS === 0) return STILL_RING;
  return reason === "lost" || reason === "hangup" ? BROKEN_RING : GOOD_RING;
}

function past(id: string, trace: Trace): MakeScene {
  return at({ kind: "past", id }, { trace: { id, trace } });
}

function setting(kind: "calling" | "connecting", step: Step, change: Partial<Model> = {}): MakeScene {
  return inCall((language) => ({ kind, contact: contact(language, 0), step }), {
    direction: kind === "calling" ? "out" : "in",
    steps: STEPS.slice(0, 1 + STEPS.findIndex((each) => each.step === step)),
    ...change,
  });
}

const GOOD = { ring: GOOD_RING, quality: qualityOf("good", 0.99) };
const WISH = { kind: "call", contact: "0" } as const;

/** By name, as `gallery.html?scene=…` shows them. */
export const SCENES: Readonly<Record<string, MakeScene>> = {
  starting: () => ({ ...QUIET, model: START }),
  "first-run": () => ({
    ...QUIET,
    model: { ...START, gate: { kind: "open", view: EMPTY_VIEW }, storeTrouble: "private" },
  }),
  people: at({ kind: "people" }),
  "people-older-page": at({ kind: "people" }, { older: true }),
  "people-trouble": (language) => ({
    ...QUIET,
    model: {
      ...START,
      gate: { kind: "open", view: troubledView(language) },
      online: false,
      failure: "fail.network",
    },
  }),
  "people-down": (language) => {
    const view: ClientView = { ...usualView(language), line: { kind: "down", failure: "line_mute" } };
    return { ...QUIET, model: { ...START, gate: { kind: "open", view } } };
  },
  person: at({ kind: "person", id: "0" }),
  "person-unverified": at({ kind: "person", id: "2" }),
  "person-suspected": (language) => {
    const usual = usualView(language);
    const contacts = [
      contact(language, 0, { verified: false, suspected: true }),
      ...usual.contacts.slice(1),
    ];
    const place: Place = { kind: "person", id: "0" };
    return { ...QUIET, model: { ...START, gate: { kind: "open", view: { ...usual, contacts } }, place } };
  },
  "person-renew": (language) => ({
    ...QUIET,
    model: {
      ...START,
      gate: { kind: "open", view: troubledView(language) },
      place: { kind: "person", id: "0" },
    },
  }),
  calls: at({ kind: "calls" }),
  "calls-empty": (language) => ({
    ...QUIET,
    model: {
      ...START,
      gate: { kind: "open", view: { ...usualView(language), log: [] } },
      place: { kind: "calls" },
    },
  }),
  "past-cut": past("0 52", CUT),
  "past-missed": past("1 13.5", seen(["came", 60], ["rang", 59], ["ended", 20])),
  "past-normal": past("0 30", UNSEEN),
  "past-unreachable": past("2 200", { ...UNSEEN, failure: "line_mute" }),
  inviting: at({ kind: "inviting", asked: null }),
  invitation: (language) => ({
    ...QUIET,
    model: {
      ...START,
      gate: { kind: "open", view: troubledView(language) },
      place: { kind: "invitation", id: "i" },
      links: new Map([["i", LINK]]),
    },
  }),
  "having-link": at({ kind: "havingLink", other: null }),
  "other-home": at({ kind: "havingLink", other: LINK }),
  accepting: at({ kind: "accepting", link: LINK, asked: false, fault: null }),
  "accept-used": at({ kind: "accepting", link: LINK, asked: false, fault: "used" }),
  "accept-unreachable": at({ kind: "accepting", link: LINK, asked: false, fault: "unreachable" }),
  "microphone-ask": at({ kind: "people" }, { microphone: { kind: "asking", wish: WISH } }),
  "microphone-refused": at(
    { kind: "people" },
    { microphone: { kind: "refused", fault: "refused", wish: WISH } },
  ),
  "microphone-none": at(
    { kind: "people" },
    { microphone: { kind: "refused", fault: "none", wish: WISH } },
  ),
  calling: setting("calling", "ring"),
  connecting: setting("calling", "lock"),
  "connecting-slow": setting("connecting", "sound", {
    steps: [{ step: "sound", at: NOW - 20_000 }],
  }),
  incoming: inCall((language) => ({ kind: "incoming", contact: contact(language, 0) }), {
    sound: LAPTOP,
  }),
  "incoming-asking": inCall(
    (language) => ({ kind: "incoming", contact: contact(language, 2) }),
    { microphone: { kind: "asking", wish: { kind: "answer" } }, silenced: true },
  ),
  "in-call": inCall(talking(), { sound: LAPTOP }, GOOD),
  "in-call-lowered": inCall(
    talking(),
    { sound: LAPTOP },
    { ...GOOD, sent: { as: "saver", wasLowered: true } },
  ),
  "in-call-talks-muted": inCall(
    talking({ muted: true }),
    { sound: LAPTOP },
    { ...GOOD, ring: MUTED_RING, sent: { talksMuted: true } },
  ),
  "in-call-moved": inCall(talking({ movedAt: NOW - 2000 }), { sound: LAPTOP }, GOOD),
  "in-call-fair": inCall(talking(), {}, { ring: FAIR_RING, quality: qualityOf("fair", 0.94) }),
  "in-call-weak": inCall(talking(), {}, { ring: FAIR_RING, quality: qualityOf("weak", 0.82) }),
  "in-call-muted": inCall(talking({ muted: true }), {}, { ...GOOD, ring: MUTED_RING }),
  "in-call-details": inCall(talking(), { sheet: "details" }, GOOD),
  "in-call-devices": inCall(talking(), { sheet: "details", sound: LAPTOP }, GOOD),
  "in-call-device-gone": inCall(talking(), { soundNewsAt: NOW, sound: PULLED_OUT }, GOOD),
  "in-call-no-microphone": inCall(talking(), { sound: NO_MICROPHONE }, GOOD),
  reconnecting: inCall(
    talking({ silentMs: 14_000 }),
    { silentSince: NOW - 14_000 },
    { ring: BROKEN_RING },
  ),
  "reconnecting-ours": (language) => {
    const { model, ...rest } = inCall(
      talking({ silentMs: 14_000 }),
      { silentSince: NOW - 14_000, sound: LAPTOP },
      { ring: BROKEN_RING },
    )(language);
    if (model.gate.kind !== "open") return { model, ...rest };
    const view: ClientView = { ...model.gate.view, line: { kind: "connecting" } };
    return { ...rest, model: { ...model, gate: { kind: "open", view } } };
  },
  verify: inCall(talking(), { sheet: "verify" }, GOOD),
  "verify-changed": (language) => {
    const person = contact(language, 0, { verified: false, changed: true });
    return inCall(talking({ contact: person }), { sheet: "verify" }, GOOD)(language);
  },
  "verify-early": inCall(talking(), { sheet: "verify" }, { ...GOOD, canVerify: false }),
  "verify-alarm": inCall(talking(), { sheet: "verify", alarmed: true }, GOOD),
  "ended-normal": ended("remote_hangup", 725),
  "ended-cut": ended("lost", 0, CUT),
  "ended-lost": ended("lost", 388, BROKEN),
  "ended-driven": ended("hangup", 187, DRIVEN, "in"),
  "ended-away": ended("away", 0, AWAY),
  "ended-unreachable": ended("unreachable", 0, { ...UNSEEN, failure: "unknown_failure" }),
  "ended-alarm": ended("alarm", 12, seen(["reached", 20], ["locked", 13], ["sound", 12], ["ended", 0])),
  "ended-renew": inCall(
    (language) => ({
      kind: "ended",
      contact: contact(language, 0, { standing: "out_of_step" }),
      reason: "out_of_step",
      durationS: 0,
      direction: "out",
      trace: UNSEEN,
    }),
    {},
  ),
  "other-tab": () => ({
    ...QUIET,
    model: { ...START, gate: { kind: "otherTab", inCall: false } },
  }),
  "other-tab-call": () => ({
    ...QUIET,
    model: { ...START, gate: { kind: "otherTab", inCall: true } },
  }),
  insecure: () => ({ ...QUIET, model: { ...START, gate: { kind: "insecure" } } }),
  locked: () => ({ ...QUIET, model: { ...START, gate: { kind: "locked", wrong: true } } }),
  "file-start": () => ({ ...QUIET, model: { ...START, gate: { kind: "unkept" } } }),
  settings: at({ kind: "settings" }),
  "settings-devices": at({ kind: "settings" }, { sound: PULLED_OUT }),
  "settings-chosen": (language) => ({
    ...at({ kind: "settings" }, { sound: LAPTOP })(language),
    preferences: { isCareful: true, dataUse: "saver", namesCaller: true },
    notifies: "granted",
  }),
  "settings-blocked": (language) => ({
    ...at({ kind: "settings" }, { sound: LAPTOP })(language),
    notifies: "denied",
  }),
  "settings-locked": (language) => ({
    ...QUIET,
    model: {
      ...START,
      gate: { kind: "open", view: { ...usualView(language), isLocked: true } },
      place: { kind: "settings" },
    },
  }),
  ways: at(WAYS, { list: LIST }),
  "ways-taken": (language) => {
    const waysFrom = nameOf(language, 1);
    return at({ ...WAYS, outcome: "taken" }, { list: LIST, waysFrom })(language);
  },
  "ways-altered": at({ ...WAYS, outcome: "altered" }),
  passphrase: at({ kind: "passphrase", asked: false }),
  "wrong-home": () => ({
    ...QUIET,
    model: { ...START, gate: { kind: "open", view: { ...EMPTY_VIEW, homeTrouble: "link" } } },
  }),
  "long-names": (language) => {
    const name = `${nameOf(language, 2)} ${nameOf(language, 3)} ${nameOf(language, 1)}`;
    const call = { ...talking({ contact: contact(language, 0, { name }) })(language) };
    return {
      ...QUIET,
      ...GOOD,
      model: { ...START, gate: { kind: "open", view: { ...usualView(language), call } } },
    };
  },
};
