/**
 * Hold what the screens show, and how each event changes it.
 *
 * The client in the Worker decides; here is only what it last told, and where the person is.
 */

import type {
  CallView,
  ClientView,
  ContactId,
  InvitationFault,
  ListOutcome,
  Notice,
  Step,
  Trace,
} from "../worker/messages";
import type { MicrophoneFault } from "../platform/microphone";
import { NO_DEVICES, type SoundState } from "./callSound";
import { failureKey, faultKey } from "./failures";
import type { Key } from "./words";

/** What stands between the person and the screens. */
export type Gate =
  | { readonly kind: "starting" }
  | { readonly kind: "insecure" }
  | { readonly kind: "otherTab"; readonly inCall: boolean }
  | { readonly kind: "locked"; readonly wrong: boolean }
  /** A page from a file, before it is told what it may keep. */
  | { readonly kind: "unkept" }
  | { readonly kind: "open"; readonly view: ClientView };

/** Where the person is while no call fills the page. */
export type Place =
  | { readonly kind: "people" }
  | { readonly kind: "person"; readonly id: ContactId }
  | { readonly kind: "calls" }
  /** One past call. */
  | { readonly kind: "past"; readonly id: string }
  | { readonly kind: "settings" }
  /** `asked`: a list is being judged; `outcome`: what came of it. */
  | { readonly kind: "ways"; readonly asked: boolean; readonly outcome: ListOutcome | null }
  /** `asked`: the store is being locked, which takes a second or two. */
  | { readonly kind: "passphrase"; readonly asked: boolean }
  /** `asked`: the link is being made; by its name the answer is known. */
  | { readonly kind: "inviting"; readonly asked: string | null }
  | { readonly kind: "invitation"; readonly id: string }
  /** `other`: a link of another home, which only its own page can open. */
  | { readonly kind: "havingLink"; readonly other: string | null }
  | {
      readonly kind: "accepting";
      readonly link: string;
      readonly asked: boolean;
      readonly fault: InvitationFault | null;
    };

/** What a microphone is wanted for. */
export type Wish =
  | { readonly kind: "call"; readonly contact: ContactId }
  | { readonly kind: "answer" };

/** The way to the microphone: the browser asks, or says no. */
export type MicrophoneState =
  | { readonly kind: "unasked" }
  | { readonly kind: "asking"; readonly wish: Wish }
  | { readonly kind: "refused"; readonly fault: MicrophoneFault; readonly wish: Wish };

export type Sheet = "none" | "verify" | "details";
export type StoreTrouble = Extract<Notice, { kind: "storeTrouble" }>["trouble"];

/** A step of this call's setting up, and when it began (Unix milliseconds). */
export interface StepTime {
  readonly step: Step;
  readonly at: number;
}

export interface Model {
  readonly gate: Gate;
  readonly place: Place;
  /** The links of open invitations, as far as the client has told them. */
  readonly links: ReadonlyMap<string, string>;
  /** The ways to the home as text, once it was asked for. */
  readonly list: string | null;
  /** Which contact sent the newest ways, since this page was opened. */
  readonly waysFrom: string | null;
  readonly microphone: MicrophoneState;
  readonly sheet: Sheet;
  /** "They don't match" was chosen in this call. */
  readonly alarmed: boolean;
  readonly silenced: boolean;
  readonly steps: readonly StepTime[];
  /** Which way this call goes; null before the first one. */
  readonly direction: "in" | "out" | null;
  /** Unix milliseconds since which the other side cannot be heard. */
  readonly silentSince: number | null;
  /** What was seen of the past call that was asked for last. */
  readonly trace: { readonly id: string; readonly trace: Trace } | null;
  readonly storeTrouble: StoreTrouble | null;
  /** What failed outside a call, until it is read. */
  readonly failure: Key | null;
  readonly online: boolean;
  /** The home has a newer page than this one. */
  readonly older: boolean;
  readonly sound: SoundState;
  /** When the newest thing happened to a device (Unix milliseconds). */
  readonly soundNewsAt: number;
}

export type Event =
  | { readonly kind: "notice"; readonly notice: Notice }
  | { readonly kind: "insecure" }
  | { readonly kind: "go"; readonly place: Place }
  | { readonly kind: "microphone"; readonly state: MicrophoneState }
  | { readonly kind: "sheet"; readonly sheet: Sheet }
  | { readonly kind: "alarmed" }
  | { readonly kind: "silenced" }
  | { readonly kind: "failureSeen" }
  | { readonly kind: "online"; readonly online: boolean }
  | { readonly kind: "older" }
  | { readonly kind: "sound"; readonly sound: SoundState };

const RECONNECT_AFTER_MS = 2000;
const LOST_AFTER_MS = 90_000;
/** By then a line that is dead did not answer, and is no longer called ready. */
const LINE_ANSWERS_MS = 5000;

const NEWS_SHOWN_MS = 10_000;

/** Give what has happened to a device, for as long as it is worth a place on the screen. */
export function freshNews({ sound, soundNewsAt }: Model, now: number): SoundState["news"] {
  return now - soundNewsAt < NEWS_SHOWN_MS ? sound.news : null;
}

/** Tell whether it is news that the other side goes another way to the home. */
export function hasJustMoved({ movedAt }: Extract<CallView, { kind: "talking" }>, now: number): boolean {
  return movedAt !== null && now - movedAt < NEWS_SHOWN_MS;
}

/** Give the whole seconds that a broken call has left at `now`; null while it is not broken. */
export function reconnectSeconds({ silentSince }: Model, now: number): number | null {
  if (silentSince === null || now - silentSince < RECONNECT_AFTER_MS) return null;
  return Math.max(0, Math.ceil((silentSince + LOST_AFTER_MS - now) / 1000));
}

/** Tell whether it is the other side that is cut off: our own line lives and answers. */
export function isTheirTrouble({ gate, online, silentSince }: Model, now: number): boolean {
  if (gate.kind !== "open" || silentSince === null || !online) return false;
  return gate.view.line.kind === "ready" && now - silentSince >= LINE_ANSWERS_MS;
}

export const PEOPLE: Place = { kind: "people" };
export const CALLS: Place = { kind: "calls" };
export const SETTINGS: Place = { kind: "settings" };
export const WAYS = { kind: "ways", asked: false, outcome: null } as const;

export const START: Model = {
  gate: { kind: "starting" },
  place: PEOPLE,
  links: new Map(),
  list: null,
  waysFrom: null,
  microphone: { kind: "unasked" },
  sheet: "none",
  alarmed: false,
  silenced: false,
  steps: [],
  direction: null,
  silentSince: null,
  trace: null,
  storeTrouble: null,
  failure: null,
  online: true,
  older: false,
  sound: NO_DEVICES,
  soundNewsAt: 0,
};

/** Give the model after an event at `now` (Unix milliseconds). */
export function update(model: Model, event: Event, now: number): Model {
  switch (event.kind) {
    case "notice":
      return noticed(model, event.notice, now);
    case "insecure":
      return { ...model, gate: { kind: "insecure" } };
    case "go":
      return { ...model, place: event.place, failure: null, microphone: { kind: "unasked" } };
    case "microphone":
      return { ...model, microphone: event.state };
    case "sheet":
      return { ...model, sheet: event.sheet };
    case "alarmed":
      return { ...model, alarmed: true };
    case "silenced":
      return { ...model, silenced: true };
    case "failureSeen":
      return { ...model, failure: null };
    case "online":
      return { ...model, online: event.online };
    case "older":
      return { ...model, older: true };
    case "sound":
      return {
        ...model,
        sound: event.sound,
        soundNewsAt: event.sound.news === model.sound.news ? model.soundNewsAt : now,
      };
  }
}

function noticed(model: Model, notice: Notice, now: number): Model {
  switch (notice.kind) {
    case "view":
      return viewed(model, notice.view, now);
    case "otherTab":
      return { ...model, gate: { kind: "otherTab", inCall: notice.inCall } };
    case "locked":
      return { ...model, gate: { kind: "locked", wrong: notice.wrong } };
    case "unkept":
      return { ...model, gate: { kind: "unkept" } };
    case "passphraseSet":
      return model.place.kind === "passphrase" ? { ...model, place: SETTINGS } : model;
    case "storeTrouble":
      return { ...model, storeTrouble: notice.trouble, place: unasked(model.place) };
    case "invitation":
      return {
        ...model,
        links: new Map([...model.links, [notice.id, notice.link]]),
        place:
          model.place.kind === "inviting" && model.place.asked !== null
            ? { kind: "invitation", id: notice.id }
            : model.place,
      };
    case "accepted":
      return model.place.kind === "accepting" || model.place.kind === "invitation"
        ? { ...model, place: { kind: "person", id: notice.contact.id } }
        : model;
    case "trace":
      return { ...model, trace: notice };
    case "invitationFault":
      return model.place.kind === "accepting"
        ? { ...model, place: { ...model.place, asked: false, fault: notice.fault } }
        : // Refused after all, when the screen had long gone on.
          { ...model, failure: faultKey(notice.fault) };
    case "otherHome":
      return { ...model, place: { kind: "havingLink", other: notice.link } };
    case "failed":
      return { ...model, failure: failureKey(notice.words), place: unasked(model.place) };
    case "erased":
      return { ...START, online: model.online, sound: model.sound };
    case "list":
      return { ...model, list: notice.text };
    case "listTaken":
      return model.place.kind === "ways"
        ? { ...model, place: { ...model.place, asked: false, outcome: notice.outcome } }
        : model;
    case "waysFrom":
      return { ...model, waysFrom: notice.name };
    case "homePage":
    case "reach":
    case "quality":
    case "levels":
      return model;
  }
}

/** Whatever was asked for failed: the form is free again. */
function unasked(place: Place): Place {
  switch (place.kind) {
    case "inviting":
      return { ...place, asked: null };
    case "accepting":
      return { ...place, asked: false };
    case "passphrase":
    case "ways":
      return { ...place, asked: false };
    case "people":
    case "person":
    case "calls":
    case "past":
    case "settings":
    case "invitation":
    case "havingLink":
      return place;
  }
}

function viewed(model: Model, view: ClientView, now: number): Model {
  const before = model.gate.kind === "open" ? model.gate.view.call : null;
  const next: Model = { ...model, gate: { kind: "open", view }, place: standing(model, view) };
  const { call } = view;
  if (call === null) {
    return before === null ? next : { ...next, ...quiet(next) };
  }
  // An end begins nothing, even when the client showed no call for a moment before it.
  const isNew = call.kind !== "ended" && (before === null || isOther(before, call));
  const begun: Model = isNew
    ? { ...next, ...quiet(next), microphone: next.microphone, direction: directionOf(call), steps: [] }
    : next;
  return {
    ...begun,
    sheet: sheetOf(begun.sheet, before, call),
    steps: withStep(begun.steps, call, now),
    silentSince:
      call.kind === "talking" && call.silentMs !== null ? now - call.silentMs : null,
  };
}

/** A changed key asks for the words at once; else the sheets are the person's own affair. */
function sheetOf(sheet: Sheet, before: CallView | null, call: CallView): Sheet {
  if (call.kind !== "talking") return "none";
  const hadWords = before?.kind === "talking" && before.sas !== null;
  return call.contact.changed && call.sas !== null && !hadWords ? "verify" : sheet;
}

function isOther(before: CallView, call: CallView): boolean {
  return before.kind === "ended" || before.contact.id !== call.contact.id;
}

/** Leave nothing of a call behind but its steps, which the end screen shows. */
function quiet(model: Model): Pick<Model, "sheet" | "alarmed" | "silenced" | "silentSince" | "microphone"> {
  const microphone: MicrophoneState =
    model.microphone.kind !== "unasked" && model.microphone.wish.kind === "answer"
      ? { kind: "unasked" }
      : model.microphone;
  return { sheet: "none", alarmed: false, silenced: false, silentSince: null, microphone };
}

function directionOf(call: CallView): Model["direction"] {
  switch (call.kind) {
    case "calling":
      return "out";
    case "incoming":
    case "connecting":
      return "in";
    // A call of an earlier page: this one saw nothing of it.
    case "talking":
    case "ended":
      return null;
  }
}

function withStep(steps: readonly StepTime[], call: CallView, now: number): readonly StepTime[] {
  if (call.kind !== "calling" && call.kind !== "connecting") return steps;
  return steps.at(-1)?.step === call.step ? steps : [...steps, { step: call.step, at: now }];
}

/** Stay where one is, unless that place is gone. */
function standing({ place, links }: Model, view: ClientView): Place {
  switch (place.kind) {
    case "person":
      return view.contacts.some(({ id }) => id === place.id) ? place : PEOPLE;
    case "past":
      return view.log.some(({ id }) => id === place.id) ? place : CALLS;
    case "invitation":
      // One made a moment ago may not be in the view yet, one accepted a moment ago no more.
      return links.has(place.id) || view.invitations.some(({ id }) => id === place.id)
        ? place
        : PEOPLE;
    case "people":
    case "calls":
    case "settings":
    case "ways":
    case "passphrase":
    case "inviting":
    case "havingLink":
    case "accepting":
      return place;
  }
}
